"""A model's file before it is opened: whether it is one, and whether it fits.

GGUF: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (magic, version, two counts: 24 bytes at least)
"""

from __future__ import annotations

import os
import re
import sys

from ..board.regular import open_regular
from ..protocol import AgentError, usage_error

HEADER_BYTES = 24
# llama.cpp's words for what it does not know: src/llama-model.cpp, src/llama-vocab.cpp, ggml/src/gguf.cpp there.
_UNKNOWN_TO_PEOPLE = {
    "unknown model architecture": "architecture",
    "unknown pre-tokenizer type": "pre-tokeniser",
    "unknown tokenizer": "tokeniser",
    "has invalid ggml type": "type of tensor",
}
_UNKNOWN = re.compile(
    "(?P<what>{}):? '?(?P<name>[^'\n]{{0,60}}?)(?:'|[. ]|$)".format("|".join(_UNKNOWN_TO_PEOPLE)), re.M
)


def check_file(path: str) -> None:
    """Report common mistakes before llama.cpp reports them less clearly."""
    try:
        with open_regular(path) as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        hint = "Is the path the board's own, and may this user read it?"
        raise usage_error(f"cannot read the model file {path}", found=error.strerror, hint=hint) from None
    if header[:4] != b"GGUF":
        found = "an empty file" if not header else f"it begins with {header[:4]!r}"
        raise usage_error(f"{path} is not a GGUF file", found=found, hint="Convert the model to GGUF first.")
    if len(header) < HEADER_BYTES:
        raise broken(path, f"{len(header)} bytes in all")


def check_memory(path: str, free_bytes: int | None, cache_bytes: int = 0) -> None:
    """Refuse a file, with its shards and its cache, that is larger than the memory that is free.

    llama.cpp would read it from disk for ever, or Linux would end this process.
    """
    weights_bytes = sum(os.path.getsize(shard) for shard in _shards(path))
    needed_bytes = weights_bytes + cache_bytes
    if free_bytes is not None and needed_bytes > free_bytes:
        needed, weights, cache, free = map(_shown, (needed_bytes, weights_bytes, cache_bytes, free_bytes))
        raise usage_error(
            f"{path} does not fit into memory",
            found=f"it needs {needed} (weights {weights}, cache {cache}), and {free} are free",
            hint="Use less context, a smaller quantisation or another machine, or offload it with `gpu_layers` to a "
            "GPU that has memory of its own.",
        )


def _shown(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"


def _shards(path: str) -> list[str]:
    """The files of a model: itself, or all that `NAME-00001-of-00003.gguf` counts (llama.cpp's gguf-split)."""
    first = re.match(r"(.*)-00001-of-(\d{5})\.gguf$", path)
    if first is None:
        return [path]
    shards = [f"{first[1]}-{number:05d}-of-{first[2]}.gguf" for number in range(1, int(first[2]) + 1)]
    absent = [shard for shard in shards if not os.path.isfile(shard)]
    if absent:
        raise usage_error(
            f"{path} is one of {len(shards)} files", found=f"{absent[0]} is missing", hint="Copy them all."
        )
    return shards


def cannot_load(path: str, log: str, complaints: str, version: str) -> AgentError:
    """The error for a file that llama.cpp refuses: because it is older than the file, or the file is not whole."""
    unknown = _UNKNOWN.search(log)
    if unknown is None:
        return broken(path, complaints)
    what = _UNKNOWN_TO_PEOPLE[unknown["what"]]
    upgrade = f"{sys.executable} -m pip install --upgrade llama-cpp-python"
    newest = "If it is the newest, llama.cpp does not have it yet."
    also = " Or the file is damaged: compare its hash." if "ggml type" in unknown["what"] else ""
    return usage_error(
        f"llama-cpp-python {version} is too old for {path}",
        found=f"its llama.cpp does not know the {what} {unknown['name']!r}",
        hint=f"{upgrade}. {newest}{also}",
    )


def broken(path: str, found: str) -> AgentError:
    """The error for a file that is not a whole model."""
    hint = "A file cut short is the usual reason: copy or download it again, and compare its size or hash."
    return usage_error(f"llama.cpp cannot load {path}", found=found, hint=hint)
