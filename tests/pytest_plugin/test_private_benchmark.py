"""The canary: what configspec uses of pytest-benchmark without a promise is still there.

Where one of these fails, look in pytest-benchmark's changelog for the name, and mend `private_benchmark.py`.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from pytest_benchmark.session import BenchmarkSession
from pytest_benchmark.stats import Metadata, Stats

from configspec.pytest_plugin import private_benchmark

PLAIN: dict[str, Any] = {
    "name": "n",
    "fullname": "t.py::n",
    "group": None,
    "param": None,
    "params": None,
    "extra_info": {},
}


@pytest.mark.parametrize("name", ["disabled", "stats", "extra_info", "has_error", "_mode", *PLAIN])
def test_the_fixtures_attributes(name):
    """BenchmarkFixture sets each of them."""
    assert f"self.{name} = " in inspect.getsource(BenchmarkFixture.__init__), f"BenchmarkFixture.{name} is gone"


@pytest.mark.parametrize(
    "name", ["benchmarks", "xdist_warning", "only", "json", "save", "autosave", "storage", "compare_fail"]
)
def test_the_sessions_attributes(name):
    """BenchmarkSession sets each of them."""
    assert f"self.{name} = " in inspect.getsource(BenchmarkSession.__init__), f"BenchmarkSession.{name} is gone"


def test_the_session_is_the_plugin_of_that_name(request):
    """Registered as "pytest-benchmark"."""
    assert isinstance(request.config.pluginmanager.get_plugin("pytest-benchmark"), BenchmarkSession)


@pytest.mark.parametrize("name", [*private_benchmark.OUTPUTS, "only", "enable", "disable"])
def test_the_options(request, name):
    """Each is where a worker's are cleared or read."""
    assert hasattr(request.config.option, f"benchmark_{name}"), f"--benchmark-{name} is gone, or kept elsewhere"


def test_a_row_can_be_put_back_to_what_it_was():
    """Each attribute of Metadata, its options and times, and its fixture's `has_error`."""
    made: Any = Metadata
    fixture = SimpleNamespace(**PLAIN, cprofile_stats=None, has_error=False)
    metadata = made(fixture, iterations=1, options={"timer": min})
    metadata.stats.data = [1.0, 2.0, 4.0]
    timed, before = private_benchmark.TimedRow(metadata), private_benchmark.row_as_json(metadata)
    for name in vars(metadata).keys() - {"fixture", "cprofile_stats"}:
        setattr(metadata, name, None)
    fixture.has_error = True
    assert timed.put_back({}) == before == private_benchmark.row_as_json(metadata)
    assert not metadata.has_error


def test_a_row_can_be_made_from_its_json():
    """Metadata and Stats.data: what a worker measured comes out as it went in."""
    made: Any = Metadata
    metadata = made(
        SimpleNamespace(**PLAIN, cprofile_stats=None, has_error=False), iterations=1, options={"timer": min}
    )
    metadata.stats.data = [1.0, 2.0, 4.0]
    row = private_benchmark.row_as_json(metadata)
    session = SimpleNamespace(benchmarks=[])
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: session))
    private_benchmark.put_rows(config, [row])
    assert private_benchmark.row_as_json(session.benchmarks[0]) == row
    assert row["stats"]["median"] == 2.0
    assert isinstance(session.benchmarks[0].stats, Stats)


def test_what_writes_results_can_be_replaced():
    """BenchmarkSession.save_json and the storage's save, which are called through their objects; and what numbers."""
    from pytest_benchmark.storage.file import FileStorage

    source = inspect.getsource(BenchmarkSession.handle_saving)
    assert "self.save_json(output_json)" in source
    assert "self.storage.save(output_json, save)" in source
    for name in ("get", "_next_num"):
        assert hasattr(FileStorage, name), f"FileStorage.{name} is gone"
    assert "self.path = " in inspect.getsource(FileStorage.__init__)
