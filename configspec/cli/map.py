"""`configspec map`: which configuration wins where, as what is assumed of the verifier changes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.cli.recorded_rows import add_question, number, read_question
from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import objective
from configspec.theory.serving.keywords import SINGLE

if TYPE_CHECKING:
    from configspec.reporting.map_document import Mapped
    from configspec.selection.axes import Axis
    from configspec.selection.candidates import Group
    from configspec.theory.serving.assumptions import Serving

OWN = ("verify_s", "rtt_ms")  # whose axes differ from their options
PURPOSE = (
    "Show which configuration is the best by one objective as an assumption changes: the exact borders along each "
    "axis, the best K between them, and how far today's choice is from a border. With two axes, also a map. "
    "Axes: verify_s, seconds to verify a round; rtt_ms, milliseconds of round trip on top; and the other serving "
    f"assumptions that are a single number: {', '.join(one.keyword for one in SINGLE if one.keyword not in OWN)}."
)
COLUMNS, ROWS = 48, 16
MOST_AXES = 2
EXAMPLE = "verify_s=0.01..2"


def add_map(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "map",
        "show which configuration wins where, as latency, link or price change",
        PURPOSE,
        "configspec map results.json --over verify_s=0.01..2\n"
        "configspec map results.json --over verify_s=0.01..2 --over rtt_ms=0..300 --device rpi5",
    )
    add_question(command)
    names = ", ".join(one.name for one in objectives)
    command.add_argument("--objective", metavar="NAME", help=f"{names}; default: {objectives[0].name}")
    command.add_argument(
        "--over", action="append", required=True, metavar="AXIS=A..B", help=f"such as {EXAMPLE}; one or two"
    )
    command.set_defaults(run=partial(_map, objectives))


@without_collection()
def _map(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.cli.recorded_rows import check_rankable
    from configspec.reporting.map_document import map_json, map_section

    by = objectives[0] if asked.objective is None else objective(asked.objective, objectives)
    axes = _axes(asked.over)
    recorded = read_question(asked, [by], ks=asked.k, over=axes)
    check_rankable(recorded, [by], asked.results)
    # Of rows of one device and family the last one's assumptions count.
    assumed = {(row.device, row.family): row.serving for row in recorded.rows}
    found = [
        _mapped(group, by, axes, recorded.query.serving(assumed[group.device, group.family]))
        for group in recorded.groups
    ]
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces({**map_json(found), **recorded.more_json()}))
        return recorded.code(strict=asked.strict)
    from configspec.reporting.markdown import as_markdown

    sections = (map_section(one, COLUMNS) for one in found)
    words = recorded.document(sections, asked.format)
    if asked.format == "table":
        say_document(words)
    else:
        say_text(as_markdown(words))
    return recorded.code(strict=asked.strict)


def _mapped(group: Group, by: Objective, axes: Sequence[Axis], assumed: Serving) -> Mapped:
    """`assumed`: as the group's, but for the axes of which nothing is assumed."""
    from itertools import product

    from configspec.cli.assumed_options import check_assumed
    from configspec.reporting.map_document import Mapped
    from configspec.selection.axes import Declared, able_everywhere, lacking, serving_at
    from configspec.selection.regimes import Terrain, line_of, place_at

    whole = Mapped(group=group, objective=by, axes=tuple(axes), unavailable=group.missing([by]))
    if whole.unavailable is not None:
        return whole
    for one in axes:
        if isinstance(one.dimension, Declared):
            for end in (one.begin, one.end):
                try:
                    check_assumed(one.dimension.assumed(end), [group.serving])
                except UsageError as problem:
                    raise UsageError(f"--over leads to {one.name}={end:g}: {problem}") from problem
    corners = []
    for corner in product(*((one.begin, one.end) for one in axes)):
        point = dict(zip((one.name for one in axes), corner, strict=True))
        corners.append(serving_at(group.serving, point))
        why = by.unavailable(corners[-1])
        if why is not None:
            where = ", ".join(f"{name}={value:g}" for name, value in point.items())
            raise UsageError(f"--over leads to {where}, where there is no {by.name}: {why}.")
    candidates = group.together([by])
    able, left_out = able_everywhere(candidates.configurations, by, corners)
    if not able:
        return replace(whole, unavailable="; ".join(left_out))
    terrain = Terrain(configurations=able, objective=by, serving=group.serving)
    grid = [one.values(count).tolist() for one, count in zip(axes, (COLUMNS, ROWS), strict=False)]
    points = [
        dict(zip((one.name for one in axes), reversed(values), strict=True)) for values in product(*reversed(grid))
    ]
    nowhere = lacking(axes, assumed, by)
    lines = (line_of(terrain, one) for one in axes)
    return Mapped(
        group=group,
        objective=by,
        axes=tuple(axes),
        lines=tuple(replace(one, present=None) if one.axis in nowhere else one for one in lines),
        cells=tuple((point, place_at(terrain, point)) for point in points),
        left_out=(*candidates.left_out, *left_out),
    )


def _axes(written: Sequence[str]) -> tuple[Axis, ...]:
    axes = tuple(map(_axis, written))
    names = [one.name for one in axes]
    if len(axes) > MOST_AXES:
        raise UsageError(f"--over is given {len(axes)} times; a map has one or two axes.")
    if len(set(names)) < len(names):
        raise UsageError(f"--over names {names[0]} twice.")
    return axes


def _axis(written: str) -> Axis:
    from configspec.selection.axes import DIMENSIONS, Axis

    shown = printable(written, at_most=40)
    name, equals, span = written.partition("=")
    first, dots, last = span.partition("..")
    if not equals or not dots:
        raise UsageError(f"--over is {shown!r}; write AXIS=A..B, such as {EXAMPLE}.")
    known = {one.name: one for one in DIMENSIONS}
    if name not in known:
        raise UsageError(f"--over is {shown!r}: no axis is called that. {did_you_mean(name, known)}")
    dimension = known[name]
    begin, end = (number(part, f"--over {name}: an end") for part in (first, last))
    if not dimension.least <= begin <= dimension.most or not dimension.least <= end <= dimension.most:
        raise UsageError(f"--over is {shown!r}; {name} goes from {dimension.least:g} to {dimension.most:g}.")
    if end < begin:
        raise UsageError(f"--over is {shown!r}, whose range runs backwards. Write {name}={last}..{first}.")
    if begin == end:
        raise UsageError(f"--over is {shown!r}, which is one point: configspec rank answers that.")
    return Axis(dimension=dimension, begin=begin, end=end)
