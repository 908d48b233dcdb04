"""pytest in a child of this process, which has it loaded already: a short run then takes a third of the time."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

CHECKOUT = (Path(__file__).resolve().parents[2], Path(__file__).resolve().parent)
COPIED_PACKAGES = ("configspec", "tests")


def suite_passes(root: Path, arguments: Sequence[str], timeout_s: float) -> bool:
    """Whether pytest passes with these arguments in that folder, and with its packages. What does not end fails."""
    child = os.fork()
    if child == 0:
        _become_pytest(root, arguments, timeout_s)
    try:
        return os.waitpid(child, 0)[1] == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # whatever the tests have started, and the tests where we are interrupted


def _become_pytest(root: Path, arguments: Sequence[str], timeout_s: float) -> NoReturn:
    try:
        os.setsid()
        signal.alarm(math.ceil(timeout_s))  # nothing handles it: it ends the process
        _leave_checkout(root)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ.pop("PYTEST_ADDOPTS", None)
        hypothesis.settings.load_profile("ci")  # the same examples each time, and no folder of them
        os._exit(pytest.main(list(arguments)))
    finally:
        os._exit(1)


def _leave_checkout(root: Path) -> None:
    """Import nothing from the checkout any more, and everything from the copy."""
    for name in [name for name in sys.modules if name.partition(".")[0] in COPIED_PACKAGES]:
        del sys.modules[name]
    sys.path[:] = [str(root), *(path for path in sys.path if path and Path(path) not in CHECKOUT)]
    os.environ["PYTHONPATH"] = str(root)
    os.chdir(root)
