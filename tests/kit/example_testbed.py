"""A testbed in which the command lines of the documentation and of `--help` run.

Its boards are the paper's, replayed. For commands that change a board or read its meter they are this machine. `ssh`
reaches nobody. `pytest` within `configspec interleave` copies a run: what is tried there is not pytest. A minute of
reading a meter is shortened, and a board is set up without installing anything: tests/devices/setup does that.
"""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

from example_files import make_example_files, put_journals, put_outputs, write_inventory

from configspec.cli import main

ON_THE_BOARD = (["models", "push"], ["record", "power"])
SETTING_UP = ["devices", "setup"]
DRY = "--dry-run"
A_MINUTE, SHORTER = "--seconds 60", "--seconds 0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a command line."""

    code: int
    out: str
    err: str


class ExampleTestbed:
    """Lines that stand together run in a copy of the files, so that they find only what they left themselves."""

    def __init__(self, folder: Path) -> None:
        self._whole = folder / "whole"
        self._copies = folder / "copies"
        self._cache = folder / "cache"
        self._programs = folder / "programs"
        self._made = 0
        make_example_files(self._whole)
        self._programs.mkdir()
        self._make_program("ssh", 'echo "ssh: Could not resolve hostname" >&2; exit 255')
        copy = f'cp {self._whole / "monday.json"} "${{word#*=}}"'
        self._make_program("pytest", f"for word; do case $word in --benchmark-json=*) {copy};; esac; done")

    def run(self, lines: Sequence[str]) -> Iterator[Ran]:
        """Command lines in their order, as a shell takes them: with globs, `>`, `>>` and comments."""
        copy = self._copies / str(self._made)
        self._made += 1
        shutil.copytree(self._whole, copy, symlinks=True)
        for line in lines:
            words, out, appends = _shell_words(line.replace(A_MINUTE, SHORTER))
            write_inventory(copy, python=_python(words[1:3], copy))
            with chdir(_empty(self._copies / "new") if words[1] == "init" else copy):
                words = [one for word in words for one in _matches(word)]
                ran = self._configspec(words) if words[0] == "configspec" else self._pytest(words)
                if out is not None:
                    with Path(out).open("a" if appends else "w", encoding="utf-8") as file:
                        file.write(ran.out)
            yield ran
        shutil.rmtree(copy)

    def _configspec(self, words: list[str]) -> Ran:
        put_journals(words)
        if words[1:3] == SETTING_UP and DRY not in words:
            words = [*words, DRY]
        if words[1] == "import":
            put_outputs(words[2])
        if words[1] == "recover":
            Path(words[-1]).unlink()  # what is recovered is not there
        out, err = StringIO(), StringIO()
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, self._environment()))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            code = main(words[1:])
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def _pytest(self, words: list[str]) -> Ran:
        program = [sys.executable, "-m", *words]
        environment = {**os.environ, **self._environment()}
        done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def _environment(self) -> Mapping[str, str]:
        path = os.pathsep.join([str(self._programs), os.environ["PATH"]])
        return {"CONFIGSPEC_CACHE_DIR": str(self._cache), "HF_HUB_OFFLINE": "1", "PATH": path}

    def _make_program(self, name: str, text: str) -> None:
        path = self._programs / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)


def _python(command: list[str], folder: Path) -> str | None:
    """The Python of the boards: of one that is set up there is none yet. None: they are replayed."""
    if command == SETTING_UP:
        return str(folder / "board" / "bin" / "python")
    return sys.executable if command in ON_THE_BOARD else None


def _empty(folder: Path) -> Path:
    """Where `init` writes: what it makes is of boards that are not here."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _shell_words(line: str) -> tuple[list[str], str | None, bool]:
    """The words of a command, and the file that its output goes into, which may grow."""
    words = shlex.split(line, comments=True)
    for place, word in enumerate(words):
        if word in (">", ">>"):
            return words[:place], words[place + 1], word == ">>"
    return words, None, False


def _matches(word: str) -> list[str]:
    """The files that a word means, or the word."""
    return (sorted(glob.glob(word)) or [word]) if "*" in word else [word]
