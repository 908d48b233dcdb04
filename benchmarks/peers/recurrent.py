"""Drafts that cannot roll back, predicted against decoded for real: recurrent and hybrid models of random weights.

    predicted   goodput from the replay's counts and from what rounds and going back cost, timed beside
    measured    goodput of real speculative decoding, whose text is the target's own

A draft follows the table of which token comes after which in the target's text, so that some of its tokens are accepted
and rounds end at every length. Each architecture is decoded at several K; its errors are shares of the measured
goodput. The bounds are those of other models.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from comparison import Line
from recurrent_models import ARCHITECTURES, RandomModel, successors, vocabulary_of, write_model

from configspec.cache import Store
from configspec.families.build import F16, ensure_draft
from configspec.profiling.session import ProfilingSession, SessionOptions
from configspec.records.decoded import EndToEnd
from configspec.records.row import Row
from configspec.testbed.family_spec import DraftSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.sweep_spec import EndToEndSpec
from configspec.theory.ids import Cell, Drafter
from configspec.theory.prediction import prediction_error

QUANT = "F32"
KS = (1, 2, 4, 8)
MEDIAN_AT_MOST, WORST_AT_MOST = 0.03, 0.10
PROMPTS, REPEATS = 6, 3

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is decoded, and on which device of the testbed."""

    device: str
    architectures: tuple[str, ...] = ARCHITECTURES
    ks: tuple[int, ...] = KS
    width: int = 512
    layers: int = 4


def measure(inventory: Inventory, family: str, asked: Asked, store: Store, progress: Progress) -> list[Line]:
    """Two lines for all architectures together, with the errors of each below."""
    with recurrent_family(inventory, family, asked, store, progress) as testbed:
        rows = decoded(testbed, asked, store, progress)
    return lines(rows)


@contextmanager
def recurrent_family(
    inventory: Inventory, name: str, asked: Asked, store: Store, progress: Progress
) -> Iterator[Inventory]:
    """The testbed with one family: the target of `name`, and a random draft of each architecture, written now."""
    family = inventory.families[name]
    sweep = replace(inventory.sweep, end_to_end=EndToEndSpec(prompts=PROMPTS, repeats=REPEATS))
    inventory = replace(inventory, families={name: family}, sweep=sweep)
    with tempfile.TemporaryDirectory(prefix="recurrent-") as folder:
        drafts = write_drafts(inventory, asked, Path(folder), store, progress)
        one = replace(family, drafts=drafts, quants=(QUANT,))
        yield replace(inventory, families={name: one})


def write_drafts(
    inventory: Inventory, asked: Asked, folder: Path, store: Store, progress: Progress
) -> Mapping[str, DraftSpec]:
    """A random draft of each architecture, with the vocabulary of the one family's target."""
    (family,) = inventory.families.values()
    first = next(iter(family.drafts.values()))
    vocabulary = vocabulary_of(ensure_draft(family, first, F16, store, progress))
    with ProfilingSession(inventory, store, progress, SessionOptions(host_threads=1)) as session:
        texts = [prompt.tokens for prompt in session.workbench.target_text(family).prompts]
    table = successors(texts, len(vocabulary.tokens))
    drafts: dict[str, DraftSpec] = {}
    for architecture in asked.architectures:
        path = folder / f"{architecture}.gguf"
        model = RandomModel(
            architecture=architecture, vocabulary=vocabulary, width=asked.width, layers=asked.layers, successor=table
        )
        write_model(path, model)
        drafts[architecture] = DraftSpec(name=architecture, gguf={QUANT: path})
    return drafts


def decoded(inventory: Inventory, asked: Asked, store: Store, progress: Progress) -> list[Row]:
    """The row of each architecture and K, decoded for real."""
    (family,) = inventory.families.values()
    rows: list[Row] = []
    with ProfilingSession(inventory, store, progress, SessionOptions(host_threads=1)) as session:
        for architecture in asked.architectures:
            cell = Cell(device=asked.device, family=family.name, drafter=Drafter(draft=architecture, quant=QUANT))
            rows += [session.end_to_end(cell.at(k), asked.ks) for k in asked.ks]
    return rows


def lines(rows: Sequence[Row]) -> list[Line]:
    """The median and the worst error of all configurations."""
    found = [(row, row.end_to_end) for row in rows if row.end_to_end is not None]
    errors = [abs(one.error) for _, one in found]
    error = prediction_error(
        [one.predicted_goodput_tokens_per_s for _, one in found], [one.goodput_tokens_per_s for _, one in found]
    )
    notes = tuple(_note(row, one) for row, one in found)
    return [
        _line("median error of the prediction", error.median_error, errors, MEDIAN_AT_MOST, notes),
        _line("worst error of the prediction", error.worst_error, errors, WORST_AT_MOST, ()),
    ]


def _line(name: str, judged: float, errors: Sequence[float], bound: float, notes: tuple[str, ...]) -> Line:
    return Line(
        name=name,
        unit="",
        peer=0.0,
        ours=judged,
        judged=judged,
        judged_unit="of the measured",
        low=min(errors),
        high=max(errors),
        n=len(errors),
        bound=bound,
        better="lower",
        notes=notes,
    )


def _note(row: Row, one: EndToEnd) -> str:
    back = row.drafting.going_back
    share = 0.0 if back is None else back.round_s / (back.round_s + row.drafting.round_s.value)
    return (
        f"{row.draft} K={row.k}: measured {one.goodput_tokens_per_s:.0f} tokens/s, predicted {one.error:+.1%}; "
        f"{one.returns or 0} of {one.rounds} rounds went back ({one.predicted_returns or 0:.0f} predicted), "
        f"which is {share:.0%} of drafting"
    )
