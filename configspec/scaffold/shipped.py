"""Files that configspec brings along to be copied: a wheel has them beside this file, a checkout where they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# Name here -> where the repository has it; `pyproject.toml` puts each of them into the wheel.
SHIPPED: Mapping[str, str] = {
    "profile.json": "fixtures/profiles/configspec-paper.json",
    "test_configurations.py": "benchmarks/test_configurations.py",
    "test_end_to_end.py": "benchmarks/test_end_to_end.py",
    "families.yaml": "docs/examples/devices.yaml",
    "nightly-github.yml": "docs/examples/nightly-github.yml",
    "nightly-gitlab.yml": "docs/examples/nightly-gitlab.yml",
}


def shipped(name: str) -> bytes:
    """The content of one of `SHIPPED`."""
    installed = Path(__file__).with_name("shipped_files") / name
    return (installed if installed.is_file() else Path(__file__).parents[2] / SHIPPED[name]).read_bytes()
