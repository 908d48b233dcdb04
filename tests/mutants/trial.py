"""A copy of the package with the meters' tests, where a mutant takes its module's place. The checkout never changes."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from .forked import suite_passes

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "pyproject.toml",
    "configspec",
    "tests/conftest.py",
    "tests/kit",
    "tests/agent/power",
    "fixtures/recordings/power",
)
POWER = "configspec/agent/power"
SHARED = ("kernel_files", "json_values")  # of all meters that import them
TESTS = "tests/agent/power"
CONTRACT = f"{TESTS}/test_meters.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A module whose mutants are tried, and the kinds of meters whose tests have to notice them."""

    name: str
    module: str
    kinds: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """What pytest is told: the contract tests of these kinds, then their own tests."""
        words = [word for kind in self.kinds for word in (f"test_{kind}.py", f"[{kind}]", f"[{kind}/")]
        return CONTRACT, *(f"{TESTS}/test_{kind}.py" for kind in self.kinds), "-k", " or ".join(words)


def subjects(kinds: Sequence[str]) -> dict[str, Subject]:
    """The module of each kind of meter, and those that several share, by name."""
    sources = {kind: (ROOT / POWER / f"{kind}.py").read_text() for kind in kinds}
    found = {kind: Subject(name=kind, module=f"{POWER}/{kind}.py", kinds=(kind,)) for kind in kinds}
    for name in SHARED:
        users = tuple(kind for kind in kinds if re.search(rf"^from \.channels\.{name} import", sources[kind], re.M))
        found[name] = Subject(name=name, module=f"{POWER}/channels/{name}.py", kinds=users)
    return found


@final
class Trial:
    """The copy, below a folder that is the caller's to remove."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "copy"
        self._scratch = folder / "scratch"
        self._stamp = 0
        for name in COPIED:
            _copy(ROOT / name, self._root / name)

    def source(self, subject: Subject) -> str:
        """A module, as it is."""
        return (ROOT / subject.module).read_text(encoding="utf-8")

    def passes(self, subject: Subject, source: str, timeout_s: float) -> bool:
        """Whether the tests pass with that source in the module's place. Tests that do not end do not pass."""
        self._write(subject, source)
        options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", f"--basetemp={self._scratch}")
        return suite_passes(self._root, (*subject.arguments, *options), timeout_s)

    def time_s(self, subject: Subject, timeout_s: float) -> float | None:
        """How long the tests of a module take as it is; None where they do not pass."""
        begin_s = time.monotonic()
        passed = self.passes(subject, self.source(subject), timeout_s)
        return time.monotonic() - begin_s if passed else None

    def restore(self, subject: Subject) -> None:
        """Put the module itself back."""
        self._write(subject, self.source(subject))

    def _write(self, subject: Subject, source: str) -> None:
        path = self._root / subject.module
        path.write_text(source, encoding="utf-8")
        # Byte code is taken for that of a source of the same length and second: each source gets a second of its own.
        self._stamp += 1
        os.utime(path, (self._stamp, self._stamp))


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, to)
