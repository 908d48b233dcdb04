"""What keeps a run from measuring, told before anything is measured: options of pytest and of other plugins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.shown import usage_error


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
    if private_api.compares_in_vain(config):
        raise usage_error(
            "--benchmark-compare-fail has no earlier run to compare with. Save one first, with --benchmark-save NAME, "
            "and name it with --benchmark-compare; or leave out --benchmark-compare-fail.",
            config,
        )


def _reasons(config: pytest.Config) -> Iterator[str]:
    if not hasattr(config.option, "benchmark_only"):
        yield (
            "--device needs pytest-benchmark, which is switched off or missing: leave out '-p no:benchmark', or, where "
            "plugins are not loaded by themselves, name it: -p benchmark."
        )
    if config.getoption("dist", "no") == "each":
        yield "--dist each would have every worker measure every device: leave it out."
    if not all(re.match(r"(\d+\*)?popen\b", spec) for spec in config.getoption("tx", [])):
        yield "--device needs workers on this host, which is where the devices are reached from: -n N."
    if not config.option.collectonly:
        yield from _no_test_runs(config)
        yield from _no_row_is_written(config)
        yield from _cannot_be_done(config)


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
