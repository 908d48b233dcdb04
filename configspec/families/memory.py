"""Whether a target fits into this host's memory, asked before it is opened and the system ends the process."""

from __future__ import annotations

from pathlib import Path

from configspec.errors import UsageError
from configspec.families.gguf_shards import gguf_bytes
from configspec.families.safetensors_folder import weight_sizes
from configspec.inventory.specs import TargetSpec
from configspec.model.memory import check_fits

MEMINFO = Path("/proc/meminfo")  # https://docs.kernel.org/filesystems/proc.html
_ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def check_target_fits(target: TargetSpec, memory_bytes: int | None) -> None:
    """A UsageError with both figures where the weights of a target on the CPU are larger than the memory.

    Args:
        target: With local files; one behind a server, on the hub or on a GPU is not checked.
        memory_bytes: `host_memory_bytes()`, or None to check nothing.

    """
    needed_bytes = cpu_bytes(target)
    if needed_bytes is None:
        return
    problem = check_fits(str(target.transformers or target.gguf), needed_bytes, memory_bytes)
    if problem is not None:
        raise UsageError(problem)


def cpu_bytes(target: TargetSpec) -> int | None:
    """What a target's weights take in this host's memory, as it opens them; None where they lie elsewhere."""
    if target.transformers is not None and target.device_map in (None, "cpu"):
        sizes = weight_sizes(target.transformers)
        return sizes.stored_bytes if target.dtype == "auto" else sizes.parameters * _ITEM_BYTES[target.dtype]
    if target.gguf is not None and target.llama_cpp.gpu_layers == 0:
        return gguf_bytes(target.gguf)
    return None


def host_memory_bytes(meminfo: Path = MEMINFO) -> int | None:
    """All memory of this host; None where Linux does not tell it."""
    try:
        lines = meminfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return int(value.split()[0]) * 1024  # the kernel's kB are 1,024 bytes
    return None
