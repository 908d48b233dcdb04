"""What keeps a run from measuring, told before anything is measured: options of pytest and of other plugins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

import pytest

from configspec.pytest_plugin import private_benchmark, private_xdist
from configspec.pytest_plugin.private_pytest import plugin_giving
from configspec.pytest_plugin.shown import usage_error

LOSE_ROWS = "run tests where their rows are lost"
LOSES_ROWS = "runs tests where their rows are lost"
WORKERS = "Several devices are measured at once with -n, of pytest-xdist."


def refuse_what_cannot_measure(config: pytest.Config) -> None:
    """Called in a run that asks for a device.

    Raises:
        pytest.UsageError: It could not write what it measures. The message says what to leave out.
    """
    for why in _reasons(config):
        raise usage_error(why, config)


def refuse_to_compare_in_vain(config: pytest.Config) -> None:
    """Called when pytest-benchmark has looked for the runs to compare with.

    Raises:
        pytest.UsageError: `--benchmark-compare-fail` has none.
    """
    if private_benchmark.compares_in_vain(config):
        raise usage_error(
            "--benchmark-compare-fail has no earlier run to compare with. Save one first, with --benchmark-save NAME, "
            "and name it with --benchmark-compare; or leave out --benchmark-compare-fail.",
            config,
        )


def refuse_another_benchmark(session: pytest.Session) -> None:
    """Called when plugins have registered their fixtures.

    Raises:
        pytest.UsageError: A plugin gives tests a fixture `benchmark` in place of pytest-benchmark's.
    """
    plugin = plugin_giving(session, "benchmark")
    if plugin is not None and not private_benchmark.is_of_pytest_benchmark(plugin):
        raise usage_error(
            f"The plugin {plugin} gives tests another fixture `benchmark` than pytest-benchmark, which writes the "
            "rows: leave out the option that does so, or switch the plugin off, with '-p no:NAME'.",
            session.config,
        )


def refuse_to_fork(config: pytest.Config, measuring: Iterable[pytest.Item]) -> None:
    """Called when the tests are known.

    Raises:
        pytest.UsageError: A test that measures has pytest-forked's marker. Without that plugin the marker does nothing.
    """
    for item in measuring if hasattr(config.option, "forked") else ():
        if item.get_closest_marker("forked") is not None:
            why = f"{item.nodeid} has the marker 'forked', by which pytest-forked {LOSES_ROWS}: leave it out. {WORKERS}"
            raise usage_error(why, config)


def _reasons(config: pytest.Config) -> Iterator[str]:
    if not hasattr(config.option, "benchmark_only"):
        yield (
            "--device needs pytest-benchmark, which is switched off or missing: leave out '-p no:benchmark', or, where "
            "plugins are not loaded by themselves, name it: -p benchmark."
        )
    yield from _no_such_workers(config)
    if not config.option.collectonly:
        yield from _run_elsewhere(config)
        yield from _no_test_runs(config)
        yield from _no_row_is_written(config)
        yield from _cannot_be_done(config)


def _no_such_workers(config: pytest.Config) -> Iterator[str]:
    if config.getoption("dist", "no") == "each":
        yield "--dist each would have every worker measure every device: leave it out."
    for spec in config.getoption("tx", None) or ():
        if private_xdist.workers_of(spec) is None:
            yield (
                f"--tx {spec}: --device needs workers of this host, this Python and this folder, which is where the "
                "devices are reached from: -n N. Of --tx it takes popen, with env: and nice=."
            )
    restarts = config.getoption("maxworkerrestart", None)
    if restarts is not None and not re.fullmatch("[0-9]{1,9}", restarts):
        yield f"--max-worker-restart is {restarts!r}. It takes a number, 0 for none."


def _run_elsewhere(config: pytest.Config) -> Iterator[str]:
    """Plugins that run each test in a process or a thread of its own, where a board is opened for each anew."""
    option = config.option
    if config.getoption("forked", False):
        yield f"--forked {LOSES_ROWS}: leave it out. {WORKERS}"
    if hasattr(option, "tests_per_worker") and (config.getoption("workers", None) or option.tests_per_worker):
        yield f"pytest-parallel's --workers and --tests-per-worker {LOSE_ROWS}: leave them out. {WORKERS}"
    if str(config.getoption("parallel_threads", None) or 1) != "1":
        yield f"--parallel-threads {LOSES_ROWS}: leave it out. {WORKERS}"


def _no_test_runs(config: pytest.Config) -> Iterator[str]:
    if config.getoption("setupplan", False):
        yield "--setup-plan runs no test: leave out --device to see the plan, or --setup-plan to measure."
    if config.getoption("setuponly", False):
        yield "--setup-only would measure, and run no test that writes a row: leave it out, or use --setup-show."


def _no_row_is_written(config: pytest.Config) -> Iterator[str]:
    option = config.option
    if config.getoption("codspeed", False) or (hasattr(option, "codspeed") and "CODSPEED_ENV" in os.environ):
        yield (
            "CodSpeed switches pytest-benchmark off, which writes the rows: leave out --codspeed and CODSPEED_ENV, or "
            "switch it off with '-p no:codspeed'."
        )
    if option.benchmark_disable and not option.benchmark_enable:
        yield (
            "--benchmark-disable switches off pytest-benchmark, which writes the rows: leave it out, or add "
            "--benchmark-enable where it stands in a file."
        )
    if option.benchmark_skip and not option.benchmark_only:
        yield (
            "--benchmark-skip skips every test that measures: leave it out, or add --benchmark-only where it stands "
            "in a file."
        )


def _cannot_be_done(config: pytest.Config) -> Iterator[str]:
    option = config.option
    if option.benchmark_cprofile:
        yield "--benchmark-cprofile profiles Python on this host, and drafting runs on the device: leave it out."
    if option.benchmark_histogram and not find_spec("pygal"):
        yield "--benchmark-histogram needs pygal: pip install 'pytest-benchmark[histogram]', or leave it out."
    if option.benchmark_compare_fail and not option.benchmark_compare:
        yield "--benchmark-compare-fail needs --benchmark-compare: add it, or leave this out."
    if option.benchmark_storage.startswith("elasticsearch") and not find_spec("elasticsearch"):
        yield (
            "--benchmark-storage names Elasticsearch, which needs its library: "
            "pip install 'pytest-benchmark[elasticsearch]', or leave it out."
        )
