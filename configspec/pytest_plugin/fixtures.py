"""The fixtures that a benchmark asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from configspec.pytest_plugin.cases import Case
from configspec.pytest_plugin.state import CLOCK, RUN, Run

if TYPE_CHECKING:
    from configspec.inventory.specs import DeviceSpec
    from configspec.model.profile import Configuration
    from configspec.profiling.laboratory import Laboratory
    from configspec.records.end_to_end import EndToEnd
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
    return _laboratory(run, request).rows(*configuration[:4], _ks(run, configuration))[configuration.k]


@pytest.fixture
def decoded(configuration: Case, request: pytest.FixtureRequest) -> Row:
    """The configuration decoded for real, beside its prediction. Set-up, as for `measured`."""
    run = request.config.stash[RUN]
    return _laboratory(run, request).end_to_end(*configuration, _ks(run, configuration))


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
    from configspec.records.record import KEY, to_record

    clock = request.node.stash[CLOCK]
    times = iter(samples_s)
    benchmark.extra_info[KEY] = to_record(row)
    benchmark.pedantic(lambda: clock.advance(next(times)), rounds=len(samples_s), iterations=1)


def _ks(run: Run, configuration: Case) -> tuple[int, ...]:
    """Every K that this run measures of the configuration's cell."""
    return tuple(case.k for case in run.choice.cases if case[:4] == configuration[:4])


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
