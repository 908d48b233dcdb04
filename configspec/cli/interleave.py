"""`configspec interleave`: runs of two commands in turn, for `configspec ab`."""

from __future__ import annotations

import argparse
import secrets
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.output import complain, say
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.regression.sides import RUNS_A_SIDE

if TYPE_CHECKING:
    from configspec.histories.interleaved_runs import Slot

PURPOSE = (
    "Run two commands in turn, base, new, new, base and so on, so that neither gets the warmer board. Which one begins "
    "is drawn for each block and written down. Each command has {out} as the path of its results file, and is run "
    "without a shell. Finished runs are kept: after Ctrl-C or a failure, the same command again makes the missing "
    "ones. Exit code 1: a run is missing."
)
ENDING_S = 60.0  # that an interrupted command has to end by itself


def add_interleave(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "interleave",
        "make interleaved runs of two builds, for configspec ab",
        PURPOSE,
        "configspec interleave 'pytest -m hil --device build-a --benchmark-json={out}' "
        "'pytest -m hil --device build-b --benchmark-json={out}' --sessions 8 -o runs",
    )
    command.add_argument("base", metavar="COMMAND_A", help="measures the base, with {out} for its results file")
    command.add_argument("new", metavar="COMMAND_B", help="measures the new build, with {out} too")
    command.add_argument(
        "--sessions", type=int, default=RUNS_A_SIDE, metavar="N", help=f"runs a side; default: {RUNS_A_SIDE}"
    )
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the runs go")
    command.add_argument("--seed", type=int, metavar="N", help="seed of the order; default: drawn, and written down")
    command.set_defaults(run=_interleave)


def _interleave(asked: argparse.Namespace) -> int:
    from filelock import FileLock, Timeout

    from configspec.histories.interleaved_runs import make_plan, planned, run_missing

    seed = secrets.randbelow(2**32) if asked.seed is None else asked.seed
    folder: Path = asked.output
    plan = make_plan(asked.base, asked.new, sessions=asked.sessions, seed=seed)
    plan = planned(folder, plan, seed_given=asked.seed is not None)
    total, done = len(plan.order), 0

    def begin(slot: Slot) -> None:
        say(f"{slot.name}: {printable(slot.log.name)} has its output")

    try:
        with FileLock(folder / ".interleave.lock", timeout=0):
            for finished in run_missing(folder, plan, _run, begin):
                if finished.problem:
                    complain(f"{finished.slot.name}: {finished.problem}; see {finished.slot.log}")
    except Timeout:
        raise UsageError(f"{folder}: another `configspec interleave` is making these runs") from None
    except OSError as problem:
        raise UsageError(f"{folder}: {problem.filename or ''} cannot be used: {problem.strerror}.") from problem
    done = sum(
        (folder / f"{side}-{n:02}.json").exists() for side in ("base", "new") for n in range(1, plan.sessions + 1)
    )
    say(f"{done} of {total} runs in {folder}")
    if done < total:
        complain("the same command again makes what is missing")
    return 0 if done == total else 1


def _run(slot: Slot) -> int:
    """Run the command, its output in the slot's log; on Ctrl-C it may end by itself, since it had the signal too."""
    with slot.log.open("wb") as log:
        try:
            process = subprocess.Popen(slot.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        except (OSError, ValueError) as problem:
            words = problem.strerror if isinstance(problem, OSError) else problem
            raise UsageError(f"{slot.arguments[0]}: cannot be run: {words}") from problem
        try:
            return process.wait()
        except KeyboardInterrupt:
            complain(f"{slot.name}: interrupted; what is finished is kept")
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(timeout=ENDING_S)
            process.kill()
            process.wait()
            slot.partial.unlink(missing_ok=True)
            raise
