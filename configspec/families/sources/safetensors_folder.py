"""The weights of a transformers folder as they lie on disk, one tensor at a time.

safetensors: eight bytes of header length, a JSON header, then the tensors, each at `data_offsets` after the header
(https://huggingface.co/docs/safetensors/index#format). bf16 is the upper half of a float32, so numpy reads it with a
shift and neither torch nor the memory for a whole model is needed. The format forbids a name that stands twice.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.families.sources.model_json import AGAIN, JsonObject, read_json, shown
from configspec.printable import printable
from configspec.untrusted import NotJson, open_regular, parse_json

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_ITEM: Mapping[str, np.dtype[np.generic]] = {"BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
_BITS: Mapping[str, int] = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
_MOST_HEADER_BYTES = 100_000_000  # as the safetensors package
_MOST_DIMENSIONS = 16
_MOST_NAME_BYTES = 255  # of a file, on every file system here
_LISTED = 5  # names in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """Where one tensor lies; `load` reads it."""

    path: Path
    name: str
    kind: str  # the header's dtype
    shape: tuple[int, ...]
    begin_bytes: int  # from the file's beginning
    end_bytes: int

    @property
    def items(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    def load(self) -> NDArray[np.float32]:
        """The values as float32, exactly; only of the kinds that `stored_tensors` takes."""
        raw = np.fromfile(self.path, dtype=_ITEM[self.kind], count=self.items, offset=self.begin_bytes)
        if raw.size != self.items:
            raise _incomplete(self.path, f"{_quoted(self.name)} ends before its last value")
        if self.kind == "BF16":
            return (raw.astype(np.uint32) << 16).view(np.float32).reshape(self.shape)
        return raw.astype(np.float32).reshape(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSizes:
    """What a folder's weight files hold together."""

    parameters: int
    stored_bytes: int


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder: the single one, or all that its index names."""
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if not (folder / INDEX).is_file():
        pickled = " It holds pytorch_model.bin; save it with `safe_serialization=True`." * bool(
            list(folder.glob("pytorch_model*.bin"))
        )
        raise UsageError(f"{folder} holds neither {SINGLE} nor {INDEX}.{pickled}")
    shards = tuple(folder / name for name in sorted(set(_places(folder / INDEX).values())))
    absent = [shard.name for shard in shards if not shard.is_file()]
    if absent:
        more = f" and {len(absent) - _LISTED} more files" if len(absent) > _LISTED else ""
        named = ", ".join(map(printable, absent[:_LISTED]))
        raise UsageError(f"{folder} lacks {named}{more}, which {INDEX} names. {AGAIN}")
    return shards


def stored_tensors(folder: Path) -> Mapping[str, StoredTensor]:
    """Every tensor of a folder, by its name in transformers; a UsageError where one is of a kind not converted."""
    found = {tensor.name: tensor for tensor in _read(folder)}
    for tensor in found.values():
        if tensor.kind not in _ITEM:
            raise UsageError(
                f"{tensor.path}: {_quoted(tensor.name)} is stored as {tensor.kind}; configspec converts "
                f"{', '.join(_ITEM)}."
            )
    return found


def weight_sizes(folder: Path) -> WeightSizes:
    """How much a folder holds, of any number format; a UsageError where a file of it is not whole."""
    tensors = list(_read(folder))
    return WeightSizes(
        parameters=sum(tensor.items for tensor in tensors),
        stored_bytes=sum(tensor.end_bytes - tensor.begin_bytes for tensor in tensors),
    )


def _places(index: Path) -> Mapping[str, str]:
    """In which file beside it the index puts each tensor."""
    by_tensor = read_json(index).get("weight_map")
    if not isinstance(by_tensor, dict) or not by_tensor:
        raise UsageError(f"{index} has no weight_map. {AGAIN}")
    for tensor, name in by_tensor.items():
        if not isinstance(name, str) or not _is_file_name(name):
            raise UsageError(
                f"{index}: weight_map puts {printable(tensor, at_most=60)} into {shown(name)}, which is no name of a "
                f"file beside it. {AGAIN}"
            )
    return by_tensor


def _is_file_name(name: str) -> bool:
    plain = os.path.basename(name) == name and name not in ("", ".", "..") and "\0" not in name
    return plain and len(name.encode()) <= _MOST_NAME_BYTES


def _read(folder: Path) -> Iterator[StoredTensor]:
    """The tensors of each weight file, which fill it; all that an index names are there."""
    files = weight_files(folder)
    places = {} if files[0].name == SINGLE else _places(folder / INDEX)
    for path in files:
        tensors = _tensors_of(path)
        held = {tensor.name for tensor in tensors}
        absent = sorted(name for name, place in places.items() if place == path.name and name not in held)
        if absent:
            first = printable(absent[0], at_most=60)
            raise _incomplete(path, f"{INDEX} names {len(absent)} tensors that it lacks, {first} the first")
        yield from tensors


def _tensors_of(path: Path) -> tuple[StoredTensor, ...]:
    """The tensors of a file in their order; a UsageError where they overlap, leave a gap or do not fill the file."""
    entries, data_bytes, size_bytes = _header(path)
    tensors = sorted(
        (_tensor(path, name, entry, data_bytes) for name, entry in entries.items()),
        key=lambda tensor: (tensor.begin_bytes, tensor.end_bytes),
    )
    end_bytes = data_bytes
    for tensor in tensors:
        if tensor.begin_bytes != end_bytes:
            what = "overlaps another" if tensor.begin_bytes < end_bytes else "leaves a gap before it"
            raise _incomplete(path, f"its header's entry {_quoted(tensor.name)} {what}")
        end_bytes = tensor.end_bytes
    if end_bytes != size_bytes:
        raise _incomplete(path, f"its header needs {end_bytes} bytes, it has {size_bytes}")
    return tuple(tensors)


def _header(path: Path) -> tuple[JsonObject, int, int]:
    """The entries of a file's header, where the data begin, and the file's size."""
    try:
        with open_regular(path) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            head = file.read(8)
            header_bytes = int.from_bytes(head, "little") if len(head) == 8 else size_bytes
            if 8 + header_bytes > size_bytes:
                raise _incomplete(path, f"its header ends after its {size_bytes} bytes")
            if header_bytes > _MOST_HEADER_BYTES:
                raise _incomplete(path, f"its header takes {header_bytes:,} bytes, more than {_MOST_HEADER_BYTES:,}")
            header = parse_json(file.read(header_bytes), unique_keys=True)
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}. {AGAIN}") from None
    except NotJson as problem:
        raise _incomplete(path, f"its header is not that of a safetensors file ({problem})") from None
    if not isinstance(header, dict):
        raise _incomplete(path, f"its header is {shown(header)}, not a table")
    return {name: entry for name, entry in header.items() if name != "__metadata__"}, 8 + header_bytes, size_bytes


def _tensor(path: Path, name: str, entry: object, data_bytes: int) -> StoredTensor:
    """What the header's entry says, where it can be."""
    if not isinstance(entry, dict):
        raise _no_tensor(path, name, f"it is {shown(entry)}")
    kind, shape = entry.get("dtype"), _sizes(entry.get("shape"))
    span = _sizes(entry.get("data_offsets"))
    if not isinstance(kind, str) or kind not in _BITS:
        raise _no_tensor(path, name, f"its dtype is {shown(kind)}; known are {', '.join(_BITS)}")
    if shape is None or len(shape) > _MOST_DIMENSIONS:
        raise _no_tensor(path, name, f"its shape is {shown(entry.get('shape'))}")
    if span is None or len(span) != 2 or span[0] > span[1]:
        raise _no_tensor(path, name, f"its data_offsets are {shown(entry.get('data_offsets'))}")
    needed_bytes = -(-math.prod(shape) * _BITS[kind] // 8)
    if span[1] - span[0] != needed_bytes:
        raise _no_tensor(path, name, f"{kind} of shape {shape} takes {needed_bytes} bytes, not {span[1] - span[0]}")
    return StoredTensor(
        path=path,
        name=name,
        kind=kind,
        shape=shape,
        begin_bytes=data_bytes + span[0],
        end_bytes=data_bytes + span[1],
    )


def _sizes(found: object) -> tuple[int, ...] | None:
    """A list of whole numbers that a 64-bit machine can count; None where it is something else."""
    if not isinstance(found, list):
        return None
    sizes = tuple(one for one in found if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 63)
    return sizes if len(sizes) == len(found) else None


def _quoted(name: str) -> str:
    return repr(printable(name, at_most=60))


def _no_tensor(path: Path, name: str, what: str) -> UsageError:
    return _incomplete(path, f"its header's entry {_quoted(name)} is not a tensor: {what}")


def _incomplete(path: Path, what: str) -> UsageError:
    return UsageError(f"{path} is damaged or was not copied whole: {what}. {AGAIN}")
