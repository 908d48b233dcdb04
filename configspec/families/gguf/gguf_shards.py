"""A GGUF model in several files, as llama.cpp splits it: `NAME-00001-of-00003.gguf`, ...

The first file holds the metadata. Each says which it is (`split.no`, from 0), how many there are (`split.count`) and
how many tensors they hold together (`split.tensors.count`). llama.cpp is given the first and finds the others by their
names, in the same folder (tools/gguf-split and src/llama-model-loader.cpp there).
"""

from __future__ import annotations

import re
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.gguf.gguf_header import GgufHeader, damaged, read_header
from configspec.printable import printable

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf", re.DOTALL)
MAX_SHARDS = 1000  # a damaged name or count must not become a million files


def shard_names(name: str) -> tuple[str, ...]:
    """The names of all files of the model to which the file `name` belongs, in order; itself where it is not a shard.

    >>> shard_names("model-00002-of-00002.gguf")
    ('model-00001-of-00002.gguf', 'model-00002-of-00002.gguf')
    """
    match = _SHARD.fullmatch(name)
    if match is None or not 1 <= int(match["count"]) <= MAX_SHARDS:
        return (name,)
    return tuple(
        f"{match['stem']}-{number:05}-of-{match['count']}.gguf" for number in range(1, int(match["count"]) + 1)
    )


def gguf_files(path: Path) -> tuple[Path, ...]:
    """The files of the model whose first, or only, file is `path`; none is opened."""
    return tuple(path.with_name(name) for name in shard_names(path.name))


def gguf_bytes(path: Path) -> int:
    """The size of the model whose first, or only, file is `path`."""
    try:
        return sum(one.stat().st_size for one in gguf_files(path))
    except OSError as problem:
        raise UsageError(f"{problem.filename} cannot be read: {problem.strerror}. Copy it again.") from None


def read_shards(path: Path) -> tuple[tuple[Path, GgufHeader], ...]:
    """Every file of the model with its header, the first at `path`; a UsageError that names the one that is wrong."""
    first = read_header(path)
    count = first.metadata.get("split.count", 1)
    if not isinstance(count, int) or count < 0:
        raise damaged(path, f"split.count is {_shown(count)}")
    if count <= 1:
        return ((path, first),)
    names = shard_names(path.name)
    if len(names) != count:
        raise UsageError(
            f"{path} is one of {count} files by its header, but llama.cpp finds the others by a name that ends in "
            f"-00001-of-{count:05}.gguf. Restore the files' original names."
        )
    if first.metadata.get("split.no") != 0 or path.name != names[0]:
        raise UsageError(f"{path} is not the first of its {count} files. Name the first, {names[0]}.")
    absent = [one.name for one in gguf_files(path) if not one.is_file()]
    if absent:
        raise UsageError(
            f"{path} is the first of {count} files, and {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} not beside it. Copy all of them into one folder."
        )
    shards = ((path, first), *((one, read_header(one)) for one in gguf_files(path)[1:]))
    _check_numbers(shards, count)
    return shards


def _check_numbers(shards: tuple[tuple[Path, GgufHeader], ...], count: int) -> None:
    for number, (path, header) in enumerate(shards):
        found = header.metadata.get("split.no"), header.metadata.get("split.count")
        if found != (number, count):
            raise damaged(
                path, f"its name says file {number + 1} of {count}, its split.no and split.count are {_shown(found)}"
            )
    first, announced = shards[0][0], shards[0][1].metadata.get("split.tensors.count")
    held = sum(len(header.tensors) for _, header in shards)
    if announced != held:
        raise damaged(first, f"split.tensors.count is {_shown(announced)}, and its {count} files hold {held} tensors")


def _shown(found: object) -> str:
    return printable(str(found), at_most=60)
