"""`configspec explain`: one configuration, and where its milliseconds, joules and dollars go."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.cli.recorded_rows import Recorded, add_fill, add_question, read_question
from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.reporting.explain_document import Explained
    from configspec.reporting.target_alone import TargetAlone
    from configspec.theory.profile import Configuration

PURPOSE = (
    "Explain one configuration: what a verified token costs in milliseconds, joules and dollars and where that goes, "
    "how much several changes would improve it, from which acceptance, drafting speed or verification time "
    "speculation pays off, and what would make it equal to the best, or to the next if it is the best."
)
SEVERAL = 5  # that a message names


def add_explain(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "explain",
        "show where the time, energy and money of one configuration go",
        PURPOSE,
        "configspec explain results.json --device rpi5 --draft 1b-inst --quant Q4_K_M --k 6\n"
        "configspec explain results.json --device rpi5 --draft 1b-inst --k 6 --verify-s 0.2 --format json",
    )
    add_question(command, ks=False)
    add_fill(command)
    command.add_argument("--draft", metavar="NAME", help="the draft model")
    command.add_argument("--quant", metavar="NAME", help="its quantisation")
    command.add_argument("--k", type=int, metavar="K", help="tokens drafted per round")
    command.add_argument(
        "--setting", action="append", metavar="NAME=VALUE", help="how the draft is opened, where that varies: threads=2"
    )
    add_objective(command, objectives)
    command.set_defaults(run=partial(_explain, objectives))


@without_collection()
def _explain(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.reporting.explain_document import explain_section
    from configspec.reporting.explain_json import explain_json

    named = asked_objectives(asked, objectives)
    recorded = read_question(asked, named)
    explained = _explained(recorded, _configuration(recorded, asked), named)
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces({**explain_json(explained), **recorded.more_json()}))
        return recorded.code(strict=asked.strict)
    from configspec.reporting.markdown import as_markdown

    words = recorded.document([explain_section(explained)], asked.format)
    if asked.format == "table":
        say_document(words)
    else:
        say_text(as_markdown(words))
    return recorded.code(strict=asked.strict)


def _explained(recorded: Recorded, one: Configuration, objectives: Sequence[Objective]) -> Explained:
    from configspec.reporting.explain_document import Explained
    from configspec.selection.break_even import break_even, rival
    from configspec.selection.breakdown import token_parts
    from configspec.selection.choosing import values_of
    from configspec.selection.improvements import improvements

    (group,) = (each for each in recorded.groups if (each.device, each.family) == (one.device, one.family))
    serving = group.serving
    values = values_of(group, one)
    able = [each.objective for each in values]
    names = {each.name for each in able}
    rivals = (
        rival(one, [choice.configuration for choice in group.by_objective[each.name].choices], each, serving)
        for each in able
    )
    return Explained(
        group=group,
        configuration=one,
        parts=token_parts(one, serving),
        values=values,
        not_ranked=tuple(
            (each, each.unavailable(serving) or each.lacks(one, serving) or "it is not ranked: see configspec rank")
            for each in objectives
            if each.name not in names
        ),
        improvements=tuple((each, improvements(one, each, serving)) for each in able),
        break_even=break_even(one, serving),
        rivals=tuple(each for each in rivals if each is not None),
        alone=_alone(recorded, one.family) if serving.verify == "measured" else None,
    )


def _alone(recorded: Recorded, family: str) -> TargetAlone | None:
    from configspec.reporting.target_alone import target_alone

    of_family = ((row.id.k, row.facts.verification) for row in recorded.rows if row.family == family)
    return target_alone((k, timed) for k, timed in of_family if timed is not None)


def _configuration(recorded: Recorded, asked: argparse.Namespace) -> Configuration:
    """The one that is named; a UsageError that names what there is, where it is none or several."""
    from configspec.reporting.rows_to_rank import rows_to_rank

    latest = {one.id: one for one, _ in rows_to_rank(recorded.rows)}
    if asked.fill:
        rankings = (ranking for group in recorded.groups for ranking in group.rankings)
        ranked = (choice.configuration for ranking in rankings for choice in ranking.choices)
        latest |= {one.id: one for one in ranked if one.provenance == "modelled"}
    found = list(latest.values())
    what = "was measured or can be modelled" if asked.fill else "was measured"
    found = _only(found, "--draft", asked.draft, lambda one: one.draft, what)
    found = _only(found, "--quant", asked.quant, lambda one: one.quant, what)
    for written in asked.setting or ():
        name, equals, _ = written.partition("=")
        if not equals:
            raise UsageError(f"--setting is {printable(written, at_most=40)!r}; write NAME=VALUE, such as threads=2.")
        known = dict.fromkeys(each for one in found for each, _ in one.cell.settings)
        if name not in known:
            shown = printable(name, at_most=40)
            raise UsageError(
                f"--setting is of {shown!r}, and no cell has a setting of that name. {did_you_mean(name, known)}"
            )
        found = _only(found, "--setting", written, partial(_setting, name), what)
    if asked.k is not None:
        found = _only(sorted(found, key=lambda one: one.k), "--k", str(asked.k), lambda one: str(one.k), what)
    if len(found) == 1:
        return found[0]
    several = "; ".join(str(one.id) for one in found[:SEVERAL])
    more = f"; and {len(found) - SEVERAL} more" if len(found) > SEVERAL else ""
    raise UsageError(
        f"{asked.results}: {len(found)} configurations are meant: {several}{more}. Name one, with --device, --family, "
        "--draft, --quant, --k and --setting."
    )


def _setting(name: str, one: Configuration) -> str:
    return f"{name}={dict(one.cell.settings).get(name, '-')}"


def _only(
    found: list[Configuration], flag: str, wanted: str | None, part: Callable[[Configuration], str], what: str
) -> list[Configuration]:
    if wanted is None:
        return found
    kept = [one for one in found if part(one) == wanted]
    if not kept:
        known = did_you_mean(wanted, dict.fromkeys(map(part, found)))
        raise UsageError(f"{flag} is {printable(wanted, at_most=40)!r}, and nothing that {what} has it. {known}")
    return kept
