"""Requests about the folder of model files."""

from __future__ import annotations

from dataclasses import dataclass, field

from .forms import DATA, FLAG, MOST, TEXT, Request, takes, whole


@dataclass(frozen=True)
class ListFiles(Request):
    """What is in the folder of model files; None: the one in the account's cache."""

    op = "list_files"
    folder: str | None = field(default=None, metadata=takes(TEXT))


@dataclass(frozen=True)
class FindFile(Request):
    """A model file: its size, and its hash if it is as large as it should be."""

    op = "find_file"
    name: str = field(metadata=takes(TEXT))
    size: int = field(metadata=takes(whole(0, MOST)))
    folder: str | None = field(default=None, metadata=takes(TEXT))


@dataclass(frozen=True)
class Receive(Request):
    """Announce a file. `replace`: it may replace another file. `fresh`: forget what has arrived of it."""

    op = "receive"
    name: str = field(metadata=takes(TEXT))
    size: int = field(metadata=takes(whole(1, MOST)))
    sha256: str = field(metadata=takes(TEXT))
    folder: str | None = field(default=None, metadata=takes(TEXT))
    replace: bool = field(default=False, metadata=takes(FLAG))
    fresh: bool = field(default=False, metadata=takes(FLAG))


@dataclass(frozen=True)
class Chunk(Request):
    """The next bytes of the announced file."""

    op = "chunk"
    offset: int = field(metadata=takes(whole(0, MOST)))
    data: bytes = field(metadata=takes(DATA))


@dataclass(frozen=True)
class Finish(Request):
    """Verify the announced file and put it in its place."""

    op = "finish"
