"""A transformers folder as it lies on disk: its config.json, and its weights one tensor at a time.

safetensors: eight bytes of header length, a JSON header, then the tensors, each at `data_offsets` after the header
(https://huggingface.co/docs/safetensors/index#format). bf16 is the upper half of a float32, so numpy reads it with a
shift and neither torch nor the memory for a whole model is needed.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
JsonObject: TypeAlias = Mapping[str, Any]  # as a file of a model folder holds it
_ITEM: Mapping[str, np.dtype[np.generic]] = {"BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """Where one tensor lies; `load` reads it."""

    path: Path
    name: str
    kind: str  # the header's dtype, a key of _ITEM
    shape: tuple[int, ...]
    offset_bytes: int  # from the file's beginning

    def load(self) -> NDArray[np.float32]:
        """The values as float32, exactly."""
        count = int(np.prod(self.shape, dtype=np.int64))
        raw = np.fromfile(self.path, dtype=_ITEM[self.kind], count=count, offset=self.offset_bytes)
        if self.kind == "BF16":
            return (raw.astype(np.uint32) << 16).view(np.float32).reshape(self.shape)
        return raw.astype(np.float32).reshape(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSizes:
    """What a folder's weight files hold together."""

    parameters: int
    stored_bytes: int


def read_json(path: Path) -> JsonObject:
    """A JSON object from a file of a model folder."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{path} does not exist. A model folder holds config.json, tokenizer.json and {SINGLE}, "
            "as `save_pretrained` of transformers writes them."
        ) from None
    except (NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}. Copy the model folder again.") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path} holds a {type(found).__name__}, not a JSON object. Copy the model folder again.")
    return found


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder: the single one, or all that its index names."""
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if not (folder / INDEX).is_file():
        pickled = " It holds pytorch_model.bin; save it with `safe_serialization=True`." * bool(
            list(folder.glob("pytorch_model*.bin"))
        )
        raise UsageError(f"{folder} holds neither {SINGLE} nor {INDEX}.{pickled}")
    by_tensor = read_json(folder / INDEX).get("weight_map")
    if not isinstance(by_tensor, dict) or not by_tensor:
        raise UsageError(f"{folder / INDEX} has no weight_map. Copy the model folder again.")
    shards = tuple(folder / name for name in sorted({str(name) for name in by_tensor.values()}))
    absent = [shard.name for shard in shards if not shard.is_file()]
    if absent:
        raise UsageError(f"{folder} lacks {', '.join(absent)}, which {INDEX} names. Copy the model folder again.")
    return shards


def stored_tensors(folder: Path) -> Mapping[str, StoredTensor]:
    """Every tensor of a folder, by its name in transformers."""
    return {name: tensor for path in weight_files(folder) for name, tensor in _tensors_of(path).items()}


def weight_sizes(folder: Path) -> WeightSizes:
    """How much a folder holds, of any number format; a UsageError where a file of it is not whole."""
    parameters = stored_bytes = 0
    for path, entries, data_bytes in _headers(folder):
        sizes = [_span(path, name, entry) for name, entry in entries.items()]
        parameters += sum(items for items, _, _ in sizes)
        stored_bytes += sum(end - begin for _, begin, end in sizes)
        end_bytes = data_bytes + max((end for _, _, end in sizes), default=0)
        if end_bytes != path.stat().st_size:
            raise _incomplete(path, f"its header needs {end_bytes} bytes, it has {path.stat().st_size}")
    return WeightSizes(parameters=parameters, stored_bytes=stored_bytes)


def _headers(folder: Path) -> Iterator[tuple[Path, JsonObject, int]]:
    """Each weight file, its header's entries, and where its data begin; all tensors that an index names are there."""
    files = weight_files(folder)
    places = {} if files[0].name == SINGLE else read_json(folder / INDEX)["weight_map"]
    for path in files:
        entries, data_bytes = _header(path)
        absent = sorted(name for name, place in places.items() if place == path.name and name not in entries)
        if absent:
            raise _incomplete(path, f"{INDEX} names {len(absent)} tensors that it lacks, {absent[0]} the first")
        yield path, entries, data_bytes


def _tensors_of(path: Path) -> Mapping[str, StoredTensor]:
    entries, data_bytes = _header(path)
    size_bytes = path.stat().st_size
    return {name: _tensor(path, name, entry, data_bytes, size_bytes) for name, entry in entries.items()}


def _header(path: Path) -> tuple[JsonObject, int]:
    """The entries of a file's header, and where the data begin."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        header_bytes = struct.unpack("<Q", head)[0] if len(head) == 8 else size_bytes
        if 8 + header_bytes > size_bytes:
            raise _incomplete(path, f"its header ends after its {size_bytes} bytes")
        try:
            header = json.loads(file.read(header_bytes))
            header.pop("__metadata__", None)
            return dict(header), 8 + header_bytes
        except (ValueError, TypeError, AttributeError) as error:
            raise _incomplete(path, f"its header is not that of a safetensors file ({error})") from None


def _span(path: Path, name: str, entry: JsonObject) -> tuple[int, int, int]:
    """How many values a tensor has, and where it begins and ends in the data."""
    try:
        begin, end = entry["data_offsets"]
        return math.prod(entry["shape"]), int(begin), int(end)
    except (ValueError, KeyError, TypeError) as error:
        raise _incomplete(path, f"its header's entry {name!r} is not a tensor ({error})") from None


def _tensor(path: Path, name: str, entry: JsonObject, data_bytes: int, size_bytes: int) -> StoredTensor:
    items, begin, end = _span(path, name, entry)
    kind, shape = str(entry.get("dtype")), tuple(entry["shape"])
    if kind not in _ITEM:
        raise UsageError(f"{path}: {name} is stored as {kind}; configspec converts {', '.join(_ITEM)}.")
    if end - begin != items * _ITEM[kind].itemsize:
        raise _incomplete(path, f"{name} of shape {shape} takes {end - begin} bytes")
    if data_bytes + end > size_bytes:
        raise _incomplete(path, f"{name} ends at byte {data_bytes + end} of {size_bytes}")
    return StoredTensor(path=path, name=name, kind=kind, shape=shape, offset_bytes=data_bytes + begin)


def _incomplete(path: Path, what: str) -> UsageError:
    return UsageError(f"{path} is damaged or was not copied whole: {what}. Copy the model folder again.")
