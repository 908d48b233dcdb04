"""How what was asked of llama.cpp becomes its parameters, and what this build of it cannot do.

Each setting is a field of `Open` (`requests/model.py`) and a line in one of the two tables at the end: what it sets in
`llama_model_params` or `llama_context_params`. What is None is left as llama.cpp has it.
https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..board.description import fact, first_affinity
from ..board.processors import written
from ..protocol import AgentError, usage_error
from ..requests.model import Open
from .library import Handle, Library

TYPES = {
    "f32": 0,
    "f16": 1,
    "q4_0": 2,
    "q4_1": 3,
    "q5_0": 6,
    "q5_1": 7,
    "q8_0": 8,
    "iq4_nl": 20,
    "bf16": 30,
}  # ggml_type
FLASH = {"auto": -1, "off": 0, "on": 1}  # llama_flash_attn_type
NO_SPLIT = 0  # LLAMA_SPLIT_MODE_NONE
ALL_LAYERS = 0x7FFFFFFF  # older llama.cpp does not read a negative count as "all"
# llama_load_mode, by whether the file is mapped and whether it is locked. -1, the default, maps it where that is good.
LOAD_MODES = {(False, False): 0, (True, False): 1, (False, True): 2, (True, True): 3}
REFUSED = re.compile(r"requires flash_attn|cache type \w+ with block size|different K .* and V .* cache types")
CPU, NO_DEVICE = "CPU", "none"  # llama-server's word for it
# As llama.cpp's --n-cpu-moe writes it (llm_ffn_exps_block_regex in common.h).
EXPERTS = r"blk\.%d\.ffn_(up|down|gate|gate_up)_(ch|)exps"


class _Override(ctypes.Structure):
    """llama_model_tensor_buft_override: tensors whose name matches `pattern` go into a buffer of type `buft`."""

    _fields_ = [("pattern", ctypes.c_char_p), ("buft", ctypes.c_void_p)]


def check_build(library: Library, asked: Open) -> None:
    """A usage error where a GPU is asked of a build that has none: llama.cpp would use the CPU without a word."""
    wants = [f"gpu_layers: {'all' if asked.gpu_layers < 0 else asked.gpu_layers}"] if asked.gpu_layers else []
    wants += [f"{name}: {value}" for name, value in (("main_gpu", asked.main_gpu),) if value is not None]
    if wants and not library.offloads:
        raise usage_error(
            "this llama.cpp was built without a GPU back end, or finds no GPU",
            found=f"{wants[0]}, and it has {' '.join(library.devices) or 'no devices'}",
            hint=f"{build_hint(Path('/'))}, or ask for `gpu_layers: 0`.",
        )


def build_hint(root: Path) -> str:
    """The command that builds llama-cpp-python for the GPU of this board."""
    nvidia = (root / "proc/driver/nvidia").exists() or any(
        name in (fact(root / "proc/device-tree/model") or "") for name in ("NVIDIA", "Jetson")
    )
    back_end = "CUDA" if nvidia else "VULKAN"
    return (
        f'CMAKE_ARGS="-DGGML_{back_end}=on" {sys.executable} -m pip install --force-reinstall --no-cache-dir '
        "llama-cpp-python"
    )


def bind(library: Library, asked: Open) -> None:
    """Bind this process to the processors that were asked for, or, if it was bound, to those that it began with.

    Every thread of it: OpenMP keeps its own from one model to the next. Linux counts threads as tasks of a process.
    """
    if asked.cpus is None and not library.bound:
        return
    wanted, given = asked.cpus or first_affinity(), first_affinity()
    foreign = tuple(cpu for cpu in wanted if cpu not in given)
    if foreign:
        raise usage_error(
            f"cpus: {written(foreign)} cannot be used here",
            found=f"this process may use {written(given)}",
            hint="Name processors of the board, which `lscpu` lists.",
        )
    if not hasattr(os, "sched_setaffinity"):
        raise usage_error("cpus: this system binds no program to processors", hint="Delete it.")
    library.bound = True
    for task in os.listdir("/proc/self/task"):
        try:
            os.sched_setaffinity(int(task), wanted)
        except ProcessLookupError:  # it ended meanwhile
            continue
        except OSError as error:
            raise usage_error(f"cpus: {written(wanted)} cannot be used here", found=error.strerror) from None


def set_model(library: Library, parameters: Handle, asked: Open) -> list[Any]:
    """Set what the model's parameters take. What is returned has to live until the model is open."""
    parameters.n_gpu_layers = ALL_LAYERS if asked.gpu_layers < 0 else asked.gpu_layers
    _set_load_mode(library, parameters, asked)
    return [setting(library, parameters, asked) for setting in OF_MODEL]


