"""`configspec choose`: one configuration for each device, or for a fleet, by what matters and within limits."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.cli.recorded_rows import Recorded, add_question, check_rankable, positive, read_question
from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import objective, usual, usual_and

if TYPE_CHECKING:
    from configspec.selection.candidates import Group
    from configspec.selection.choosing import Decision
    from configspec.selection.criterion import Criterion
    from configspec.selection.fleet import Fleet, Part
    from configspec.selection.limits import Limit

PURPOSE = (
    "Choose one configuration for each device and family: the best by one objective, the one with the least worst-case "
    "regret, or the best in a weighted mean, among those that keep every limit. Shows what it costs by the other "
    "objectives and in which share of the bootstrap draws it is chosen. If no configuration keeps the limits, it says "
    "which of them binds and by how much the nearest misses, and ends with exit code 2. docs/choosing.md describes the "
    "rules and the JSON."
)
TOP = 5
MOST = 1_000_000
SHOWN = 5  # devices of a message
WIDTH = 160  # characters: a column for each objective
PER_MILLION = 1_000_000.0


def add_choose(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options; a limit for each of `objectives`."""
    first, last = objectives[0], usual(objectives)[-1]
    command = add_command(
        commands,
        "choose",
        "choose a configuration for each device, or one for all, within limits",
        PURPOSE,
        f"configspec choose results.json --objective {first.name} {limit_flags(last)[-1]} 1.0\n"
        "configspec choose results.json --minimax-regret\n"
        f"configspec choose results.json --weights {first.name}=2,{last.name}=1 --one-for-all draft,quant",
    )
    add_question(command)
    names = ", ".join(one.name for one in objectives)
    way = command.add_argument_group("criterion")
    way.add_argument(
        "--objective",
        action="append",
        metavar="NAME",
        help=f"{names}; default: {first.name}; several with --minimax-regret",
    )
    how = way.add_mutually_exclusive_group()
    how.add_argument(
        "--minimax-regret",
        action="store_true",
        help="minimise how many times worse than the best it is in its worst objective",
    )
    how.add_argument("--weights", metavar="NAME=W,..", help="the best weighted geometric mean of these objectives")
    limits = command.add_argument_group("limits", "Worse configurations are not chosen; in the unit of the objective.")
    for one in objectives:
        least = "most" if one.better == "lower" else "least"
        limits.add_argument(
            *limit_flags(one), dest=_dest(one), metavar="N", help=f"{one.heading} of at {least} N {one.unit}"
        )
    priced = _priced(objectives)
    if priced is not None:
        limits.add_argument("--max-usd-per-million", metavar="USD", help=f"the same as {priced.name}, as a price")
    command.add_argument(
        "--one-for-all", metavar="PARTS", help="the same for all devices of a family: draft, quant, k, or several"
    )
    command.add_argument("--top", type=int, metavar="N", help=f"show the first N (table: {TOP}; others: all)")
    command.set_defaults(run=partial(_choose, objectives))


def limit_flags(one: Objective) -> list[str]:
    """Its limit on the command line: `--max-energy`, and `--max-energy-j` where its unit is J for something."""
    flag = f"--{'max' if one.better == 'lower' else 'min'}-{one.name.replace('_', '-')}"
    counted = one.unit.partition("/")[0]
    return [flag, f"{flag}-{counted.lower()}"] if counted.isalpha() and counted != "tokens" else [flag]


def _dest(one: Objective) -> str:
    return f"limit_{one.name}"


def _priced(objectives: Sequence[Objective]) -> Objective | None:
    """The objective that counts what a dollar buys: its limit may be given as a price."""
    return next((one for one in objectives if one.unit == "tokens/$"), None)


