"""The beginning of a comparison: the process that keeps the rows reads the baseline, and tells its workers.

A worker gets the names of the tests, since all workers have to collect the same, and where suspect cells are to be
measured again, what a first look needs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin import private_benchmark, private_xdist
from configspec.pytest_plugin.baseline_items import AGAIN, BaselineItems, SuspectCells
from configspec.pytest_plugin.results_so_far import OwnRows
from configspec.pytest_plugin.shown import usage_error
from configspec.pytest_plugin.start import FROM_CONTROLLER

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun


def begin_comparison(run: MeasuringRun, config: pytest.Config) -> None:
    """Register what compares, and what keeps rows for tests that ask for them.

    Raises:
        pytest.UsageError: The baseline cannot be read or compared with, or a file beside it says something else.
    """
    if private_xdist.is_worker(config):
        names = _as_told(run, config)
        config.pluginmanager.register(OwnRows(run), "configspec own rows")
    else:
        names = _read(run, config)
    config.pluginmanager.register(BaselineItems(names), "configspec baseline tests")


def told_to_workers(run: MeasuringRun) -> Mapping[str, object] | None:
    """What the controller puts into a worker's input; None where nothing is compared."""
    if run.comparison is None:
        return None
    from configspec.pytest_plugin.baseline_again import first_looks, packed_looks

    baseline = run.comparison.baseline
    times = baseline.asked.remeasure
    return {
        "names": [one.name for one in baseline.declared],
        "looks": packed_looks(first_looks(baseline)) if times else b"",
        "times": times,
        "at_s": baseline.at_s,
    }


def _read(run: MeasuringRun, config: pytest.Config) -> list[str]:
    if run.asked.baseline is None:
        return []
    from configspec.pytest_plugin.baseline import read_baseline, refuse_itself
    from configspec.pytest_plugin.baseline_again import first_looks
    from configspec.pytest_plugin.baseline_judge import BaselineJudge

    try:
        if run.earlier is not None:
            refuse_itself(run.asked.baseline, run.earlier.path)
        found = read_baseline(
            run.asked.baseline,
            run.plan,
            narrowed=bool(run.asked.families),
            at_s=time.time(),
            commit=private_benchmark.commit_of(config),
        )
    except ConfigspecError as problem:
        raise usage_error(problem, config) from problem
    run.comparison = BaselineJudge(run, found, config)
    config.pluginmanager.register(run.comparison, "configspec baseline")
    if found.asked.remeasure and not private_xdist.is_controller(config):
        config.stash[AGAIN] = SuspectCells(run, first_looks(found), found.asked.remeasure, found.at_s)
    return [one.name for one in found.declared]


def _as_told(run: MeasuringRun, config: pytest.Config) -> list[str]:
    told = getattr(config, "workerinput", {}).get(FROM_CONTROLLER, {}).get("baseline")
    if told is None:
        return []
    if told["times"]:
        from configspec.pytest_plugin.baseline_again import unpacked_looks

        config.stash[AGAIN] = SuspectCells(run, unpacked_looks(told["looks"]), told["times"], told["at_s"])
    return list(told["names"])
