"""What configspec brings along is in the wheel, and is the repository's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from configspec.scaffold.shipped import SHIPPED, shipped

ROOT = Path(__file__).parents[2]


def test_the_wheel_has_each_file_at_its_place():
    """`pyproject.toml` names the same files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    wanted = {place: f"configspec/scaffold/shipped_files/{name}" for name, place in SHIPPED.items()}
    assert wanted.items() <= included.items()


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_the_repositorys(name):
    """Also where a wheel is tested, which carries a copy."""
    assert shipped(name) == (ROOT / SHIPPED[name]).read_bytes()