@without_collection()
def _choose(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.selection.choosing import decide
    from configspec.selection.criterion import Criterion
    from configspec.selection.fleet import fleets

    if asked.top is not None and not 1 <= asked.top <= MOST:
        raise UsageError(f"--top is {printable(str(asked.top), at_most=40)}; it takes 1 to {MOST}.")
    limits, criterion, parts = _limits(objectives, asked), _criterion(objectives, asked), _parts(asked.one_for_all)
    named = () if criterion is None else criterion.objectives
    needed = (*named, *(one.objective for one in limits))
    recorded = read_question(asked, usual_and(needed, objectives), ks=asked.k)
    check_rankable(recorded, needed, asked.results)

    def of_group(group: Group) -> Criterion:
        return criterion or Criterion(way="minimax-regret", objectives=usual(group.rankable) or usual(objectives))

    decisions = [decide(group, of_group(group), limits) for group in recorded.groups]
    shared = None if parts is None else fleets(decisions, parts)
    if shared is not None and all(len(one.devices) + len(one.without) < 2 for one in shared):
        raise UsageError(f"{asked.results}: --one-for-all needs two devices of one family, and there are none.")
    _say(asked, recorded, decisions, shared)
    _check_met(decisions, asked.results)
    good = all(one.chosen for one in decisions) and all(one.choices for one in shared or ())
    return recorded.code(strict=asked.strict, code=0 if good else 1)


def _check_met(decisions: Sequence[Decision], file: Path) -> None:
    """Raises UsageError where nothing, on no device, meets the limits: the person asks for what is not there."""
    from configspec.reporting.decisions_section import nearest_words

    nearest = [(one.group, one.nearest) for one in decisions if one.nearest is not None]
    if not nearest or any(one.chosen for one in decisions):
        return
    each = (f"{group.device}, {group.family}: {nearest_words(one)}" for group, one in nearest[:SHOWN])
    more = [f"and {len(nearest) - SHOWN} more"] if len(nearest) > SHOWN else []
    raise UsageError(f"{file}: no configuration meets all limits; loosen one that binds.", *each, *more)


def _say(
    asked: argparse.Namespace, recorded: Recorded, decisions: Sequence[Decision], shared: Sequence[Fleet] | None
) -> None:
    if asked.format == "json":
        from configspec.reporting.decisions_json import decisions_json
        from configspec.reporting.json_text import json_pieces

        document = decisions_json(decisions, shared, asked.top)
        say_pieces(json_pieces({**document, **recorded.more_json()}))
        return
    from configspec.reporting.decisions_section import decision_section
    from configspec.reporting.fleet_section import fleet_section
    from configspec.reporting.markdown import as_markdown

    top = asked.top or (TOP if asked.format == "table" else MOST)
    sections = (
        *(fleet_section(one) for one in shared or ()),
        *(decision_section(one, top) for one in decisions),
    )
    words = recorded.document(sections, asked.format)
    if asked.format == "table":
        say_document(words, WIDTH)
    else:
        say_text(as_markdown(words))


def _criterion(objectives: Sequence[Objective], asked: argparse.Namespace) -> Criterion | None:
    """What is asked for; None for the least regret over whatever a device and family have."""
    from configspec.selection.criterion import Criterion

    named = [objective(name, objectives) for name in dict.fromkeys(asked.objective or ())]
    if asked.weights is not None:
        if named:
            raise UsageError("--weights names its objectives itself; leave out --objective.")
        weights = _weights(objectives, asked.weights)
        chosen = tuple(objective(name, objectives) for name in weights)
        return Criterion(way="weighted-mean", objectives=chosen, weights=tuple(weights.values()))
    if asked.minimax_regret:
        return Criterion(way="minimax-regret", objectives=tuple(named)) if named else None
    if len(named) > 1:
        raise UsageError("one --objective is the best by; with --minimax-regret or --weights there can be several.")
    return Criterion(way="objective", objectives=(named[0] if named else objectives[0],))


def _weights(objectives: Sequence[Objective], written: str) -> dict[str, float]:
    """The objectives of `goodput=2,energy=1` with their weights."""
    found: dict[str, float] = {}
    for part in written.split(","):
        name, equals, weight = part.strip().partition("=")
        if not equals:
            shown = printable(part, at_most=40)
            raise UsageError(f"--weights has {shown!r}; write NAME=W,NAME=W, such as {objectives[0].name}=2.")
        if objective(name, objectives).name in found:
            raise UsageError(f"--weights names {name} twice.")
        found[name] = positive(weight, f"--weights: the weight of {name}")
    return found


def _limits(objectives: Sequence[Objective], asked: argparse.Namespace) -> list[Limit]:
    from configspec.selection.limits import Limit

    limits = []
    for one in objectives:
        written = getattr(asked, _dest(one))
        if written is not None:
            limits.append(Limit(objective=one, value=positive(written, limit_flags(one)[0])))
    priced = _priced(objectives)
    if priced is not None and asked.max_usd_per_million is not None:
        if any(one.objective is priced for one in limits):
            raise UsageError(f"{limit_flags(priced)[0]} and --max-usd-per-million are the same limit; give one.")
        price = positive(asked.max_usd_per_million, "--max-usd-per-million")
        limits.append(Limit(objective=priced, value=PER_MILLION / price))
    return limits


def _parts(written: str | None) -> tuple[Part, ...] | None:
    from configspec.selection.fleet import PARTS as KNOWN

    if written is None:
        return None
    names = dict.fromkeys(part.strip() for part in written.split(","))
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        shown = printable(unknown[0], at_most=40)
        raise UsageError(f"--one-for-all has {shown!r}, which devices cannot share. {did_you_mean(shown, KNOWN)}")
    return tuple(part for part in KNOWN if part in names)
