"""The page: its parts in their order, each within the bytes that it may take, under a strict policy.

    what to run, what changed, can it be trusted, pictures, what is behind it, every configuration

A page is forwarded by mail and kept for every night, so it stays below a megabyte whatever was measured. What is left
out is counted, and the command that shows it is named.

https://www.w3.org/TR/CSP3/#grammardef-hash-source: the one style and the one script are allowed by their hashes, and
nothing else is, from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import TypeAlias

from configspec.count_words import count_words
from configspec.reporting.document import Section
from configspec.reporting.html.blocks import (
    COLUMNS_WITH_STYLE,
    aligned,
    figure_of,
    head_of,
    row_of,
    scrolling,
    section_of,
)
from configspec.reporting.markup import Element, Markup, around, element, text_of
from configspec.reporting.pictures.looks import DARK, LIGHT, colour_rules
from configspec.reporting.pictures.picture import NoPicture
from configspec.reporting.pictures.registry import KINDS
from configspec.reporting.rankings_section import ranking_sections
from configspec.reporting.report.behind import behind_sections, every_configuration
from configspec.reporting.report.changed import changed_sections
from configspec.reporting.report.reported import Reported
from configspec.reporting.report.to_run import below, to_run
from configspec.reporting.report.trust import trust_sections
from configspec.selection.candidates import Group

MOST_BYTES = 980_000
TO_RUN, RANKED, CHANGED, TRUST, PICTURES, BEHIND = 110_000, 60_000, 80_000, 70_000, 330_000, 60_000
TOP = 5  # of a ranking
Part: TypeAlias = tuple[str, str, Markup]  # id, heading, content


def page(reported: Reported) -> str:
    """The report as one HTML document."""
    if reported.failed is not None:
        failed = element("p", reported.failed, class_="warning")
        return _document(reported, [("failed", "No report", text_of([failed]))])
    changed = changed_sections(reported.material.checked, reported.material.not_compared)
    trusted, behind = trust_sections(reported), behind_sections(reported)
    parts: list[Part] = [
        ("run", "What to run", _joined(_to_run(reported))),
        ("changed", "What changed", _joined(_within(changed, CHANGED, "configspec check", len(changed)))),
        (
            "trust",
            "Can the figures be trusted",
            _joined(_within(trusted, TRUST, "configspec rank", len(trusted))),
        ),
        ("pictures", "Pictures", _joined(_pictures(reported))),
        (
            "behind",
            "Assumptions, environment, data",
            _joined(_within(behind, BEHIND, "configspec diff", len(behind))),
        ),
    ]
    room = MOST_BYTES - sum(_size(content) for _, _, content in parts)
    figures = _joined(_figures(reported.material.groups, room))
    return _document(reported, [*parts, ("figures", "The data: every configuration", figures)])


def _to_run(reported: Reported) -> Iterator[Markup]:
    groups, alone = reported.material.groups, reported.material.alone
    if not groups:
        yield _warning("Nothing was measured, so there is nothing to run.")
        return
    found = [to_run(group, alone) for group in groups]
    yield from _within((one.section for one in found), TO_RUN, "configspec rank", len(groups))
    for line in below(found):
        yield text_of([element("p", line)])
    tables = (one for group in groups for one in ranking_sections(group.rankings, TOP, alone))
    summary = text_of([element("summary", f"the first {TOP} of each ranking")])
    yield around("details", [summary, *_within(tables, RANKED, "configspec rank", len(groups))])


def _within(sections: Iterable[Section], most_bytes: int, command: str, count: int) -> Iterator[Markup]:
    """As many of `count` sections as there is room for."""
    room = most_bytes
    for place, one in enumerate(sections):
        drawn = text_of([section_of(one, 3)])
        room -= _size(drawn)
        if room <= 0:
            yield _left_out(count_words(count - place, "more section"), command)
            return
        yield drawn


def _pictures(reported: Reported) -> Iterator[Markup]:
    """Kind by kind: each has an equal share of the room that is left."""
    room = PICTURES
    for place, kind in enumerate(KINDS):
        share, left = room // (len(KINDS) - place), 0
        missing: dict[str, list[str]] = {}
        for sketch in kind.sketches(reported.material):
            if left and not isinstance(sketch, NoPicture):
                left += 1
                continue
            one = sketch if isinstance(sketch, NoPicture) else sketch()
            if isinstance(one, NoPicture):
                missing.setdefault(one.why, []).append(one.subject)
                continue
            drawn = text_of([figure_of(one, 3)])
            if _size(drawn) > share:
                left += 1
                continue
            share, room = share - _size(drawn), room - _size(drawn)
            yield drawn
        if left:
            yield _left_out(
                f"{count_words(left, 'more picture')} of the kind {kind.name}", f"configspec plot {kind.name}"
            )
        if missing:
            lines = (f"No picture of the kind {kind.name} of {'; '.join(of)}: {why}" for why, of in missing.items())
            yield text_of([element("ul", *(element("li", one) for one in lines))])


def _figures(groups: tuple[Group, ...], room: int) -> Iterator[Markup]:
    """The first rows of the table that there is room for."""
    table = every_configuration(groups)
    if not table.rows:
        yield _warning("There is none.")
        return
    rows: list[Markup] = []
    for one in table.rows:
        drawn = text_of([row_of(one, table.columns)])
        room -= _size(drawn)
        if room < 0:
            break
        rows.append(drawn)
    drawn = around("table", [text_of([head_of(table.columns)]), around("tbody", rows)], class_=aligned(table.columns))
    yield around("div", [drawn], **scrolling("table: every configuration"))
    if len(rows) < len(table.rows):
        left, all_of_them = len(table.rows) - len(rows), len(table.rows)
        yield _left_out(f"{left:,} of {all_of_them:,} configurations", "configspec rank --format json")


def _left_out(what: str, command: str) -> Markup:
    return _warning(f"Left out, so that the page stays small: {what}. {command} shows them.")


def _warning(text: str) -> Markup:
    return text_of([element("p", text, class_="warning")])


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("".join(pieces))


def _size(text: Markup) -> int:
    return len(text.encode())


def _document(reported: Reported, parts: Sequence[Part]) -> str:
    style, script = _style(), _resource("report.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    title = f"configspec: {reported.title}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        Element("meta", (("http-equiv", "Content-Security-Policy"), ("content", policy))),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", style),
    )
    links = (element("li", element("a", heading, href=f"#{name}")) for name, heading, _ in parts)
    header = element("header", element("h1", title), element("nav", element("ul", *links)))
    main = around("main", (_part(*one) for one in parts))
    body = around("body", [text_of([header]), main, text_of([element("script", script)])])
    return f"<!DOCTYPE html>\n{around('html', [text_of([head]), body], lang='en')}\n"


def _part(name: str, heading: str, content: Markup) -> Markup:
    return around("section", [text_of([element("h2", heading)]), content], id=name)


def _style() -> str:
    dark = f"@media (prefers-color-scheme:dark){{{colour_rules(DARK)}}}"
    printed = f"@media print{{{colour_rules(LIGHT)}}}"
    numbers = ",".join(f".n{place} :is(td,th):nth-child({place})" for place in range(1, COLUMNS_WITH_STYLE + 1))
    return f"{_resource('style.css')}{numbers}{{text-align:right}}\n{colour_rules(LIGHT)}{dark}{printed}"


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
