"""The row that a test has written: its names, times and record stay as they were, whatever the test does.

A test has pytest-benchmark's fixture `benchmark` in its hands, before its row is written and after. What it puts into
`benchmark.extra_info` stands in the row beside the record, as far as JSON can hold it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.private_benchmark import BenchmarkFixture, TimedRow
from configspec.records.plain import dumps, loads
from configspec.records.row import KEY

OWN_BYTES = 1 << 20  # of what a test adds to a row: a journal's line has a limit, and is read again and again
AROUND = 8  # levels of nesting that a row adds around it
SAME = 1e-3  # relative; times are differences of a clock that counts up


class WrittenRow:
    """One row, its record not yet with what a run leaves out of what it writes (`--anonymous`)."""

    def __init__(self, timed: TimedRow, record: dict[str, object]) -> None:
        self.record = record
        self.has_told = False  # that a value cannot be held: once, though the row is looked at again
        self._timed = timed

    def own_values(self) -> dict[str, object]:
        """What the test has put into `extra_info` until now.

        Raises:
            UsageError: It cannot be held.
        """
        given = self._timed.extra_info
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            raise UsageError(f"benchmark.extra_info is of type {type(given).__name__}, and a row needs a dict there.")
        return {str(key): _held(value, f"benchmark.extra_info[{key!r}]") for key, value in given.items() if key != KEY}

    def put_back(self, extra_info: Mapping[str, object]) -> str:
        """Give pytest-benchmark the row as it was timed, with these values; returns it as JSON."""
        return dumps(self._timed.put_back(extra_info))


WRITTEN = pytest.StashKey[WrittenRow]()


def time_row(
    benchmark: BenchmarkFixture,
    item: pytest.Item,
    report_time: Callable[[float], None],
    samples_s: Sequence[float],
    *,
    configuration: object,
) -> TimedRow:
    """Have pytest-benchmark time a row of the test's own name, by a clock that is told each of the times.

    Raises:
        UsageError: The test, or a fixture, has changed `benchmark` so that it times something else.
    """
    times = iter(samples_s)
    own = benchmark.params if isinstance(benchmark.params, Mapping) else {}
    benchmark.params = {key: _shown(value) for key, value in {**own, "configuration": configuration}.items()}
    timed = private_benchmark.time_row(benchmark, item, lambda: report_time(next(times)), rounds=len(samples_s))
    data = () if timed is None else timed.data
    if timed is None or not _same(data, samples_s):
        private_benchmark.forget_row(benchmark)
        raise UsageError(
            "pytest-benchmark has not written the times that it was given, since the test or a fixture has changed "
            "`benchmark`: leave its timer and its methods as they are."
        )
    return timed


def _same(data: Sequence[object], samples_s: Sequence[float]) -> bool:
    return len(data) == len(samples_s) and all(
        isinstance(one, float | int) and math.isclose(one, other, rel_tol=SAME)
        for one, other in zip(data, samples_s, strict=True)
    )


def _shown(value: object) -> object:
    """A parameter of the test, or what it is where it cannot be held."""
    try:
        return _held(value, "a parameter")
    except UsageError:
        return f"<{type(value).__name__}>"


def _held(value: object, name: str) -> object:
    """A value of the test's own as every reader of the row gets it.

    Raises:
        UsageError: None would.
    """
    try:
        text = dumps(value)
        read = loads("[" * AROUND + text + "]" * AROUND)
    except Exception as problem:  # an object of the test's own may raise anything when it becomes text
        deep = isinstance(problem, RecursionError)
        why = "it holds itself, or is nested too deeply" if deep else f"it raises {type(problem).__name__}"
        raise UsageError(f"{name} cannot be written as JSON: {why}. The row is kept without it.") from problem
    if len(text) > OWN_BYTES:
        size = f"it takes {len(text):,} bytes, and a row holds {OWN_BYTES:,}"
        raise UsageError(f"{name} is too large: {size}. Write it into a file. The row is kept without it.")
    for _ in range(AROUND):
        assert isinstance(read, list)
        (read,) = read
    return read
