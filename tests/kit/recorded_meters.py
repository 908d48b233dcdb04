"""Recordings of power meters, and surroundings that answer from one: what `configspec record power` writes.

A recording is one JSON file, `fixtures/recordings/power/<meter>/<board>-<state>.json`:

    meter, board, driver, date     what was recorded, and when
    origin     `recorded` on a board, or `transcribed` from a document
    source     which document, or what was done
    meter_w    what an independent meter showed at that time, W; null: there was none
    options    keys of `power` that it needs; secrets are any text
    expect     `boundary`, `watts` of the sum at the first reading (of a counter `joules` instead), and `channels`
    files      contents by path below `/`; null: it is there and cannot be read
    links      folders that are links, and to where
    programs   [command, status, output]
    lines      {command as one text: [line, ...]}, of programs that go on
    answers    [path, status, body] of a service of the network; of one path several, one after another
    readings   what was read while it was recorded: times from the first one, values by channel
    ports      [written, read] as hexadecimal text, one after another
    library    {function: [status, what it writes to its pointer or array, null: nothing]} of a library in C
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from configspec.agent.power.channels.http import Answer, Asked
from configspec.agent.power.channels.libraries import Library, Place, place_of
from configspec.agent.power.channels.programs import Output
from configspec.agent.power.surroundings import Board

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings" / "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a meter must make of a recording."""

    boundary: str
    watts: float | None = None
    joules: float | None = None
    channels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording."""

    name: str
    meter: str
    board: str
    driver: str
    date: str
    origin: str
    source: str
    meter_w: float | None
    options: Mapping[str, object]
    expect: Expected
    files: Mapping[str, str | None] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    programs: Sequence[tuple[tuple[str, ...], int, str]] = ()
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    answers: Sequence[tuple[str, int, str]] = ()
    ports: Sequence[tuple[bytes, bytes]] = ()
    readings: Mapping[str, object] = field(default_factory=dict)
    library: Mapping[str, tuple[int, Place]] = field(default_factory=dict)


def read_recording(path: Path) -> Recording:
    """The recording of that file."""
    written: dict[str, Any] = json.loads(path.read_text())
    written["expect"] = Expected(**written["expect"])
    written["programs"] = [(tuple(words), status, text) for words, status, text in written.get("programs", ())]
    written["answers"] = [tuple(one) for one in written.get("answers", ())]
    written["ports"] = [tuple(map(bytes.fromhex, one)) for one in written.get("ports", ())]
    written["library"] = {name: tuple(one) for name, one in written.get("library", {}).items()}
    return Recording(name=f"{path.parent.name}/{path.stem}", **written)


def recordings(meter: str = "*") -> list[Recording]:
    """Those of one kind of meter, or all."""
    return [read_recording(path) for path in sorted(RECORDINGS.glob(f"{meter}/*.json"))]


def grow_tree(root: Path, recording: Recording) -> None:
    """Make the files of a recording below `root`. A folder stands for a file that cannot be read."""
    for name, to in recording.links.items():
        link = root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        Path(os.path.normpath(link.parent / to)).mkdir(parents=True, exist_ok=True)
        link.symlink_to(to)
    for name, content in recording.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.write_text(content + "\n")


@final
class Replayed:
    """Surroundings that answer from a recording: its files are a real tree below `root`.

    The clock moves only where a test moves it. Answers, lines and ports come in order; the last one stays.
    """

    def __init__(self, root: Path, recording: Recording, *, uses_gpu: bool = False) -> None:
        grow_tree(root, recording)
        self.root = root
        self.uses_gpu = uses_gpu
        self.clock_s = 1000.0
        self.recording = recording
        self.asked: list[Asked] = []
        self.libraries: dict[str, Library] = {}
        self._answers = list(recording.answers)
        self._ports = list(recording.ports)
        self._files = Board(root)

    def now_s(self) -> float:
        """The test's clock."""
        return self.clock_s

    def text(self, path: Path) -> str:
        """A real file's."""
        return self._files.text(path)

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """The output that was recorded; OSError where there is none, as of a program that is not installed."""
        for words, status, text in self.recording.programs:
            if words == tuple(command):
                return Output(status, text)
        raise FileNotFoundError(2, f"No such file or directory: {command[0]}")

    def lines(self, command: Sequence[str]) -> _Lines:
        """The lines that were recorded."""
        known = self.recording.lines.get(shlex.join(command))
        if known is None:
            raise FileNotFoundError(2, f"No such file or directory: {command[0]}")
        return _Lines(list(known))

    def fetch(self, asked: Asked) -> Answer:
        """The next answer that was recorded of that path."""
        self.asked.append(asked)
        places = [place for place, (path, _, _) in enumerate(self._answers) if path == asked.path]
        if not places:
            raise OSError(f"{asked.shown}: Connection refused")
        _, status, body = self._answers[places[0]]
        if len(places) > 1:
            del self._answers[places[0]]
        return Answer(status, body.encode())

    def port(self, path: str, baud: int) -> _Port:
        """A port that answers as was recorded."""
        if not self._ports:
            raise FileNotFoundError(2, f"No such file or directory: {path}")
        return _Port(self._ports)

    def library(self, name: str) -> Library:
        """The library that a test has put into `libraries`, or one whose functions answer as was recorded."""
        if name in self.libraries:
            return self.libraries[name]
        if not self.recording.library:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return _Library(self.recording.library)


@final
class _Lines:
    def __init__(self, left: list[str]) -> None:
        self._left = left

    def next_line(self, timeout_s: float) -> str:
        if not self._left:
            raise OSError(f"no line within {timeout_s:g} s")
        return self._left.pop(0)

    def close(self) -> None:
        self._left.clear()


@final
class _Port:
    def __init__(self, left: list[tuple[bytes, bytes]]) -> None:
        self._left = left
        self._ready = b""

    def write(self, data: bytes) -> None:
        written, answer = self._left[0]
        assert data == written
        if len(self._left) > 1:
            del self._left[0]
        self._ready = answer

    def read(self, count: int, timeout_s: float) -> bytes:
        found, self._ready = self._ready[:count], self._ready[count:]
        return found

    def close(self) -> None:
        self._ready = b""


@final
class _Library:
    def __init__(self, functions: Mapping[str, tuple[int, Place]]) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> Callable[..., int]:
        if name not in self._functions:
            raise AttributeError(f"undefined symbol: {name}")
        status, value = self._functions[name]

        def call(*arguments: object) -> int:
            place = place_of(arguments)
            if value is not None:
                assert place is not None, f"{name} was given no place to write to"
                place.value = value.encode() if isinstance(value, str) else value  # type: ignore[attr-defined]
            return status

        return call
