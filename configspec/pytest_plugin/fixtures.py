"""The fixtures that a benchmark asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from configspec.pytest_plugin.plan import Case
from configspec.pytest_plugin.private_api import measure_in_worker
from configspec.pytest_plugin.run import CLOCK, RUN, TAKEN, Run
from configspec.pytest_plugin.sessions import session_of

if TYPE_CHECKING:
    from configspec.records.decoded import EndToEnd
    from configspec.records.row import Row
    from configspec.testbed.specs import DeviceSpec
    from configspec.theory.profile import Configuration


@pytest.fixture
def configuration(request: pytest.FixtureRequest) -> Case:
    """The configuration of this test: device, family, draft, quantisation and K. Asking for it makes a test a sweep."""
    case: Case = request.param
    return case


@pytest.fixture
def device(configuration: Case, request: pytest.FixtureRequest) -> DeviceSpec:
    """The device of this test, as `devices.yaml` declares it."""
    return request.config.stash[RUN].plan.inventory.devices[configuration.device]


@pytest.fixture
def measured(configuration: Case, request: pytest.FixtureRequest) -> Row:
    """What was measured of this configuration, now or, with --resume, earlier.

    Measuring is set-up: a lost device is an error, not a failed test.
    """
    from configspec.pytest_plugin.resume import earlier_row

    run = request.config.stash[RUN]
    earlier = earlier_row(request.node, configuration, decoded=False)
    if earlier is not None:
        return earlier
    return session_of(run, request.config).rows(*configuration[:4], _ks(run, configuration))[configuration.k]


@pytest.fixture
def decoded(configuration: Case, request: pytest.FixtureRequest) -> Row:
    """The configuration decoded for real, beside its prediction. Set-up, as for `measured`."""
    from configspec.pytest_plugin.resume import earlier_row

    run = request.config.stash[RUN]
    earlier = earlier_row(request.node, configuration, decoded=True)
    if earlier is not None:
        return earlier
    return session_of(run, request.config).end_to_end(*configuration, _ks(run, configuration))


@pytest.fixture
def hil_benchmark(measured: Row, benchmark: Any, request: pytest.FixtureRequest) -> Callable[[], Configuration]:
    """Writes the measurement as one row of pytest-benchmark, timed by the device's clock; returns the figures.

    Call it once. Afterwards the test may assert what it likes of the configuration that it returns.
    """

    def run() -> Configuration:
        it = measured.configuration
        _write_row(measured, it.round_samples_s or (it.round_s.value,), benchmark, request)
        return it

    return run


@pytest.fixture
def hil_end_to_end(decoded: Row, benchmark: Any, request: pytest.FixtureRequest) -> Callable[[], EndToEnd]:
    """Writes the real decoding as one row, its times the seconds of each decoding of all prompts; returns the figures.

    Call it once. Afterwards the test may assert what it likes of what it returns.
    """

    def run() -> EndToEnd:
        assert decoded.end_to_end is not None
        _write_row(decoded, decoded.end_to_end.repeats_s, benchmark, request)
        return decoded.end_to_end

    return run


def _write_row(row: Row, samples_s: Sequence[float], benchmark: Any, request: pytest.FixtureRequest) -> None:
    """One row of pytest-benchmark whose times are `samples_s`, whoever's clock they are by."""
    from configspec.records.row import KEY, to_record

    clock = request.node.stash[CLOCK]
    times = iter(samples_s)
    measure_in_worker(request.config, benchmark)
    taken = request.node.stash.get(TAKEN, None)
    benchmark.extra_info[KEY] = to_record(row) if taken is None else dict(taken)
    benchmark.pedantic(lambda: clock.advance(next(times)), rounds=len(samples_s), iterations=1)


def _ks(run: Run, configuration: Case) -> tuple[int, ...]:
    """Every K that this run measures of the configuration's cell."""
    return tuple(case.k for case in run.plan.cases if case[:4] == configuration[:4])
