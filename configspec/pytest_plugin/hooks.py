"""pytest's hooks, each a line or two: what they do is in the other modules of this room."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin.clock import DeviceClock
from configspec.pytest_plugin.options import add_options, read_options
from configspec.pytest_plugin.state import CLOCK, RUN, Run

ASK = "no device was asked for: --device NAME measures (configspec reads devices.yaml)"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini values."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Where a device is asked for, decide what is measured; every mistake ends the run before it begins."""
    config.addinivalue_line("markers", "hil: measures devices; needs --device")
    asked = read_options(config)
    if not asked.devices:
        return
    from configspec.pytest_plugin.cases import choose

    _refuse_what_cannot_measure(config)
    try:
        config.stash[RUN] = Run(asked=asked, choice=choose(asked))
    except ConfigspecError as problem:
        raise pytest.UsageError(str(problem)) from problem


def _refuse_what_cannot_measure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError(
            "--device needs pytest-benchmark, which is switched off or missing: leave out '-p no:benchmark'."
        )
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        raise pytest.UsageError(
            "--device measures in one process: under pytest-xdist, pytest-benchmark would record nothing. Use -n0."
        )


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line: what will be measured."""
    run = config.stash.get(RUN, None)
    if run is None:
        return None
    devices = ", ".join(dict.fromkeys(case.device for case in run.choice.cases))
    return f"configspec: {len(run.choice.cases)} configurations on {devices} ({run.asked.inventory})"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a configuration; without a device one skipped test that names the flag."""
    if "configuration" not in metafunc.fixturenames:
        return
    run = metafunc.config.stash.get(RUN, None)
    if run is None:
        skipped = pytest.param(None, marks=pytest.mark.skip(reason=ASK), id="no-device")
        metafunc.parametrize("configuration", [skipped], indirect=True)
        return
    decoded = "hil_end_to_end" in metafunc.fixturenames
    cases = run.choice.end_to_end if decoded else run.choice.cases
    if decoded and not cases:
        why = f"nothing is decoded end to end: --end-to-end {run.asked.end_to_end}, or only recorded figures"
        skipped = pytest.param(None, marks=pytest.mark.skip(reason=why), id="none")
        metafunc.parametrize("configuration", [skipped], indirect=True)
        return
    metafunc.parametrize("configuration", cases, indirect=True, ids=[case.id for case in cases])


@pytest.hookimpl(tryfirst=True)  # before the fixtures: pytest-benchmark's reads the marker
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test that measures the device's clock as its timer. Not at collection, where 10,000 would be made."""
    if not {"hil_benchmark", "hil_end_to_end"} & {*getattr(item, "fixturenames", ())}:
        return
    clock = item.stash[CLOCK] = DeviceClock()
    # Only the closest marker counts for pytest-benchmark, so ours goes before the test's own and carries its values.
    own = item.get_closest_marker("benchmark")
    values = {**(own.kwargs if own else {"group": _group(item)}), "timer": clock}
    item.add_marker(pytest.mark.benchmark(**values), append=False)


def _group(item: pytest.Item) -> str | None:
    case = item.callspec.params.get("configuration") if hasattr(item, "callspec") else None
    if not case:
        return None
    what = "time to decode the prompts" if "hil_end_to_end" in item.fixturenames else "time of a round of K"  # type: ignore[attr-defined]
    return f"{case.device}, {case.family}: {what}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach the row to its report; show our own errors as one message, without the traceback."""
    report = yield
    if isinstance(getattr(call.excinfo, "value", None), ConfigspecError):
        report.longrepr = str(call.excinfo.value)  # type: ignore[union-attr]
    if RUN in item.config.stash and report.when == "call":
        from configspec.pytest_plugin.rows import attach_row

        attach_row(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Leave out the momentary clock frequency: it makes one machine look like another in every comparison."""
    cpu = machine_info.get("cpu")
    if isinstance(cpu, dict):
        for key in [key for key in cpu if key.startswith("hz_")]:
            del cpu[key]


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """How well the profiles predicted what was decoded for real, beside the rows."""
    run = config.stash.get(RUN, None)
    if run is not None and run.rows:
        from configspec.pytest_plugin.summary import prediction_json

        output_json["configspec"] = prediction_json(run)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest-benchmark's own wrapper, which writes the file
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Leave out rows without data; and make a run that measured nothing end with an error."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        from configspec.pytest_plugin.touchpoints import drop_rows_without_data

        drop_rows_without_data(session.config)
        # An unplugged board must not make a green night.
        if not run.rows and not session.config.option.collectonly and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The rankings, last of all."""
    run = config.stash.get(RUN, None)
    if run is not None:
        from configspec.pytest_plugin.summary import write_summary

        write_summary(terminalreporter, run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the devices go, whatever happened."""
    run = config.stash.get(RUN, None)
    if run is None:
        return
    if run.laboratory is not None:
        run.laboratory.close()
    if run.journal is not None:
        run.journal.close()
