"""The fixtures that a benchmark asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from configspec.pytest_plugin.private_api import BenchmarkFixture, measure_in_worker
from configspec.pytest_plugin.run import CLOCK, RUN
from configspec.pytest_plugin.sessions import session_of

if TYPE_CHECKING:
    from configspec.records.decoded import EndToEnd
    from configspec.records.row import Row
    from configspec.testbed.device_spec import DeviceSpec
    from configspec.theory.ids import ConfigurationId
    from configspec.theory.profile import Configuration


@pytest.fixture
def configuration(request: pytest.FixtureRequest) -> ConfigurationId:
    """The configuration of this test: device, family, draft, quantisation and K. Asking for it makes a test a sweep."""
    asked: ConfigurationId = request.param
    return asked


@pytest.fixture
def device(configuration: ConfigurationId, request: pytest.FixtureRequest) -> DeviceSpec:
    """The device of this test, as `devices.yaml` declares it."""
    return request.config.stash[RUN].plan.inventory.devices[configuration.device]


@pytest.fixture
def measured(configuration: ConfigurationId, request: pytest.FixtureRequest) -> Row:
    """What was measured of this configuration, now or, with --resume, earlier.

    Measuring is set-up: a lost device is an error, not a failed test.
    """
    from configspec.pytest_plugin.resume import earlier_row

    run = request.config.stash[RUN]
    earlier = earlier_row(request.node, decoded=False)
    if earlier is not None:
        return earlier
    session, cell = session_of(run, request.config), configuration.cell
    return session.rows(cell, run.plan.ks[cell])[configuration.k]


@pytest.fixture
def decoded(configuration: ConfigurationId, request: pytest.FixtureRequest) -> Row:
    """The configuration decoded for real, beside its prediction. Set-up, as for `measured`."""
    from configspec.pytest_plugin.resume import earlier_row

    run = request.config.stash[RUN]
    earlier = earlier_row(request.node, decoded=True)
    if earlier is not None:
        return earlier
    return session_of(run, request.config).end_to_end(configuration, run.plan.ks[configuration.cell])


@pytest.fixture
def hil_benchmark(
    measured: Row, benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> Callable[[], Configuration]:
    """Writes the measurement as one row of pytest-benchmark, timed by the device's clock; returns the figures.

    Call it once. Afterwards the test may assert what it likes of the configuration that it returns.
    """

    def run() -> Configuration:
        it = measured.configuration
        _write_row(measured, it.round_samples_s or (it.round_s.value,), benchmark, request)
        return it

    return run


@pytest.fixture
def hil_end_to_end(decoded: Row, benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Callable[[], EndToEnd]:
    """Writes the real decoding as one row, its times the seconds of each decoding of all prompts; returns the figures.

    Call it once. Afterwards the test may assert what it likes of what it returns.
    """

    def run() -> EndToEnd:
        assert decoded.end_to_end is not None
        _write_row(decoded, decoded.end_to_end.repeats_s, benchmark, request)
        return decoded.end_to_end

    return run


def _write_row(
    row: Row, samples_s: Sequence[float], benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """One row of pytest-benchmark whose times are `samples_s`, whoever's clock they are by."""
    from configspec.records.codec import to_record
    from configspec.records.row import KEY

    clock = request.node.stash[CLOCK]
    times = iter(samples_s)
    measure_in_worker(request.config, benchmark)
    benchmark.extra_info[KEY] = to_record(row)
    benchmark.params = {**(benchmark.params or {}), "configuration": row.id.as_json()}
    benchmark.pedantic(lambda: clock.advance(next(times)), rounds=len(samples_s), iterations=1)
