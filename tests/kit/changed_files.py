"""Surroundings of a recording of which some files hold something else, or cannot be read."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

from recorded_meters import RECORDINGS, Replayed, read_recording

from configspec.agent.power.channels.http import Answer, Asked
from configspec.agent.power.channels.libraries import Library
from configspec.agent.power.channels.lines import LineStream
from configspec.agent.power.channels.programs import Output
from configspec.agent.power.channels.serial_port import Port

Content = str | OSError
DENIED = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
NO_DATA = OSError(errno.ENODATA, os.strerror(errno.ENODATA))  # as of a channel that is disabled
FAILED = OSError(errno.EIO, os.strerror(errno.EIO))
GONE = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def replay(root: Path, name: str) -> Replayed:
    """The surroundings of the recording `<meter>/<board>-<state>`, with its files below `root`."""
    return Replayed(root, read_recording(RECORDINGS / f"{name}.json"))


@final
class Changed:
    """As `inner`, but for `files`, by path below its root. Reading a file takes `tick_s` of the test's clock."""

    def __init__(self, inner: Replayed, files: Mapping[str, Content] | None = None, *, tick_s: float = 0.0) -> None:
        self._inner = inner
        self._tick_s = tick_s
        self.files: dict[str, Content] = dict(files or {})
        self.root = inner.root
        self.uses_gpu = inner.uses_gpu

    def now_s(self) -> float:
        """The inner one's clock."""
        return self._inner.now_s()

    def text(self, path: Path) -> str:
        """What the file was changed to, or what it holds."""
        self._inner.clock_s += self._tick_s
        content = self.files.get(str(path.relative_to(self.root)))
        if content is None:
            return self._inner.text(path)
        if isinstance(content, OSError):
            raise type(content)(content.errno, content.strerror, str(path))
        return content

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """The inner one's."""
        return self._inner.run(command, timeout_s)

    def lines(self, command: Sequence[str]) -> LineStream:
        """The inner one's."""
        return self._inner.lines(command)

    def fetch(self, asked: Asked) -> Answer:
        """The inner one's."""
        return self._inner.fetch(asked)

    def port(self, path: str, baud: int) -> Port:
        """The inner one's."""
        return self._inner.port(path, baud)

    def library(self, name: str) -> Library:
        """The inner one's."""
        return self._inner.library(name)
