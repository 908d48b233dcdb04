"""`configspec` itself: one name to import, and nothing that is loaded before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import configspec
from configspec.results import Results

PROGRAM = "import sys, configspec; print(*(one for one in sys.argv[1:] if one in sys.modules))"


def test_results_are_the_front_door():
    """The same class as where it is made; nothing else is exported."""
    assert configspec.Results is Results
    assert configspec.__all__ == ["Results"]
    assert "Results" in dir(configspec)


def test_a_name_that_is_not_there_is_pythons_error():
    """As of any module, so that `hasattr` and `from configspec import x` work."""
    assert not hasattr(configspec, "Result")
    with pytest.raises(ImportError, match="cannot import name 'Rank'"):
        from configspec import Rank  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.real
def test_the_package_alone_loads_nothing():
    """No numpy, no msgspec: who asks for the version waits for neither."""
    heavy = ("numpy", "msgspec", "pydantic", "pytest", "configspec.results", "pandas", "polars")
    ended = subprocess.run([sys.executable, "-c", PROGRAM, *heavy], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
