"""The beginning of a run: what is asked for, refused or read, before the first test and before any device."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError, UsageError
from configspec.pytest_plugin.asked import Asked, read_options
from configspec.pytest_plugin.empty_values import refuse_empty_values
from configspec.pytest_plugin.refusals import refuse_what_cannot_measure
from configspec.pytest_plugin.run import RUN, MeasuringRun
from configspec.pytest_plugin.shown import usage_error

if TYPE_CHECKING:
    from configspec.pytest_plugin.plan import Plan

FROM_CONTROLLER = "configspec"  # the key of xdist's workerinput: what a worker must not find out for itself
TERMINATED = 128 + signal.SIGTERM
SAME_S = 1.0  # timeout(1) signals its child, and then the child's group: two of them are one


def run_of(config: pytest.Config) -> MeasuringRun | None:
    """The run, begun when it is first asked for; None where no device was asked for.

    Raises:
        pytest.UsageError: A mistake of the person's, in a file or a flag.
    """
    if RUN in config.stash:
        return config.stash[RUN]
    try:
        refuse_empty_values(config)
        asked = read_options(config)
        if not asked.devices:
            if asked.plan:
                raise UsageError("--plan says what a run that measures would do: name its devices with --device.")
            return None
        refuse_what_cannot_measure(config)
        run = config.stash[RUN] = _begin(config, asked)
    except ConfigspecError as problem:
        raise usage_error(problem, config) from problem
    return run


def _begin(config: pytest.Config, asked: Asked) -> MeasuringRun:
    from configspec.pytest_plugin.plan import choose

    told = getattr(config, "workerinput", {}).get(FROM_CONTROLLER, {})
    if told:
        asked = replace(asked, resume=told["resume"])
    run = MeasuringRun(asked=asked, plan=choose(asked))
    if told and told["samples"] is not None:
        run.samples = Path(told["samples"])
    if told and told["visits"] is not None:
        run.visits = Path(told["visits"])
    if told and told["inventory_sha256"] != run.plan.inventory.sha256:
        run.unfit = f"{asked.inventory} was changed while the run went on. Run again, with --resume last."
    if asked.resume is not None:
        _read_earlier(run, in_worker=bool(told))
    if not told and not config.option.collectonly:
        from configspec.pytest_plugin.journals import check_journal

        check_journal(asked)
        _check_prompts(run.plan)
    return run


def _read_earlier(run: MeasuringRun, *, in_worker: bool) -> None:
    from configspec.pytest_plugin.journals import earlier_path
    from configspec.pytest_plugin.resume import read_earlier

    asked = run.asked
    assert asked.resume is not None
    try:
        run.earlier = read_earlier(Path(asked.resume) if in_worker else earlier_path(asked), run.plan)
    except ConfigspecError as problem:
        if not in_worker:
            raise
        run.unfit = (
            f"{problem.lines[0]} It was there when the run began: was it deleted or changed?"  # dying is in vain
        )


def _check_prompts(plan: Plan) -> None:
    """A UsageError where prompts cannot be asked, or no template takes them: told now, and not by every test."""
    inventory = plan.inventory
    measured = dict.fromkeys(cell.family for cell in plan.ks if inventory.devices[cell.device].replay is None)
    if measured:
        from configspec.profiling.prompt_ids import check_template
        from configspec.testbed.prompt_choice import sweep_prompts

        prompts = sweep_prompts(inventory.sweep.prompts)
        for family in measured:
            check_template(inventory.families[family], prompts, inventory.sweep.chat)


def end_in_order_when_terminated(config: pytest.Config) -> None:
    """SIGTERM, which CI sends at its time limit, ends the run as Ctrl-C does: the results file is written.

    A second one, later, kills.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return  # somebody else's already

    def end(number: int, frame: FrameType | None) -> None:
        once_s = time.monotonic()

        def again(number: int, frame: FrameType | None) -> None:
            if time.monotonic() - once_s > SAME_S:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGTERM)

        signal.signal(signal.SIGTERM, again)
        pytest.exit("terminated (SIGTERM)", returncode=TERMINATED)

    signal.signal(signal.SIGTERM, end)
    config.add_cleanup(_restore)


def _restore() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
