"""What docs/api.md shows is what Python answers; what it promises is there."""

from __future__ import annotations

import doctest
import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from weighed import paper_results

import configspec
from configspec import results as promised
from configspec.results.frames import columns

PATH = Path(__file__).parents[2] / "docs" / "api.md"
PAGE = PATH.read_text(encoding="utf-8")


def test_the_examples_are_answered_as_they_are_shown(tmp_path, monkeypatch):
    """On the paper's devices, replayed."""
    pytest.importorskip("pandas")
    paper_results(tmp_path / "results.json")
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(PATH), module_relative=False, encoding="utf-8")
    assert found.attempted > 15
    assert found.failed == 0


def test_the_front_door_exports_what_is_promised():
    """`Results`, and its version; the rest is named in `configspec.results`."""
    first, second = re.findall(r"^\| `configspec(?:\.results)?` \| (.*) \|$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", first)) == {*configspec.__all__, "__version__"}
    assert set(re.findall(r"`(\w+)`", second)) == set(promised.__all__)


@pytest.mark.parametrize("name", [name for name in promised.__all__ if inspect.isclass(getattr(promised, name))])
def test_every_attribute_of_an_answer_is_described(name):
    """In its docstring; `Loss` and `Value` in a sentence."""
    kind = getattr(promised, name)
    if is_dataclass(kind) and "Attributes:" in (kind.__doc__ or ""):
        assert [one.name for one in fields(kind) if f"{one.name}: " not in (kind.__doc__ or "")] == []
    public = [member for key, member in vars(kind).items() if not key.startswith("_") and inspect.isfunction(member)]
    assert all(member.__doc__ for member in public)


def test_every_column_of_a_frame_is_described():
    """By its name; the ends of an interval by the figure's, and those of an objective by what they are made of."""
    described = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))))
    found = [re.sub(r"_(low|high)$", "", one.name) for one in columns(())]
    assert [name for name in dict.fromkeys(found) if name not in described] == []
