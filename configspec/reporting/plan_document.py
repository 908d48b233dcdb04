"""What a run would do: its cells, what their targets write, the time that it takes, and what cannot be known before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.count_words import count_words
from configspec.profiling.earlier_times import EarlierTimes
from configspec.profiling.preview import DraftPreview, TextPreview, Why
from configspec.reporting.document import Column, Document, Notes, Section, Table
from configspec.reporting.figure_words import duration, figure
from configspec.theory.ids import Cell

NOTHING = "-"
CELL_COLUMNS = tuple(
    Column(title=title)
    for title in ("device", "family", "drafter", "K", "decoded for real", "draft's file", "acceptance", "rounds take")
)
TEXT_COLUMNS = (
    *(Column(title="family"), Column(title="prompts", kind="count"), Column(title="tokens each", kind="count")),
    *(Column(title="tokens", kind="count"), Column(title="text"), Column(title="price")),
)
UNKNOWN = (
    "whether the devices answer, are healthy and hold the drafts: configspec devices",
    "what comes around the rounds and the decodings: opening models, checks, a target's verification",
)
UNASKED: Mapping[Why, str] = {
    "absent": "what is missing or not whole in the hub's cache (configspec models pull fetches it, as the run would)",
    "branch": "whether these branches of the hub still are what is cached of them",
    "token ids": "the texts of families whose servers are asked for token ids, as they declare no `tokenizer`",
    "template": "the texts of families whose servers are asked for their chat template, by `chat: auto`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCell:
    """A cell with its K, and those of them that are also decoded for real; `draft` is None of recorded figures."""

    cell: Cell
    ks: tuple[int, ...]
    decoded: tuple[int, ...]
    draft: DraftPreview | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRefinement:
    """What `--refine` may take at most: of each of the devices `budget_s`, and a pass or a prompt that was begun.

    No cell is timed more than `passes` times, and `prompts` are left of the set. `without`: of which other devices
    nothing is measured again, and why.
    """

    objective: str
    devices: tuple[str, ...]
    budget_s: float
    passes: int
    prompts: int
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """All that is known of a run before it begins.

    `bounds_s`: by device, how long a cell may take: its rounds with their warm-up, and its meter where one is read.
    `beside`: how many devices are measured at the same time. `resumable`: rows of an earlier run, of which those that
    still hold are not measured again.
    """

    cells: tuple[PlannedCell, ...]
    texts: tuple[TextPreview, ...]
    earlier: EarlierTimes
    bounds_s: Mapping[str, float]
    beside: int
    resumable: int = 0
    refinement: PlannedRefinement | None = None


def plan_document(plan: RunPlan) -> Document:
    """It, in sections."""
    sections = [_cells(plan)]
    if plan.texts:
        sections.append(_texts(plan))
    if any(one.draft is not None for one in plan.cells):
        sections.append(_time(plan))
    if plan.refinement is not None:
        sections.append(_refinement(plan.refinement, plan.texts))
    return Document(sections=tuple(sections))


def _cells(plan: RunPlan) -> Section:
    decoded = sum(len(one.decoded) for one in plan.cells)
    summary = (
        f"{count_words(len(plan.cells), 'cell')} with "
        f"{count_words(sum(len(one.ks) for one in plan.cells), 'configuration')}, "
        f"of which {decoded or 'none'} {'is' if decoded == 1 else 'are'} also decoded for real; nothing is run now"
    )
    table = Table(columns=CELL_COLUMNS, rows=tuple(_cell(one, plan) for one in plan.cells))
    return Section(heading="plan", summary=summary, blocks=(table,))


def _cell(one: PlannedCell, plan: RunPlan) -> tuple[str, ...]:
    cell, draft = one.cell, one.draft
    names = (cell.device, cell.family, cell.drafter_words, _ks(one.ks), _ks(one.decoded))
    if draft is None:
        return (*names, NOTHING, NOTHING, "nothing: recorded")
    seconds = plan.earlier.cells.get(cell)
    takes = f"at most {duration(plan.bounds_s[one.cell.device])}" if seconds is None else duration(seconds)
    return (*names, draft.file, draft.acceptance, takes)


def _texts(plan: RunPlan) -> Section:
    rows = tuple((one.family, one.prompts, one.new_tokens, one.tokens, one.state, _price(one)) for one in plan.texts)
    usd = sum(one.usd or 0.0 for one in plan.texts)
    price = f"; at most ${figure(usd)} at the declared price, without decodings" if usd else ""
    left = sum(one.tokens for one in plan.texts if one.state != "kept")
    summary = f"at most {left:,} tokens are to be written{price}" if left else "nothing is to be written: all is kept"
    return Section(heading="what targets write", summary=summary, blocks=(Table(columns=TEXT_COLUMNS, rows=rows),))


def _price(one: TextPreview) -> str:
    return NOTHING if one.usd is None else f"${figure(one.usd)}"


def _time(plan: RunPlan) -> Section:
    by_device: dict[str, float] = {}
    for one in plan.cells:
        if one.draft is not None:
            by_device[one.cell.device] = by_device.get(one.cell.device, 0.0) + _seconds(one, plan)
    total_s = max(*by_device.values(), sum(by_device.values()) / plan.beside) if len(by_device) > 1 else None
    in_all = next(iter(by_device.values())) if total_s is None else total_s
    known = all(one.cell in plan.earlier.cells for one in plan.cells if one.draft is not None)
    beside = f", {plan.beside} devices beside each other" if total_s is not None and plan.beside > 1 else ""
    lines = (*_sources(plan), *(f"{device}: {duration(seconds)}" for device, seconds in by_device.items()))
    notes = Notes(lines=lines if len(by_device) > 1 else tuple(_sources(plan)))
    missing = Notes(lines=tuple(f"not known: {what}" for what in _missing(plan)))
    return Section(
        heading="time", summary=f"{'about' if known else 'at most'} {duration(in_all)}{beside}", blocks=(notes, missing)
    )


def _refinement(one: PlannedRefinement, texts: Sequence[TextPreview]) -> Section:
    """Apart from the time of the sweep: whether anything is to be told apart is known behind it."""
    heading = f"refining by {one.objective}"
    without = tuple(f"not refined: {line}" for line in one.without)
    if not one.devices:
        return Section(heading=heading, summary="nothing is measured again", blocks=(Notes(lines=without),))
    passes = f"passes over the cells that matter, until each was timed {one.passes} times at most"
    prompts = (
        f"targets write after {count_words(one.prompts, 'more prompt')} at most, those that sweep.prompts.limit keeps "
        "out"
        if one.prompts
        else "no more prompts: all of the set are in use (sweep.prompts)"
    )
    usd = sum(text.usd / text.prompts * one.prompts for text in texts if text.usd is not None and text.prompts)
    price = (f"what targets write for these prompts: at most ${figure(usd)} at the declared price",) if usd else ()
    budget = f"{one.budget_s:g} s" if one.budget_s < 90 else duration(one.budget_s)
    more = f"at most {budget} more of {'each of ' if len(one.devices) > 1 else ''}{', '.join(one.devices)}"
    begun = "what was begun when the time is over is finished: a cell, or a prompt"
    lines = (f"{passes}; {prompts}", *price, begun, *without)
    return Section(heading=heading, summary=more, blocks=(Notes(lines=lines),))


def _seconds(one: PlannedCell, plan: RunPlan) -> float:
    decodings = (plan.earlier.decodings.get(one.cell.at(k), 0.0) for k in one.decoded)
    return plan.earlier.cells.get(one.cell, plan.bounds_s[one.cell.device]) + sum(decodings)


def _sources(plan: RunPlan) -> Iterator[str]:
    real = [one for one in plan.cells if one.draft is not None]
    known = sum(one.cell in plan.earlier.cells for one in real)
    if known:
        yield f"{known} of {count_words(len(real), 'cell')} as in earlier rows: {_names(plan.earlier.files)}"
    if known < len(real):
        yield (
            f"{len(real) - known} by the bound on the rounds of a pass, sweep.seconds_per_cell: twice for warm-up, "
            "a tenth more for prompts, and two and a half times more where a power meter is read"
        )
    decoded = [one.cell.at(k) for one in real for k in one.decoded]
    timed = sum(one in plan.earlier.decodings for one in decoded)
    if timed:
        yield f"{timed} of {count_words(len(decoded), 'real decoding')} as in earlier rows"


def _missing(plan: RunPlan) -> Iterator[str]:
    yield from UNKNOWN
    if plan.resumable:
        yield f"which of {count_words(plan.resumable, 'row')} to resume still hold: the time is that of measuring all"
    decoded = [one.cell.at(k) for one in plan.cells if one.draft is not None for k in one.decoded]
    untimed = sum(one not in plan.earlier.decodings for one in decoded)
    if untimed:
        yield f"the time of {count_words(untimed, 'real decoding')}, which no earlier row has"
    states = [one.state for one in plan.texts]
    states += [state for one in plan.cells if one.draft for state in (one.draft.file, one.draft.acceptance)]
    if "to make" in states:
        yield "the time of what is to make: the targets' texts, the drafts' files and their acceptance"
    yield from _unasked(plan)


def _unasked(plan: RunPlan) -> Iterator[str]:
    """A line for each reason, with all that it is true of."""
    unasked = [one for text in plan.texts for one in text.unasked]
    unasked += [one for cell in plan.cells if cell.draft is not None for one in cell.draft.unasked]
    for why, words in UNASKED.items():
        of = dict.fromkeys(one.of for one in unasked if one.why == why)
        if of:
            yield f"{words}: {', '.join(of)}"


def _names(files: Sequence[Path]) -> str:
    return ", ".join(path.name for path in files)


def _ks(ks: Sequence[int]) -> str:
    if len(ks) > 2 and list(ks) == list(range(ks[0], ks[-1] + 1)):
        return f"{ks[0]} to {ks[-1]}"
    return ", ".join(map(str, ks)) or NOTHING
