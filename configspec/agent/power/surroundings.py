"""What a meter may touch: files, programs, services, serial ports, libraries and the clock. It is handed all of it.

`Board` is the real one. `Noted` wraps one and keeps whatever was read, which is how a recording is made; tests hand a
meter a recording instead.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Protocol, Tuple, final

from ..board.regular import open_regular
from ..protocol import JsonObject
from .channels.http import Answer, Asked, fetch
from .channels.libraries import Library, Place, open_library, written
from .channels.lines import LineStream, open_lines
from .channels.programs import Output, run_program
from .channels.serial_port import Port, open_port

FILE_BYTES = 64 * 1024  # of one of the kernel's files


class Surroundings(Protocol):
    """What a meter is handed. `root` is where `sys`, `proc` and `dev` are; `uses_gpu`: layers of drafts are on one."""

    @property
    def root(self) -> Path:
        """The folder that stands for `/`."""

    @property
    def uses_gpu(self) -> bool:
        """Whether the device drafts with layers on a GPU."""

    def now_s(self) -> float:
        """Seconds of the monotonic clock."""

    def text(self, path: Path) -> str:
        """A small file's text, without blanks and NUL at its ends; OSError where it cannot be read."""

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """What a program prints; OSError where it cannot be started or does not end in time."""

    def lines(self, command: Sequence[str]) -> LineStream:
        """The lines of a program that goes on, one after another; OSError where it cannot be started."""

    def fetch(self, asked: Asked) -> Answer:
        """What a service of the network answers; OSError where it does not."""

    def port(self, path: str, baud: int) -> Port:
        """A serial port; OSError where it cannot be opened."""

    def library(self, name: str) -> Library:
        """A library in C; OSError where it cannot be loaded."""


@final
class Board:
    """The machine that this runs on."""

    def __init__(self, root: Path = Path("/"), *, uses_gpu: bool = False) -> None:
        self.root = root
        self.uses_gpu = uses_gpu

    def now_s(self) -> float:
        """As `Surroundings` says."""
        return time.monotonic()

    def text(self, path: Path) -> str:
        """As `Surroundings` says."""
        with open_regular(str(path)) as file:
            return file.read(FILE_BYTES).decode("utf-8", "replace").strip("\0 \t\r\n")

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """As `Surroundings` says."""
        return run_program(command, timeout_s)

    def lines(self, command: Sequence[str]) -> LineStream:
        """As `Surroundings` says."""
        return open_lines(command)

    def fetch(self, asked: Asked) -> Answer:
        """As `Surroundings` says."""
        return fetch(asked)

    def port(self, path: str, baud: int) -> Port:
        """As `Surroundings` says."""
        return open_port(path, baud)

    def library(self, name: str) -> Library:
        """As `Surroundings` says."""
        return open_library(name)


@dataclass
class Notes:
    """What was read, the first time of each: what a recording holds."""

    files: Dict[str, Optional[str]] = field(default_factory=dict)  # by path below the root; None: it cannot be read
    links: Dict[str, str] = field(default_factory=dict)  # folders on the way that are links, and to where
    programs: List[Tuple[Tuple[str, ...], int, str]] = field(default_factory=list)  # command, status, output
    answers: List[Tuple[str, int, str]] = field(default_factory=list)  # path and query, status, body
    lines: Dict[Tuple[str, ...], List[str]] = field(default_factory=dict)  # of programs that go on
    ports: List[Tuple[bytes, bytes]] = field(default_factory=list)  # written, and then read
    library: Dict[str, Tuple[int, Place]] = field(default_factory=dict)  # by function: its status, and what it wrote

    def as_json(self) -> JsonObject:
        """As an answer has it, and as a recording does."""
        return {
            "files": self.files,
            "links": self.links,
            "programs": [[list(command), status, text] for command, status, text in self.programs],
            "answers": [list(one) for one in self.answers],
            "lines": {shlex.join(command): lines for command, lines in self.lines.items()},
            "ports": [[sent.hex(), read.hex()] for sent, read in self.ports],
            "library": {name: list(one) for name, one in self.library.items()},
        }


