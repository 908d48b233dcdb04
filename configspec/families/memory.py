"""Whether a target fits into this host's memory, asked before it is opened and the system ends the process.

Only the weights are counted. The key-value cache and the library's own buffers come on top, so a model that just fits
here may still be too large; one that does not fit cannot be measured, for it would be read from the disk again and
again, or the system would end the process.
"""

from __future__ import annotations

from pathlib import Path

from configspec.errors import UsageError
from configspec.families.gguf.gguf_header import damaged, read_header
from configspec.families.gguf.gguf_shards import gguf_bytes
from configspec.families.sources.safetensors_folder import weight_sizes
from configspec.printable import printable
from configspec.testbed.family_spec import TargetSpec
from configspec.theory.sizes import shown_bytes

MEMINFO = Path("/proc/meminfo")  # https://docs.kernel.org/filesystems/proc.html
_LESS = ("sliding_window", "kv_lora_rank")
# What 32 numbers of a cache take: a block of ggml's, with its scale (ggml-common.h).
_BYTES_OF_32 = {
    **{"f32": 128, "f16": 64, "bf16": 64},
    **{"q8_0": 34, "q5_1": 24, "q5_0": 22, "q4_1": 20, "q4_0": 18, "iq4_nl": 18},
}
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


def check_fits(name: str, needed_bytes: int, memory_bytes: int | None, *, machine: str = "this machine") -> str | None:
    """The message about a model that is larger than the memory; None where it fits, or where the memory is not known.

    Args:
        name: What the message calls the model: its folder or file.
        needed_bytes: What its weights take, in the number format in which they are opened.
        memory_bytes: All of the machine's memory; None where it is unknown.
        machine: What the message calls the machine.

    """
    if memory_bytes is None or needed_bytes <= memory_bytes:
        return None
    return (
        f"{name} needs {shown_bytes(needed_bytes)} for its weights alone, and the cache for its context on top; "
        f"{machine} has {shown_bytes(memory_bytes)} of memory. Use a smaller quantisation or number format, or "
        "another machine."
    )


def cpu_bytes(target: TargetSpec) -> int | None:
    """What a target's weights take in this host's memory, as it opens them; None where they lie elsewhere."""
    if target.transformers is not None and target.device_map in (None, "cpu"):
        sizes = weight_sizes(target.transformers)
        return sizes.stored_bytes if target.dtype == "auto" else sizes.parameters * _ITEM_BYTES[target.dtype]
    if target.gguf is not None and target.llama_cpp.gpu_layers == 0:
        return gguf_bytes(target.gguf)
    return None


def host_memory_bytes(meminfo: Path = MEMINFO) -> int | None:
    """All memory of this host; None where Linux does not report it."""
    try:
        lines = meminfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return int(value.split()[0]) * 1024  # the kernel's kB are 1,024 bytes
    return None


def cache_bytes(model: Path, context: int, types: tuple[str | None, str | None] = (None, None)) -> int:
    """What llama.cpp's key-value cache takes for `context` tokens of a GGUF model; 0 where it works otherwise.

    context * (heads of keys and values, over all layers) * (bytes of a key + bytes of a value)

    Args:
        model: Its file.
        context: Tokens.
        types: The number formats of keys and values, as in `cache_type_k`; None: f16.
    """
    sizes = _Sizes(model)
    heads = sizes.by_layer("attention.head_count")
    if sizes.keep_less or not max(heads):
        return 0
    layers, kv_heads = sizes.by_layer("block_count"), sizes.by_layer("attention.head_count_kv")
    of_layers = sum(kv_heads) if len(kv_heads) > 1 else max(layers) * (kv_heads[0] or max(heads))
    usual = sizes.one("embedding_length") // max(heads)
    lengths = sizes.one("attention.key_length") or usual, sizes.one("attention.value_length") or usual
    pair = sum(length * _BYTES_OF_32[kind or "f16"] for length, kind in zip(lengths, types, strict=True))
    return context * of_layers * pair // 32


class _Sizes:
    """The sizes in a GGUF file's header, 0 where they are absent; a UsageError where one cannot be."""

    def __init__(self, model: Path) -> None:
        self._path = model
        self._metadata = read_header(model).metadata
        self._architecture = self._metadata.get("general.architecture")

    @property
    def keep_less(self) -> bool:
        """Whether some layers keep less than all tokens."""
        return any(self._metadata.get(f"{self._architecture}.attention.{key}") for key in _LESS)

    def one(self, key: str) -> int:
        """A size of the whole model."""
        return self.by_layer(key)[0]

    def by_layer(self, key: str) -> tuple[int, ...]:
        """A size that may differ from layer to layer; one where it is the same for all."""
        found = self._metadata.get(f"{self._architecture}.{key}", 0)
        sizes = found if isinstance(found, tuple) else (found,)
        numbers = tuple(one for one in sizes if isinstance(one, int) and 0 <= one < 1 << 31)
        if not numbers or len(numbers) != len(sizes):
            raise damaged(self._path, f"{key} is {printable(repr(found), at_most=60)}")
        return numbers
