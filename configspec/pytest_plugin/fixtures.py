"""The fixtures that a benchmark asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from configspec.pytest_plugin.cases import Case
from configspec.pytest_plugin.state import CLOCK, RUN, Run

if TYPE_CHECKING:
    from configspec.inventory.specs import DeviceSpec
    from configspec.model.profile import Configuration
    from configspec.profiling.laboratory import Laboratory
    from configspec.records.record import Row


@pytest.fixture
def configuration(request: pytest.FixtureRequest) -> Case:
    """The configuration of this test: device, family, draft, quantisation and K. Asking for it makes a test a sweep."""
    case: Case = request.param
    return case


@pytest.fixture
def device(configuration: Case, request: pytest.FixtureRequest) -> DeviceSpec:
    """The device of this test, as `devices.yaml` declares it."""
    return request.config.stash[RUN].choice.inventory.devices[configuration.device]


@pytest.fixture
def measured(configuration: Case, request: pytest.FixtureRequest) -> Row:
    """What was measured of this configuration. Measuring is set-up: a lost device is an error, not a failed test."""
    run = request.config.stash[RUN]
    cell_ks = tuple(case.k for case in run.choice.cases if case[:4] == configuration[:4])
    return _laboratory(run, request).rows(*configuration[:4], cell_ks)[configuration.k]


@pytest.fixture
def hil_benchmark(measured: Row, benchmark: Any, request: pytest.FixtureRequest) -> Callable[[], Configuration]:
    """Writes the measurement as one row of pytest-benchmark, timed by the device's clock; returns the figures.

    Call it once. Afterwards the test may assert what it likes of the configuration that it returns.
    """

    def run() -> Configuration:
        from configspec.records.record import KEY, to_record

        clock = request.node.stash[CLOCK]
        samples = measured.configuration.round_samples_s or (measured.configuration.round_s.value,)
        rounds = iter(samples)
        benchmark.extra_info[KEY] = to_record(measured)
        benchmark.pedantic(lambda: clock.advance(next(rounds)), rounds=len(samples), iterations=1)
        return measured.configuration

    return run


def _laboratory(run: Run, request: pytest.FixtureRequest) -> Laboratory:
    if run.laboratory is None:
        from configspec.families.store import Store, default_root
        from configspec.profiling.laboratory import Laboratory

        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        capture = request.config.pluginmanager.get_plugin("capturemanager")

        def progress(text: str) -> None:
            if reporter is not None and capture is not None:
                with capture.global_and_fixture_disabled():
                    reporter.ensure_newline()
                    reporter.write_line(text)

        run.laboratory = Laboratory(
            run.choice.inventory, Store(default_root()), progress=progress, separate_k=run.asked.separate_k
        )
    return run.laboratory