@final
class Noted:
    """Surroundings that keep what was read of them."""

    def __init__(self, inner: Surroundings) -> None:
        self._inner = inner
        self.notes = Notes()

    @property
    def root(self) -> Path:
        """As `Surroundings` says."""
        return self._inner.root

    @property
    def uses_gpu(self) -> bool:
        """As `Surroundings` says."""
        return self._inner.uses_gpu

    def now_s(self) -> float:
        """As `Surroundings` says."""
        return self._inner.now_s()

    def text(self, path: Path) -> str:
        """As `Surroundings` says; the text is kept, or that there was none."""
        name = str(path.relative_to(self.root))
        if name not in self.notes.files:
            self.notes.files[name] = None
            links = [folder for folder in path.parents if folder.is_symlink() and self.root in folder.parents]
            self.notes.links.update({str(one.relative_to(self.root)): os.readlink(str(one)) for one in links})
        text = self._inner.text(path)
        if self.notes.files[name] is None:
            self.notes.files[name] = text
        return text

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """As `Surroundings` says; the output is kept."""
        output = self._inner.run(command, timeout_s)
        if all(known != tuple(command) for known, _, _ in self.notes.programs):
            self.notes.programs.append((tuple(command), output.status, output.text))
        return output

    def lines(self, command: Sequence[str]) -> LineStream:
        """As `Surroundings` says; the first lines are kept."""
        return _NotedLines(self._inner.lines(command), self.notes.lines.setdefault(tuple(command), []))

    def fetch(self, asked: Asked) -> Answer:
        """As `Surroundings` says; the answer is kept, without address and secrets."""
        answer = self._inner.fetch(asked)
        if all(known != asked.path for known, _, _ in self.notes.answers):
            self.notes.answers.append((asked.path, answer.status, answer.body.decode("utf-8", "replace")))
        return answer

    def port(self, path: str, baud: int) -> Port:
        """As `Surroundings` says; what is written and read is kept."""
        return _NotedPort(self._inner.port(path, baud), self.notes.ports)

    def library(self, name: str) -> Library:
        """As `Surroundings` says; what its functions answer is kept."""
        return _NotedLibrary(self._inner.library(name), self.notes.library)


MOST_KEPT = 20  # lines of a program, and exchanges of a port


@final
class _NotedLines:
    def __init__(self, inner: LineStream, kept: List[str]) -> None:
        self._inner = inner
        self._kept = kept

    def next_line(self, timeout_s: float) -> str:
        line = self._inner.next_line(timeout_s)
        if len(self._kept) < MOST_KEPT:
            self._kept.append(line)
        return line

    def close(self) -> None:
        self._inner.close()


@final
class _NotedPort:
    def __init__(self, inner: Port, kept: List[Tuple[bytes, bytes]]) -> None:
        self._inner = inner
        self._kept = kept
        self._written = b""

    def write(self, data: bytes) -> None:
        self._written = data
        self._inner.write(data)

    def read(self, count: int, timeout_s: float) -> bytes:
        data = self._inner.read(count, timeout_s)
        if len(self._kept) < MOST_KEPT:
            self._kept.append((self._written, data))
            self._written = b""
        return data

    def close(self) -> None:
        self._inner.close()


@final
class _NotedLibrary:
    def __init__(self, inner: Library, kept: Dict[str, Tuple[int, Place]]) -> None:
        self._inner = inner
        self._kept = kept

    def __getattr__(self, name: str) -> Callable[..., int]:
        function: Callable[..., int] = getattr(self._inner, name)

        def call(*arguments: object) -> int:
            status = function(*arguments)
            self._kept.setdefault(name, (status, written(arguments)))
            return status

        return call


def whole(text: str) -> int:
    """A whole number of the kernel's; ValueError where the text is none."""
    digits = text[1:] if text[:1] == "-" else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        raise ValueError(f"{text!r:.40} is no whole number")
    return int(text)


def optional_text(around: Surroundings, path: Path) -> Optional[str]:
    """A file's text; None where it cannot be read."""
    try:
        return around.text(path)
    except OSError:
        return None


def optional_whole(around: Surroundings, path: Path) -> Optional[int]:
    """A file's whole number; None where it cannot be read, or holds none."""
    try:
        return whole(around.text(path))
    except (OSError, ValueError):
        return None


def option_text(options: Mapping[str, object], name: str) -> str:
    """An option that was checked to be a text, or the empty one where it is not given."""
    value = options.get(name, "")
    return value if isinstance(value, str) else ""