def set_context(library: Library, parameters: Handle, asked: Open) -> None:
    """Set what the context's parameters take, beyond its size and threads."""
    for setting in OF_CONTEXT:
        setting(library, parameters, asked)


def _set_load_mode(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.mlock and not library.api.llama_supports_mlock():
        raise usage_error("mlock: this llama.cpp cannot lock memory", hint="Delete it.")
    if asked.mmap is None and asked.mlock is None:
        return
    mapped, locked = asked.mmap is not False, bool(asked.mlock)
    if hasattr(parameters, "load_mode"):  # builds of 2026
        parameters.load_mode = LOAD_MODES[mapped, locked]
    else:
        parameters.use_mmap, parameters.use_mlock = mapped, locked


def _set_main_gpu(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.main_gpu is not None:  # of several GPUs it counts only where the model is not split among them
        parameters.split_mode, parameters.main_gpu = NO_SPLIT, asked.main_gpu


def _set_devices(library: Library, parameters: Handle, asked: Open) -> Any:
    if asked.devices is None:
        return None
    names = () if asked.devices == (NO_DEVICE,) else asked.devices
    found = []
    for name in names:
        device = None if name == CPU else library.device(name)  # where it is always, and never by name
        if not device:
            known = ", ".join((*(one for one in library.devices if one != CPU), NO_DEVICE))
            raise usage_error("devices: llama.cpp knows no such device here", found=f"{name}; it knows {known}")
        found.append(device)
    array = (ctypes.c_void_p * (len(found) + 1))(*found, None)
    parameters.devices = ctypes.cast(array, ctypes.c_void_p)
    return array


def _set_cpu_moe_layers(library: Library, parameters: Handle, asked: Open) -> Any:
    if not asked.cpu_moe_layers:
        return None
    if not hasattr(parameters, "tensor_buft_overrides"):
        raise _too_old(library, "cpu_moe_layers")
    buffers = library.api._lib.ggml_backend_cpu_buffer_type
    buffers.restype, buffers.argtypes = ctypes.c_void_p, []
    on_cpu = buffers()
    patterns = [(EXPERTS % layer).encode() for layer in range(asked.cpu_moe_layers)]
    array = (_Override * (len(patterns) + 1))(*(_Override(pattern, on_cpu) for pattern in patterns), _Override())
    parameters.tensor_buft_overrides = ctypes.cast(array, ctypes.c_void_p)
    return array, patterns


def _set_threads_batch(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.threads_batch is not None:
        parameters.n_threads_batch = asked.threads_batch


def _set_micro_batch(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.micro_batch is not None:
        parameters.n_ubatch = asked.micro_batch


def _set_flash_attention(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.flash_attention is None:
        return
    if hasattr(parameters, "flash_attn_type"):
        parameters.flash_attn_type = FLASH[asked.flash_attention]
    elif asked.flash_attention == "auto":  # builds before August 2025 take a truth value
        raise _too_old(library, "flash_attention: auto")
    else:
        parameters.flash_attn = asked.flash_attention == "on"


def _set_cache_types(library: Library, parameters: Handle, asked: Open) -> None:
    if asked.cache_type_k is not None:
        parameters.type_k = TYPES[asked.cache_type_k]
    if asked.cache_type_v is not None:
        parameters.type_v = TYPES[asked.cache_type_v]


def _too_old(library: Library, what: str) -> AgentError:
    return usage_error(
        f"{what}: llama-cpp-python {library.version} does not have it",
        hint=f"{sys.executable} -m pip install --upgrade llama-cpp-python, or delete it.",
    )


def refused(log: str, asked: Open) -> AgentError | None:
    """The error where it is a type of the cache that llama.cpp refuses a context for; None where it is something else.

    Its words are `quantized V cache requires flash_attn to be enabled` (`V cache quantization requires flash_attn` in
    older builds) and `K cache type q8_0 with block size 32 does not divide n_embd_head_k=80`.
    """
    if asked.cache_type_k is None and asked.cache_type_v is None:
        return None
    said = next((line.strip() for line in log.splitlines() if REFUSED.search(line)), None)
    if said is None:
        return None
    types = f"cache_type_k {asked.cache_type_k or 'f16'}, cache_type_v {asked.cache_type_v or 'f16'}"
    hint = "Declare `flash_attention: on`" if "requires" in said else "Take another type for this model"
    return usage_error("llama.cpp refuses this type of the cache", found=f"{types}: {said}", hint=f"{hint}, or f16.")


# One line a setting. What one returns is kept until the model is open.
OF_MODEL: tuple[Callable[[Library, Handle, Open], Any], ...] = (_set_main_gpu, _set_devices, _set_cpu_moe_layers)
OF_CONTEXT: tuple[Callable[[Library, Handle, Open], None], ...] = (
    _set_threads_batch,
    _set_micro_batch,
    _set_flash_attention,
    _set_cache_types,
)
