"""What a board without internet needs, fetched by this host's pip for the board's Python and system.

https://pip.pypa.io/en/stable/cli/pip_download/: with `--platform` pip takes wheels only, and of each name exactly
those that it is told. https://peps.python.org/pep-0600/, https://peps.python.org/pep-0656/: the names.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.devices.setup.board import Board, numbers
from configspec.devices.transport.bounded_run import TooMuchOutput, run_bounded
from configspec.devices.transport.local import last_lines
from configspec.errors import UsageError
from configspec.untrusted import open_regular

DOWNLOAD_S = 1800.0
OUTPUT_BYTES = 4 * 1024 * 1024
PROJECT_BYTES = 1024 * 1024
OLDEST_GLIBC, OLDEST_MUSL, NEWEST_MUSL = 17, 1, 2  # the minor versions, after 2. and 1.
# What llama-cpp-python 0.3 needs, for a host that has none of it.
NEEDED = ("numpy>=1.20.0", "typing-extensions>=4.5.0", "diskcache>=5.6.1", "jinja2>=2.11.3")
BUILD_NEEDED = ("scikit-build-core[pyproject]>=0.9.2",)
BUILD_TOOLS = ("cmake>=3.21", "ninja")  # scikit-build-core takes the board's own where it has some
SOURCE = "llama_cpp_python-*.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """Fetches for `board` into `folder`; from the folder `wheels` and nowhere else, where one is given."""

    board: Board
    folder: Path
    wheels: Path | None

    def llama_cpp(self, requirement: str) -> Path | None:
        """A wheel of llama.cpp that somebody put into `wheels`; None where there is none for such a board."""
        if self.wheels is None:
            return None  # an index may have one for any processor, which is slower than the board's own
        into = self.folder / "llama.cpp"
        self._pip([*self._for_board(), "--no-deps", requirement], into)
        return next(iter(sorted(into.glob("*.whl"))), None)

    def libraries(self, *, pip: bool) -> None:
        """What llama-cpp-python needs where it runs, and pip where the board's is too old.

        Raises:
            UsageError: There is none for the board's Python and system.
        """
        self._need([*needed(), *(["pip"] if pip else [])])

    def source(self, requirement: str) -> list[str]:
        """What llama.cpp is built from, there; which of the tools for it could not be had.

        Raises:
            UsageError: Something else could not be had.
        """
        if self.wheels is None:
            ended = self._pip(["--no-deps", "--no-binary", "llama-cpp-python", requirement], self.folder)
            found = sorted(self.folder.glob(SOURCE))
            if not found:
                raise UsageError(f"pip cannot download the source of {requirement} here: {last_lines(_words(ended))}")
        else:
            found = sorted(self.wheels.glob(SOURCE))
            if not found:
                raise UsageError(f"{self.wheels} has neither a wheel for the board nor the source of {requirement}.")
            shutil.copyfile(found[-1], self.folder / found[-1].name)
        self._need(build_requirements(found[-1]))
        return [tool for tool in BUILD_TOOLS if self._pip([*self._for_board(), tool], self.folder).returncode != 0]

    def _need(self, requirements: Sequence[str]) -> None:
        if not requirements:
            return
        ended = self._pip([*self._for_board(), *requirements], self.folder)
        if ended.returncode != 0:
            where = f"in {self.wheels}" if self.wheels else "here"
            raise UsageError(
                f"the board reaches no package index, and pip cannot find {where} what it needs for Python "
                f"{self.board.python} on {self.board.machine}: {last_lines(_words(ended))} Put wheels for it into a "
                "folder, and name that: --wheels FOLDER."
            )

    def _for_board(self) -> list[str]:
        """Wheels for the board's Python and system, whatever this host is."""
        platforms = [part for one in platforms_of(self.board) for part in ("--platform", one)]
        python = ".".join(map(str, self.board.python_version))
        return ["--only-binary", ":all:", "--python-version", python, "--implementation", "cp", *platforms]

    def _pip(self, arguments: Sequence[str], into: Path) -> subprocess.CompletedProcess[bytes]:
        source = [] if self.wheels is None else ["--no-index", "--find-links", str(self.wheels)]
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *quiet, *source, "--dest", str(into), *arguments]
        try:
            return run_bounded(command, stdin=b"", timeout_s=DOWNLOAD_S, limit_bytes=OUTPUT_BYTES)
        except (OSError, subprocess.TimeoutExpired, TooMuchOutput):
            raise UsageError(f"pip did not end here within {DOWNLOAD_S / 60:g} minutes. Is there a network?") from None


def platforms_of(board: Board) -> list[str]:
    """The names of systems whose wheels run on the board, the board's own first."""
    names = [f"linux_{board.machine}"]
    if board.libc == "musl":
        return names + [f"musllinux_1_{minor}_{board.machine}" for minor in range(NEWEST_MUSL, OLDEST_MUSL - 1, -1)]
    newest = numbers(board.libc_version)[1:2] or (OLDEST_GLIBC,)
    return [
        *names,
        *(f"manylinux_2_{minor}_{board.machine}" for minor in range(min(newest[0], 99), OLDEST_GLIBC - 1, -1)),
        f"manylinux2014_{board.machine}",
    ]


def needed() -> tuple[str, ...]:
    """What llama-cpp-python needs where it runs: this host's says so, where there is one."""
    try:
        told = importlib.metadata.requires("llama-cpp-python") or []
    except importlib.metadata.PackageNotFoundError:
        return NEEDED
    return tuple(one for one in told if ";" not in one)


def build_requirements(source: Path) -> tuple[str, ...]:
    """What a source distribution needs to be built: https://peps.python.org/pep-0518/."""
    try:
        with open_regular(source) as opened, tarfile.open(fileobj=opened) as archive:
            names = [name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/pyproject.toml")]
            file = archive.extractfile(names[0])
            assert file is not None
            system = tomllib.loads(file.read(PROJECT_BYTES).decode("utf-8"))["build-system"]
        return tuple(str(one) for one in system["requires"])
    except (OSError, ValueError, LookupError, TypeError, AssertionError, tarfile.TarError):
        return BUILD_NEEDED


def _words(ended: subprocess.CompletedProcess[bytes]) -> str:
    return ended.stderr.decode("utf-8", "replace")
