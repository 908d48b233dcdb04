"""The header of a GGUF file, read without trusting it.

The gguf package's reader maps the file and trusts every length in it: a file cut short gives it empty arrays or an
IndexError, and a damaged count keeps it busy for years. Here each length is checked against the file's size.
(It also makes arrays of every token: half a minute for a vocabulary of 152,000 where this takes under a second.)
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeGuard, TypeVar

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.untrusted import open_regular

T = TypeVar("T")

MAGIC = b"GGUF"
DEFAULT_ALIGNMENT_BYTES = 32
MAX_DIMENSIONS = 4  # GGML_MAX_DIMS
# A header of 262,000 tokens with their merges takes 20 MB.
MAX_HEADER_BYTES = 64 << 20
MAX_ITEMS = 1 << 20  # of an array; those merges are 515,000
MAX_ALIGNMENT_BYTES = 1 << 20
_SHOWN = 60  # letters of a name in a message
_STRING, _ARRAY = 8, 9
_SCALAR = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """One tensor as the header announces it; `kind` is ggml's number of its type."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset_bytes: int  # from the beginning of the data

    @property
    def items(self) -> int:
        """The number of weights."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """All that precedes the weights."""

    metadata: Mapping[str, object]
    tensors: tuple[TensorInfo, ...]
    data_bytes: int  # where the data begins


class _DamageError(Exception):
    """What is wrong with the bytes; becomes a UsageError that names the file."""


def read_header(path: Path) -> GgufHeader:
    """The header of the GGUF file at `path`; a UsageError where it is not one, or not whole."""
    try:
        with open_regular(path) as file:
            beginning = file.read(24)
            if beginning[:4] != MAGIC:
                raise _not_gguf(path, beginning)
            if len(beginning) < 24:
                raise damaged(path, f"it ends inside its header, after {len(beginning)} bytes")
            file.seek(0)
            return _Cursor(file, os.fstat(file.fileno()).st_size).header()
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist. `configspec models build` makes a draft's files.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. A GGUF file is expected there.") from None
    except _DamageError as error:
        raise damaged(path, str(error)) from None


def damaged(path: Path, what: str) -> UsageError:
    """The error for a GGUF file that is not whole."""
    return UsageError(
        f"{path} is damaged or was not copied whole: {what}. Delete it and run `configspec models build`, "
        "or copy it again."
    )


def _not_gguf(path: Path, beginning: bytes) -> UsageError:
    if not beginning:
        return UsageError(f"{path} is empty. Delete it and run `configspec models build`, or copy it again.")
    pointer = (
        " It looks like a Git LFS pointer: run `git lfs pull`." if beginning.startswith(b"version https://g") else ""
    )
    return UsageError(
        f"{path} is not a GGUF file: it begins with {beginning[:8]!r}, not {MAGIC!r}.{pointer} "
        "Name a .gguf file, or a safetensors folder for `configspec models build`."
    )


class _Cursor:
    """Reads forward through a file, never past its end.

    Not through a mapping of it: where somebody copies another over the file meanwhile, that ends the process (SIGBUS).
    """

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._at = 0

    def header(self) -> GgufHeader:
        self._bytes(4)
        version = self._scalar("<I")
        if version not in (2, 3):
            raise _DamageError(f"its GGUF version is {version}; 2 and 3 are supported (little-endian)")
        tensor_count, entry_count = self._scalar("<Q"), self._scalar("<Q")
        metadata = self._table("entry", (self._entry() for _ in range(entry_count)))
        tensors = self._table("tensor", (self._tensor_info() for _ in range(tensor_count)))
        alignment_bytes = metadata.get("general.alignment", DEFAULT_ALIGNMENT_BYTES)
        if not _is_alignment(alignment_bytes):
            raise _DamageError(f"general.alignment is {printable(repr(alignment_bytes), at_most=_SHOWN)}")
        return GgufHeader(
            metadata=metadata,
            tensors=tuple(tensors.values()),
            data_bytes=-(-self._at // alignment_bytes) * alignment_bytes,
        )

    def _table(self, what: str, entries: Iterable[tuple[str, T]]) -> dict[str, T]:
        """The entries by name; llama.cpp refuses a name that comes twice."""
        found: dict[str, T] = {}
        for name, value in entries:
            if name in found:
                raise _DamageError(f"the {what} {_quoted(name)} comes twice")
            found[name] = value
        return found

    def _entry(self) -> tuple[str, object]:
        key = self._string()
        return key, self._value(self._scalar("<I"), key)

    def _value(self, kind: int, key: str) -> object:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array(key)
        if kind not in _SCALAR:
            raise _DamageError(f"{_quoted(key)} has the unknown type {kind}")
        return self._unpacked(_SCALAR[kind])

    def _array(self, key: str) -> tuple[object, ...]:
        kind, count = self._scalar("<I"), self._scalar("<Q")
        if count > MAX_ITEMS:
            raise _DamageError(f"{_quoted(key)} is an array of {count:,} items, more than {MAX_ITEMS:,}")
        if kind == _STRING:
            return tuple(self._string() for _ in range(count))
        if kind not in _SCALAR:
            raise _DamageError(f"{_quoted(key)} is an array of the unknown type {kind}")
        item = struct.Struct(_SCALAR[kind])
        return tuple(value for (value,) in item.iter_unpack(self._bytes(count * item.size)))

    def _tensor_info(self) -> tuple[str, TensorInfo]:
        name = self._string()
        dimensions = self._scalar("<I")
        if dimensions > MAX_DIMENSIONS:
            raise _DamageError(f"tensor {_quoted(name)} has {dimensions} dimensions")
        shape = tuple(self._scalar("<Q") for _ in range(dimensions))
        return name, TensorInfo(name=name, shape=shape, kind=self._scalar("<I"), offset_bytes=self._scalar("<Q"))

    def _string(self) -> str:
        # Some vocabularies hold pieces of characters: kept as they are, so that two of them stay two.
        return self._bytes(self._scalar("<Q")).decode("utf-8", errors="surrogateescape")

    def _scalar(self, form: str) -> int:
        return int(struct.unpack(form, self._bytes(struct.calcsize(form)))[0])

    def _unpacked(self, form: str) -> object:
        value: object = struct.unpack(form, self._bytes(struct.calcsize(form)))[0]
        return value

    def _bytes(self, count: int) -> bytes:
        self._at += count
        if self._at > self._size_bytes:
            raise _DamageError(f"it ends inside its header, after {self._size_bytes} bytes")
        if self._at > MAX_HEADER_BYTES:
            raise _DamageError(f"its header takes more than {MAX_HEADER_BYTES:,} bytes")
        content = self._file.read(count)
        if len(content) < count:
            raise _DamageError("it became shorter while its header was read")
        return content


def _is_alignment(found: object) -> TypeGuard[int]:
    """A power of two, as ggml demands."""
    return isinstance(found, int) and 1 <= found <= MAX_ALIGNMENT_BYTES and found & (found - 1) == 0


def _quoted(name: str) -> str:
    return repr(printable(name, at_most=_SHOWN))
