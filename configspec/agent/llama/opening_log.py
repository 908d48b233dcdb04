"""What llama.cpp did when it opened a model, read from what it logged; None where its log does not say.

Its log is for people and changes from version to version. Each pattern below names the lines that it was written for:
`llm_load_tensors`, `llama_new_context_with_model` and `llama_kv_cache_init` are of builds before 2025, `load_tensors`,
`llama_context` and `llama_kv_cache` (`_unified`) of later ones.
https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp, llama-context.cpp, llama-kv-cache.cpp
"""

from __future__ import annotations

import re

from ..protocol import JsonObject, shorten

MIB = 1024 * 1024
MOST_BUFFERS = 64  # of a kind; a machine has a few devices
NAME_LETTERS = 100
# `load_tensors: offloaded 33/33 layers to GPU`
OFFLOADED = re.compile(r"offloaded (\d{1,6})/(\d{1,6}) layers to GPU")
# `llama_context: n_ctx                 = 1024`, not n_ctx_train, n_ctx_seq or n_ctx_per_seq
NUMBERS = {
    key: re.compile(rf"\b{name}\s*= (\d{{1,9}})\b")
    for key, name in (("context", "n_ctx"), ("batch", "n_batch"), ("micro_batch", "n_ubatch"))
}
# `flash_attn = 1` (old), `flash_attn    = auto`; then, where it was auto, `Flash Attention was auto, set to enabled`,
# or in newer builds `Flash Attention enabled` and `Flash Attention not supported, set to disabled`
FLASH = re.compile(
    r"\bflash_attn\s*= (\w+)|\bFlash Attention (?:was auto, set to |not supported, set to )?(\w+abled)\b"
)
FLASH_WORDS = {"1": "on", "0": "off", "enabled": "on", "disabled": "off", "auto": "auto"}
# `llama_kv_cache: size = 8.00 MiB (1024 cells, 4 layers, 1/1 seqs), K (f16): 4.00 MiB, V (f16): 4.00 MiB`, and older
# `KV self size  =   64.00 MiB, K (f16):   32.00 MiB, V (f16):   32.00 MiB`
CACHE = re.compile(r"\bK \((\w{1,20})\): +[\d.]+ MiB, V \((\w{1,20})\):")
# `load_tensors:   CPU_Mapped model buffer size =  1918.35 MiB`; `CUDA0 KV buffer size`; `CUDA0 compute buffer size`.
# Older builds say `CUDA0 buffer size` of the model's, and recurrent ones `CPU RS buffer size` of their state's.
BUFFER = re.compile(r"[:\s](\S{1,100}) +(model |KV |RS |compute |output )?buffer size = +(\d{1,9}\.\d+) MiB")
BUFFERS = {
    "model ": "model_buffers_bytes",
    "": "model_buffers_bytes",
    "KV ": "cache_buffers_bytes",
    "RS ": "cache_buffers_bytes",
    "compute ": "compute_buffers_bytes",
}
# `llama_model_load_from_file_impl: using device CUDA0 (Orin) - 5523 MiB free`
USING = re.compile(r"using device (\S{1,100}) \((.{0,200}?)\)(?: \(.*?\))? - ")
UNLOCKED = "failed to mlock"
# In memory of the CPU, if for a GPU's sake: CPU, CPU_Mapped, CPU_REPACK, CUDA_Host, AMX, BLAS.
ON_CPU = re.compile(r"CPU|AMX|BLAS|.*_Host$|host$")


def read_log(text: str) -> JsonObject:
    """The facts of one opening: counts of layers and tokens, names, and bytes by the name of the buffer."""
    offloaded, cache, buffers = OFFLOADED.search(text), _last(CACHE, text), _buffers(text)
    on_gpu = None if offloaded is None else int(offloaded[1])
    if buffers["model_buffers_bytes"] and all(map(ON_CPU.match, buffers["model_buffers_bytes"])):
        on_gpu = None if on_gpu is None else 0  # a build for a GPU that finds none still says that it offloaded to it
    return {
        "layers_on_gpu": on_gpu,
        "layers": None if offloaded is None else int(offloaded[2]),
        **{key: _number(pattern, text) for key, pattern in NUMBERS.items()},
        "flash_attention": _flash(text),
        "cache_type_k": None if cache is None else cache[1],
        "cache_type_v": None if cache is None else cache[2],
        "gpus": [f"{found[1]} ({shorten(found[2], NAME_LETTERS)})" for found in USING.finditer(text)][:MOST_BUFFERS],
        "locked": False if UNLOCKED in text else None,
        **buffers,
    }


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return None if found is None else int(found[1])


def _buffers(text: str) -> dict[str, dict[str, int]]:
    """By kind and name; what has one name is added up."""
    found: dict[str, dict[str, int]] = {kind: {} for kind in BUFFERS.values()}
    for name, kind, mebibytes in BUFFER.findall(text):
        sizes = found[BUFFERS[kind]] if kind in BUFFERS else {}
        if name in sizes or len(sizes) < MOST_BUFFERS:
            sizes[name] = sizes.get(name, 0) + round(float(mebibytes) * MIB)
    return found


def _flash(text: str) -> str | None:
    """The last word on it: what was asked for is logged first, what came of `auto` behind it."""
    found = _last(FLASH, text)
    return None if found is None else FLASH_WORDS.get(found[1] or found[2])


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return found[-1] if found else None
