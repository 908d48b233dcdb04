"""Runs of two commands in turn, so that neither has the warmer board or the busier day.

    base, new, new, base    a block of two pairs; which side begins is drawn for each block

The folder holds `interleave.plan` (JSON: both commands, the seed, the order), the runs `base-01.json`, `new-01.json`,
.., and for each a log of what its command wrote. A run is there when its command ended with 0 and wrote its file; until
then the file has another name. So what is there is finished, and the same command again makes what is missing.
"""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from configspec.atomic import write_whole
from configspec.errors import UsageError
from configspec.regression.ranks import MOST_A_SIDE
from configspec.untrusted import NotJson, parse_json, read_bounded

Side = Literal["base", "new"]
PLAN = "interleave.plan"
OUT = "{out}"
FORMAT = 1
MOST_BYTES = 1 << 20
FAILURES = 2  # one after another: then nothing works, and hours on a board would be lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which command runs when."""

    base: str
    new: str
    seed: int
    order: tuple[Side, ...]

    @property
    def sessions(self) -> int:
        """Runs of each side."""
        return len(self.order) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One run of the plan: what is run, where its file is, and where its log."""

    name: str
    arguments: tuple[str, ...]
    out: Path
    partial: Path
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a run ended; `problem` is empty where its file is there."""

    slot: Slot
    problem: str = ""


def make_plan(base: str, new: str, *, sessions: int, seed: int) -> Plan:
    """The order of two times `sessions` runs, drawn from the seed.

    Raises:
        UsageError: A command has no place for the file that it is to write, or cannot be split; too many sessions.
    """
    for which, command in (("first", base), ("second", new)):
        if OUT not in command:
            raise UsageError(
                f"the {which} command does not say where its results go: write {OUT} there, "
                f"as in 'pytest -m hil --device orin --benchmark-json={OUT}'"
            )
        _split(command, which)
    if not 1 <= sessions <= MOST_A_SIDE:
        raise UsageError(f"--sessions is {sessions}; it takes 1 to {MOST_A_SIDE} runs a side")
    return Plan(base=base, new=new, seed=seed, order=tuple(_order(sessions, random.Random(seed))))


def planned(folder: Path, plan: Plan, *, seed_given: bool) -> Plan:
    """The plan of the folder: the one that is there, if it is of the same commands, or else this one, written down.

    Raises:
        UsageError: There is another plan, or the folder cannot be used.
    """
    path = folder / PLAN
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: it is a file. Name a folder for the runs")
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(_as_json(plan), indent=1).encode())
        except OSError as problem:
            raise UsageError(f"{folder}: cannot be used: {problem.strerror}.") from problem
        return plan
    there = _read(path)
    same = (there.base, there.new, there.sessions) == (plan.base, plan.new, plan.sessions)
    if not same or (seed_given and there.seed != plan.seed):
        raise UsageError(
            f"{path} is of other runs: {there.sessions} sessions of {there.base!r:.120} and {there.new!r:.120}, seed "
            f"{there.seed}. Give the same commands to go on with it, or name another folder"
        )
    return there


def slots(folder: Path, plan: Plan) -> Iterator[Slot]:
    """The runs in their order."""
    made = {"base": 0, "new": 0}
    for side in plan.order:
        made[side] += 1
        name = f"{side}-{made[side]:02}"
        partial = folder / f"{name}.json.partial"
        command = _split(plan.base if side == "base" else plan.new, side)
        yield Slot(
            name=name,
            arguments=tuple(part.replace(OUT, str(partial)) for part in command),
            out=folder / f"{name}.json",
            partial=partial,
            log=folder / f"{name}.log",
        )


def run_missing(
    folder: Path, plan: Plan, run: Callable[[Slot], int], begin: Callable[[Slot], None]
) -> Iterator[Finished]:
    """Run what is not there yet, in the plan's order; a run that fails is told, and made by the next call.

    Args:
        folder: Where the runs are.
        plan: What to run.
        run: Runs the command of a slot, and returns its exit code.
        begin: Hears of each run before it begins.
    """
    failures = 0
    for slot in slots(folder, plan):
        if slot.out.exists():
            continue
        begin(slot)
        problem = _made(slot, run)
        failures = failures + 1 if problem else 0
        yield Finished(slot=slot, problem=problem)
        if failures == FAILURES:
            return


def _made(slot: Slot, run: Callable[[Slot], int]) -> str:
    """Why the run is not there; empty where it is."""
    slot.partial.unlink(missing_ok=True)
    code = run(slot)
    wrote = slot.partial.is_file() and slot.partial.stat().st_size > 0
    if code == 0 and wrote:
        slot.partial.replace(slot.out)
        return ""
    slot.partial.unlink(missing_ok=True)
    return f"its command ended with {code}" if code else f"its command wrote nothing to {OUT}"


def _order(sessions: int, drawn: random.Random) -> list[Side]:
    order: list[Side] = []
    for left in range(sessions, 0, -2):
        first, second = drawn.choice((("base", "new"), ("new", "base")))
        block: tuple[Side, ...] = (_side(first), _side(second), _side(second), _side(first))
        order += block if left > 1 else block[:2]
    return order


def _side(name: str) -> Side:
    return "base" if name == "base" else "new"


def _split(command: str, which: str) -> list[str]:
    try:
        parts = shlex.split(command)
    except ValueError as problem:
        raise UsageError(f"the {which} command cannot be split into words: {problem}: {command!r:.120}") from None
    return parts


def _as_json(plan: Plan) -> dict[str, object]:
    return {"format": FORMAT, "base": plan.base, "new": plan.new, "seed": plan.seed, "order": list(plan.order)}


def _read(path: Path) -> Plan:
    try:
        found = parse_json(read_bounded(path, at_most_bytes=MOST_BYTES))
    except (OSError, NotJson) as problem:
        raise UsageError(f"{path}: cannot be read: {problem}. Name another folder") from None
    match found:
        case {"format": 1, "base": str(base), "new": str(new), "seed": int(seed), "order": list(order)} if _fair(order):
            return Plan(base=base, new=new, seed=seed, order=tuple(map(_side, order)))
    raise UsageError(f"{path}: no plan of interleaved runs that this version knows. Name another folder")


def _fair(order: Sequence[object]) -> bool:
    sides = [order.count("base"), order.count("new")]
    return sides[0] == sides[1] >= 1 and sum(sides) == len(order)
