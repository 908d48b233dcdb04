"""Rankings as a person or a program wants them: a table for the terminal, Markdown, JSON.

The JSON form is a promise to scripts; `docs/record.md` describes it, and its number goes up when it changes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from configspec.records.row import serving_to_json
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import Conflict, conflicts
from configspec.theory.objectives.objective import Objective
from configspec.theory.serving.assumptions import Serving

JSON_VERSION = 1
HEADINGS: dict[Objective, str] = {
    "goodput": "goodput",
    "cost": "verification cost efficiency",
    "energy": "drafting energy",
}


def as_json(rankings: Sequence[Ranking], serving: Serving) -> dict[str, Any]:
    """The rankings as plain JSON; `serving` is what holds where a ranking does not say otherwise."""
    return {
        "configspec": JSON_VERSION,
        "serving": serving_to_json(serving),
        "rankings": [_ranking_json(one) for one in rankings],
    }


def _ranking_json(ranking: Ranking) -> dict[str, Any]:
    return {
        "device": ranking.device,
        "family": ranking.family,
        "objective": ranking.objective,
        "unit": ranking.unit,
        "better": ranking.better,
        "unavailable": ranking.unavailable,
        "serving": serving_to_json(ranking.serving),
        "acceptance_rule": None if ranking.decoding is None else ranking.decoding.rule,
        "decoding": None if ranking.decoding is None else asdict(ranking.decoding),
        "confidence": ranking.confidence,
        "indifference": ranking.indifference,
        "left_out": list(ranking.left_out),
        "choices": [_choice_json(choice) for choice in ranking.choices],
    }


def _choice_json(choice: Choice) -> dict[str, Any]:
    return {
        "rank": choice.rank,
        "draft": choice.draft,
        "quant": choice.quant,
        "k": choice.k,
        "value": choice.value,
        "low": choice.low,
        "high": choice.high,
        "tied_with_best": choice.tied_with_best,
        "provenance": choice.provenance,
        "warnings": list(choice.warnings),
    }


def as_text(rankings: Sequence[Ranking], top: int, width: int = 120) -> str:
    """The rankings as tables for a terminal, the first `top` of each, with what each best costs the others."""
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    for group in _groups(rankings):
        _say(console, f"{group[0].device}, {group[0].family}: {_assumptions(group[0])}")
        for ranking in group:
            _print_ranking(console, ranking, top)
        console.print()
        for line in filter(None, map(conflict_line, conflicts(group))):
            _say(console, line)
        console.print()
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).rstrip() + "\n"


def _print_ranking(console: Console, ranking: Ranking, top: int) -> None:
    console.print()
    _say(console, title(ranking))
    if ranking.unavailable is not None:
        _say(console, f"  not available: {ranking.unavailable}")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, justify in COLUMNS:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for cells in _cells(ranking, top):
        table.add_row(*cells)
    console.print(table)
    for note in _notes(ranking, top):
        _say(console, f"  {note}")


def _say(console: Console, line: str) -> None:
    """One line, however long: the terminal breaks it, and a script finds it whole."""
    console.print(line, soft_wrap=True)


COLUMNS = (
    ("", "right"),
    ("draft", "left"),
    ("quant", "left"),
    ("K", "right"),
    ("value", "right"),
    ("interval", "left"),
    ("", "left"),
)


def as_markdown(rankings: Sequence[Ranking], top: int) -> str:
    """The rankings as Markdown tables, for a job summary or an issue."""
    parts = []
    for group in _groups(rankings):
        parts.append(f"## {group[0].device}, {group[0].family}\n\n{_assumptions(group[0]).capitalize()}.\n")
        for ranking in group:
            parts.append(_markdown_ranking(ranking, top))
        parts += [f"{line}.\n" for line in map(conflict_line, conflicts(group)) if line]
    return "\n".join(parts)


def _markdown_ranking(ranking: Ranking, top: int) -> str:
    lines = [f"### {title(ranking)}", ""]
    if ranking.unavailable is not None:
        return "\n".join([*lines, f"Not available: {ranking.unavailable}.", ""])
    lines += ["| rank | draft | quant | K | value | interval | |", "|---:|---|---|---:|---:|---|---|"]
    lines += ["| " + " | ".join(_escaped(cell) for cell in cells) + " |" for cells in _cells(ranking, top)]
    lines += [""] + [f"- {_escaped(note)}" for note in _notes(ranking, top)]
    return "\n".join(lines).rstrip() + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def title(ranking: Ranking) -> str:
    """The objective with its unit and direction."""
    return f"{HEADINGS[ranking.objective]}, {ranking.unit} ({ranking.better} is better)"


def _assumptions(ranking: Ranking) -> str:
    serving = ranking.serving
    decoding = "" if ranking.decoding is None else f"; {ranking.decoding.words()}"
    return (
        f"verification {_verification(serving)} a round, {serving.usd_per_million_tokens:g} USD a million tokens, "
        f"{'K' if serving.bills == 'drafted' else 'K + 1'} tokens billed a round{decoding}"
    )


def _verification(serving: Serving) -> str:
    """One time for all K, or the measured ones from the smallest K to the largest."""
    if not serving.verify_s_by_k:
        return f"{serving.verify_s:g} s"
    (first_k, first_s), (last_k, last_s) = serving.verify_s_by_k[0], serving.verify_s_by_k[-1]
    if first_k == last_k:
        return f"{figure(first_s)} s (measured)"
    return f"{figure(first_s)} s at K={first_k} to {figure(last_s)} s at K={last_k} (measured)"


def _cells(ranking: Ranking, top: int) -> Iterator[tuple[str, ...]]:
    for choice in ranking.choices[:top]:
        yield (
            str(choice.rank),
            choice.draft,
            choice.quant,
            str(choice.k),
            figure(choice.value),
            f"{figure(choice.low)} to {figure(choice.high)}",
            _remarks(choice),
        )


def _remarks(choice: Choice) -> str:
    """A word or two: tied, not measured, to be used with care."""
    remarks = []
    if choice.rank > 1 and choice.tied_with_best:
        remarks.append("tied")
    if choice.provenance != "measured":
        remarks.append(choice.provenance)
    if choice.warnings:
        remarks.append("see note")
    return ", ".join(remarks)


def _notes(ranking: Ranking, top: int) -> Iterator[str]:
    shown, tied = ranking.choices[:top], [c for c in ranking.choices if c.tied_with_best]
    hidden = len([c for c in tied if c.rank > len(shown)])
    if hidden:
        yield f"{hidden} more of {len(ranking.choices)} configurations cannot be told from the best"
    warned: dict[str, list[str]] = {}
    for choice in shown:
        for warning in choice.warnings:
            warned.setdefault(warning, []).append(str(choice.rank))
    for warning, ranks in warned.items():
        yield f"note on {', '.join(ranks)}: {warning}"
    for reason in ranking.left_out:
        yield f"left out: {reason}"


def conflict_line(conflict: Conflict) -> str:
    """What choosing by one objective costs the others, in a line; empty where it costs nothing that can be said."""
    costs = [f"{HEADINGS[name]} {ratio:.2f} times worse" for name, ratio in conflict.costs.items() if ratio > 1.005]
    if not costs:
        return ""
    chosen = f"{conflict.draft} {conflict.quant} K={conflict.k}"
    return f"choosing {chosen}, the best for {HEADINGS[conflict.chosen_for]}: " + ", ".join(costs)


def figure(value: float) -> str:
    """Three significant digits, four from a thousand on, thousands apart and no exponent.

    >>> figure(1334321.0), figure(7.651), figure(0.0123)
    ('1,334,000', '7.65', '0.0123')
    """
    if abs(value) >= 999.5:
        return f"{float(f'{value:.4g}'):,.0f}"
    shown = f"{value:#.3g}".rstrip(".")
    return shown if "e" not in shown else f"{float(f'{value:.3g}'):.12f}".rstrip("0")


def _groups(rankings: Sequence[Ranking]) -> Iterator[tuple[Ranking, ...]]:
    """The rankings of one device and family at a time, in their order."""
    keys = dict.fromkeys((one.device, one.family) for one in rankings)
    for key in keys:
        yield tuple(one for one in rankings if (one.device, one.family) == key)
