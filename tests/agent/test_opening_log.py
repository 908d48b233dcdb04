"""What llama.cpp did, read from its own words: as several of its versions write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.llama.opening_log import read_log

MIB = 1024 * 1024
# b3600, August 2024: CUDA, 33 layers of Llama 3 8B, of which 20 are on the GPU.
AUGUST_2024 = """\
llm_load_print_meta: n_ctx_train      = 8192
llm_load_print_meta: n_ctx_orig_yarn  = 8192
ggml_cuda_init: found 1 CUDA devices:
  Device 0: Orin, compute capability 8.7, VMM: yes
llm_load_tensors: ggml ctx size =    0.27 MiB
llm_load_tensors: offloading 20 repeating layers to GPU
llm_load_tensors: offloaded 20/33 layers to GPU
llm_load_tensors:        CPU buffer size =  4685.30 MiB
llm_load_tensors:      CUDA0 buffer size =  2435.94 MiB
........................................................................................
llama_new_context_with_model: n_ctx      = 4096
llama_new_context_with_model: n_batch    = 2048
llama_new_context_with_model: n_ubatch   = 512
llama_new_context_with_model: flash_attn = 1
llama_new_context_with_model: freq_base  = 500000.0
llama_kv_cache_init:  CUDA_Host KV buffer size =   192.00 MiB
llama_kv_cache_init:      CUDA0 KV buffer size =   320.00 MiB
llama_new_context_with_model: KV self size  =  512.00 MiB, K (f16):  256.00 MiB, V (f16):  256.00 MiB
llama_new_context_with_model:  CUDA_Host  output buffer size =     0.49 MiB
llama_new_context_with_model:      CUDA0 compute buffer size =   677.48 MiB
llama_new_context_with_model:  CUDA_Host compute buffer size =    16.01 MiB
llama_new_context_with_model: graph nodes  = 903
"""
# b4600, January 2025: CPU only, an ARM board whose weights are repacked.
JANUARY_2025 = """\
load_tensors: layer   0 assigned to device CPU
load_tensors:  CPU_Mapped model buffer size =  1918.35 MiB
load_tensors: CPU_AARCH64 model buffer size =  1431.00 MiB
llama_init_from_model: n_seq_max     = 1
llama_init_from_model: n_ctx         = 4096
llama_init_from_model: n_ctx_per_seq = 4096
llama_init_from_model: n_batch       = 2048
llama_init_from_model: n_ubatch      = 512
llama_init_from_model: flash_attn    = 0
llama_init_from_model: n_ctx_per_seq (4096) < n_ctx_train (131072) -- the full capacity of the model will not be used
llama_kv_cache_init: kv_size = 4096, offload = 1, type_k = 'q8_0', type_v = 'f16', n_layer = 28, can_shift = 1
llama_kv_cache_init:        CPU KV buffer size =   343.00 MiB
llama_init_from_model: KV self size  =  343.00 MiB, K (q8_0):  119.00 MiB, V (f16):  224.00 MiB
llama_init_from_model:        CPU  output buffer size =     0.49 MiB
llama_init_from_model:        CPU compute buffer size =   256.50 MiB
"""
# b6500, September 2025: Vulkan, sliding-window attention (two caches), flash attention where it is good.
SEPTEMBER_2025 = """\
llama_model_load_from_file_impl: using device Vulkan0 (Intel(R) Graphics (ADL GT2)) (0000:00:02.0) - 11500 MiB free
load_tensors: offloading 26 repeating layers to GPU
load_tensors: offloading output layer to GPU
load_tensors: offloaded 27/27 layers to GPU
load_tensors:      Vulkan0 model buffer size =   762.49 MiB
load_tensors:   CPU_Mapped model buffer size =   306.00 MiB
llama_context: constructing llama_context
llama_context: n_ctx         = 4096
llama_context: n_ctx_per_seq = 4096
llama_context: n_batch       = 2048
llama_context: n_ubatch      = 512
llama_context: flash_attn    = auto
llama_context: kv_unified    = false
llama_kv_cache_iswa: creating non-SWA KV cache, size = 4096 cells
llama_kv_cache:    Vulkan0 KV buffer size =    16.00 MiB
llama_kv_cache: size =   16.00 MiB (  4096 cells,   4 layers,  1/1 seqs), K (f16):    8.00 MiB, V (f16):    8.00 MiB
llama_kv_cache_iswa: creating     SWA KV cache, size = 1024 cells
llama_kv_cache:    Vulkan0 KV buffer size =    22.00 MiB
llama_kv_cache: size =   22.00 MiB (  1024 cells,  22 layers,  1/1 seqs), K (f16):   11.00 MiB, V (f16):   11.00 MiB
llama_context: Flash Attention was auto, set to disabled
llama_context:    Vulkan0 compute buffer size =   517.12 MiB
"""
# b10011, as in llama-cpp-python 0.3.36, on the CPU alone.
OF_0_3_36 = """\
load_tensors: loading model tensors, this can take a while... (load_mode = mlock)
load_tensors:          CPU model buffer size =     0.29 MiB
load_tensors:   CPU_REPACK model buffer size =     0.37 MiB
...repack: repack tensor blk.0.attn_q.weight with q4_K_8x8
warning: failed to mlock 650117-byte buffer (after previously locking 0 bytes): Cannot allocate memory
Try increasing RLIMIT_MEMLOCK ('ulimit -l' as root).
llama_context: n_ctx                 = 1024
llama_context: n_ctx_seq             = 1024
llama_context: n_batch               = 1024
llama_context: n_ubatch              = 64
llama_context: flash_attn            = auto
llama_context: n_outputs_max         = 1024
llama_context:        CPU  output buffer size =     0.00 MiB
llama_kv_cache:        CPU KV buffer size =     0.77 MiB
llama_kv_cache: size =    0.77 MiB (  1024 cells,   2 layers,  1/1 seqs), K (q8_0):    0.27 MiB, V (bf16):    0.50 MiB
resolve_fused_ops: Flash Attention enabled
resolve_fused_ops: fused DeepSeek V4 HC pre enabled
sched_reserve:        CPU compute buffer size =     1.58 MiB
"""
NOTHING: dict[str, Any] = {
    **dict.fromkeys(("layers_on_gpu", "layers", "context", "batch", "micro_batch", "flash_attention")),
    **dict.fromkeys(("cache_type_k", "cache_type_v", "locked")),
    **{"gpus": [], "model_buffers_bytes": {}, "cache_buffers_bytes": {}, "compute_buffers_bytes": {}},
}
LOGS: dict[str, tuple[str, dict[str, Any]]] = {
    "August 2024": (
        AUGUST_2024,
        {
            **{"layers_on_gpu": 20, "layers": 33, "context": 4096, "batch": 2048, "micro_batch": 512},
            **{"flash_attention": "on", "cache_type_k": "f16", "cache_type_v": "f16"},
            "model_buffers_bytes": {"CPU": round(4685.30 * MIB), "CUDA0": round(2435.94 * MIB)},
            "cache_buffers_bytes": {"CUDA_Host": 192 * MIB, "CUDA0": 320 * MIB},
            "compute_buffers_bytes": {"CUDA0": round(677.48 * MIB), "CUDA_Host": round(16.01 * MIB)},
        },
    ),
    "January 2025": (
        JANUARY_2025,
        {
            **{"context": 4096, "batch": 2048, "micro_batch": 512, "flash_attention": "off"},
            **{"cache_type_k": "q8_0", "cache_type_v": "f16"},
            "model_buffers_bytes": {"CPU_Mapped": round(1918.35 * MIB), "CPU_AARCH64": 1431 * MIB},
            "cache_buffers_bytes": {"CPU": 343 * MIB},
            "compute_buffers_bytes": {"CPU": round(256.5 * MIB)},
        },
    ),
    "September 2025": (
        SEPTEMBER_2025,
        {
            **{"layers_on_gpu": 27, "layers": 27, "context": 4096, "batch": 2048, "micro_batch": 512},
            **{"flash_attention": "off", "cache_type_k": "f16", "cache_type_v": "f16"},
            "gpus": ["Vulkan0 (Intel(R) Graphics (ADL GT2))"],
            "model_buffers_bytes": {"Vulkan0": round(762.49 * MIB), "CPU_Mapped": 306 * MIB},
            "cache_buffers_bytes": {"Vulkan0": 38 * MIB},
            "compute_buffers_bytes": {"Vulkan0": round(517.12 * MIB)},
        },
    ),
    "0.3.36": (
        OF_0_3_36,
        {
            **{"context": 1024, "batch": 1024, "micro_batch": 64, "flash_attention": "on"},
            **{"cache_type_k": "q8_0", "cache_type_v": "bf16", "locked": False},
            "model_buffers_bytes": {"CPU": round(0.29 * MIB), "CPU_REPACK": round(0.37 * MIB)},
            "cache_buffers_bytes": {"CPU": round(0.77 * MIB)},
            "compute_buffers_bytes": {"CPU": round(1.58 * MIB)},
        },
    ),
    "nothing": ("", {}),
}


@pytest.mark.parametrize("version", LOGS)
def test_what_it_did_is_read_from_its_log(version: str) -> None:
    """Each fact, and None for what that version does not say."""
    text, expected = LOGS[version]
    assert read_log(text) == {**NOTHING, **expected}


def test_layers_that_lie_on_the_cpu_are_not_on_a_gpu() -> None:
    """A build for CUDA that finds no GPU says `offloaded 33/33 layers` all the same; its buffers say where they are."""
    log = AUGUST_2024.replace("CUDA0 buffer size", "CUDA_Host buffer size").replace("20/33", "33/33")
    assert (read_log(log)["layers_on_gpu"], read_log(log)["layers"]) == (0, 33)


@given(st.lists(st.sampled_from([line for text, _ in LOGS.values() for line in text.splitlines()]) | st.text()))
def test_any_log_is_read(lines: list[str]) -> None:
    """However it is mixed, cut or continued, each fact is None or what a record may hold."""
    found: dict[str, Any] = read_log("\n".join(lines))
    assert set(found) == set(NOTHING)
    assert all(found[key] is None or 0 <= found[key] < 2**31 for key in ("layers", "layers_on_gpu", "context", "batch"))
    assert found["flash_attention"] in (None, "on", "off", "auto")
