"""A testbed in a temporary folder: devices that replay figures, so that no model and no board is needed."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import configspec
from configspec.records.opening import open_rows

BENCHMARK = '''
"""As a user writes it."""
import pytest


@pytest.mark.hil
def test_configuration(hil_benchmark):
    measured = hil_benchmark()
    assert measured.drafting_tokens_per_s > 0
'''

INVENTORY = """
devices:
  fast: {replay: {profile: profile.json, device: fast}, tags: [desk]}
  fast-2: {replay: {profile: profile.json, device: slow}, tags: [desk]}
  slow: {replay: {profile: profile.json, device: slow}}
"""


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value * 0.99, "high": value * 1.01}


def profile() -> dict[str, object]:
    """Two devices, one family, two drafts, K 1, 2 and 4. Round numbers, so that every result is known by heart."""
    rates = {"a": {1: 0.5, 2: 0.4, 4: 0.25}, "b": {1: 0.75, 2: 0.6, 4: 0.5}}
    acceptance = [
        {"draft": draft, "quant": "Q8_0", "k": k, "rate": figure(rate), "from": "made up"}
        for draft, by_k in rates.items()
        for k, rate in by_k.items()
    ]
    cells = {
        name: [
            {
                "family": "pair",
                "draft": draft,
                "quant": "Q8_0",
                "drafting_tokens_per_s": figure(speed / (2 if draft == "b" else 1)),
                "power_w": None,
                "power_reason": "made up without power",
            }
            for draft in ("a", "b")
        ]
        for name, speed in (("fast", 100.0), ("slow", 10.0))
    }
    return {
        "configspec_profile": 1,
        "provenance": "declared",
        "confidence": 1.0,
        "source": "round numbers",
        "license": "Apache-2.0",
        "families": {
            "pair": {
                "target": "none",
                "serving": {"verify_s": 0.5, "usd_per_million_tokens": 1.0, "bills": "drafted"},
                "acceptance": acceptance,
            }
        },
        "devices": {name: {"name": name, "cells": rows} for name, rows in cells.items()},
    }


@pytest.fixture(scope="session", autouse=True)
def imported_once() -> None:
    """All of configspec is imported before the first run: pytester forgets what a run in this process has imported.

    Each run would import some 350 modules again, which takes longer than all else that it does; and numpy cannot be
    loaded twice.
    """
    for module in pkgutil.walk_packages(configspec.__path__, "configspec."):
        if not module.name.endswith(".__main__"):
            with suppress(ModuleNotFoundError):  # what an extra brings
                import_module(module.name)


@pytest.fixture(scope="session", autouse=True)
def processor_asked_once() -> Iterator[None]:
    """What the processor is stays the same: pytest-benchmark starts some programs to find out, in every run."""
    cpuinfo = import_module("cpuinfo")
    asked = cache(cpuinfo.get_cpu_info)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpuinfo, "get_cpu_info", lambda: dict(asked()))
        yield


@pytest.fixture
def testbed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with devices.yaml, a profile and one benchmark; pytest is run in it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")  # pytester has removed it
    pytester.makefile(".yaml", devices=INVENTORY)
    Path(pytester.path, "profile.json").write_text(json.dumps(profile()), encoding="utf-8")
    pytester.makepyfile(test_bench=BENCHMARK)
    return pytester.path


Rows = Callable[[str], dict[str, dict[str, Any]]]


@pytest.fixture
def rows_of(pytester: pytest.Pytester) -> Rows:
    """The rows of a results file or journal in the testbed's folder, by node id; a row that is there twice is told."""

    def read(name: str) -> dict[str, dict[str, Any]]:
        found = list(open_rows(Path(pytester.path, name)).entries())
        rows: dict[str, dict[str, Any]] = {entry.fullname: entry.raw for entry in found}
        assert len(rows) == len(found), "a row stands twice"
        return rows

    return read


@pytest.fixture
def journal(pytester: pytest.Pytester) -> Callable[[], str]:
    """The newest journal of the testbed's folder."""

    def newest() -> str:
        return str(max(Path(pytester.path, ".configspec", "journal").glob("*.jsonl")))

    return newest
