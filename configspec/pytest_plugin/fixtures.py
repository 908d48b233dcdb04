"""The fixtures that a benchmark asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

from configspec.errors import UsageError
from configspec.printable import printable_line
from configspec.pytest_plugin.absence import ASK
from configspec.pytest_plugin.private_benchmark import BenchmarkFixture, has_timed, is_fixture
from configspec.pytest_plugin.run import CLOCK, RUN, MeasuringRun
from configspec.pytest_plugin.sessions import rows_of, session_of
from configspec.pytest_plugin.short_names import spelled

if TYPE_CHECKING:
    from configspec.records.decoded import EndToEnd
    from configspec.records.row import Row
    from configspec.results import Results
    from configspec.testbed.device_spec import DeviceSpec
    from configspec.theory.ids import ConfigurationId
    from configspec.theory.profile import Configuration

Value = TypeVar("Value")


@dataclass
class Calls:
    """Which of the fixtures that write a row a test was given, and which it called."""

    given: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    def uncalled(self) -> list[str]:
        """Those that it was given for nothing."""
        return [name for name in self.given if name not in self.made]


CALLS = pytest.StashKey[Calls]()


@pytest.fixture
def configuration(request: pytest.FixtureRequest) -> ConfigurationId:
    """The configuration of this test: device, family, draft, quantisation and K. Asking for it makes a test a sweep."""
    _run_of(request)
    if not hasattr(request, "param"):
        raise UsageError(
            "This test was collected without a configuration: take hil_benchmark or configuration as an argument of "
            "its function. request.getfixturevalue and unittest.TestCase come too late."
        )
    asked: ConfigurationId = request.param
    return asked


@pytest.fixture
def device(configuration: ConfigurationId, request: pytest.FixtureRequest) -> DeviceSpec:
    """The device of this test, as `devices.yaml` declares it."""
    from configspec.theory.ids import ConfigurationId

    own = _own(configuration, ConfigurationId, "configuration")
    return _run_of(request).plan.inventory.devices[own.device]


@pytest.fixture
def measured(configuration: ConfigurationId, request: pytest.FixtureRequest) -> Row:
    """What was measured of this configuration, now or, with --resume, earlier.

    Measuring is set-up: a lost device is an error, not a failed test.
    """
    from configspec.theory.ids import ConfigurationId

    run, cell = _run_of(request), _own(configuration, ConfigurationId, "configuration").cell
    earlier = _earlier_row(run, request, decoded=False)
    if earlier is not None:
        return earlier
    return rows_of(run, request.config, cell)[configuration.k]


@pytest.fixture
def decoded(configuration: ConfigurationId, request: pytest.FixtureRequest) -> Row:
    """The configuration decoded for real, beside its prediction. Set-up, as for `measured`."""
    from configspec.theory.ids import ConfigurationId

    run, cell = _run_of(request), _own(configuration, ConfigurationId, "configuration").cell
    earlier = _earlier_row(run, request, decoded=True)
    if earlier is not None:
        return earlier
    return session_of(run, request.config).end_to_end(configuration, run.plan.ks[cell])


def _earlier_row(run: MeasuringRun, request: pytest.FixtureRequest, *, decoded: bool) -> Row | None:
    """The row that `--resume` has for the test. Without an earlier run nothing is imported to judge it by."""
    if run.earlier is None:
        return None
    from configspec.pytest_plugin.resume import earlier_row

    return earlier_row(request.node, decoded=decoded)


@pytest.fixture
def hil_benchmark(
    measured: Row, benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> Callable[[], Configuration]:
    """Writes the measurement as one row of pytest-benchmark, timed by the device's clock; returns the figures.

    Call it once. Afterwards the test may assert what it likes of the configuration that it returns.
    """
    from configspec.records.row import Row

    calls, row = _calls(request, "hil_benchmark"), _own(measured, Row, "measured")

    def run() -> Configuration:
        _call(calls, "hil_benchmark", benchmark)
        it = row.configuration
        _write_row(row, it.round_samples_s or (it.round_s.value,), benchmark, request)
        return it

    return run


@pytest.fixture
def hil_end_to_end(decoded: Row, benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Callable[[], EndToEnd]:
    """Writes the real decoding as one row, its times the seconds of each decoding of all prompts; returns the figures.

    Call it once. Afterwards the test may assert what it likes of what it returns.
    """
    from configspec.records.row import Row

    calls, row = _calls(request, "hil_end_to_end"), _own(decoded, Row, "decoded")

    def run() -> EndToEnd:
        _call(calls, "hil_end_to_end", benchmark)
        assert row.end_to_end is not None
        _write_row(row, row.end_to_end.repeats_s, benchmark, request)
        return row.end_to_end

    return run


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """What this run has measured, to be asked when it is all there; tests that take it run behind those that measure.

    Of a device whose tests are not over in this process, it is an error to ask: with -n, name the device in the test's
    id, as `dev:jetson:`.
    """
    from configspec.pytest_plugin.results_so_far import ResultsSoFar
    from configspec.results import Results

    return Results(ResultsSoFar(_run_of(request)))


def _run_of(request: pytest.FixtureRequest) -> MeasuringRun:
    run = request.config.stash.get(RUN, None)
    if run is None:
        pytest.skip(printable_line(spelled(request.config, ASK)))
    return run


def _own(value: object, kind: type[Value], fixture: str) -> Value:
    """The value of a fixture of ours, if it is not what another fixture of that name has returned."""
    if not isinstance(value, kind):
        raise UsageError(
            f"configspec measures by its own fixture `{fixture}`, and this test has another of that name. "
            "Rename that one, or move the test to where it does not apply."
        )
    return value


def _calls(request: pytest.FixtureRequest, name: str) -> Calls:
    calls: Calls = request.node.stash.setdefault(CALLS, Calls())
    calls.given.append(name)
    return calls


def _call(calls: Calls, name: str, benchmark: BenchmarkFixture) -> None:
    if not is_fixture(benchmark):
        raise UsageError(
            "configspec writes its rows with pytest-benchmark's fixture `benchmark`, and this test has another of that "
            "name. Rename that one, or move the test to where it does not apply."
        )
    if name in calls.made:
        raise UsageError(f"{name} was called twice: call it once in a test, and keep what it returns.")
    if calls.made or has_timed(benchmark):
        other = calls.made[0] if calls.made else "benchmark"
        raise UsageError(f"{name} was called after {other}, and a test writes one row: make two tests of it.")
    calls.made.append(name)


def _write_row(
    row: Row, samples_s: Sequence[float], benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """One row of pytest-benchmark whose times are `samples_s`, whoever's clock they are by."""
    from configspec.pytest_plugin.rows import put_back
    from configspec.pytest_plugin.written_row import WRITTEN, WrittenRow, time_row
    from configspec.records.codec import to_record

    node, run = request.node, _run_of(request)
    clock = node.stash[CLOCK]
    clock.begin()
    timed = time_row(benchmark, node, clock.advance, samples_s, configuration=row.id.as_json())
    node.stash[WRITTEN] = written = WrittenRow(timed, to_record(row))
    put_back(run, written, {})  # whole at once: the test may be ended before its report is made
    run.unreported = node
