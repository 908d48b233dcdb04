"""Whether real speculative decoding counted what the profile predicts, and where not, why.

The device's drafts are compared with the scores token by token, as long as they follow the text: where one agrees with
the text and the other does not, the draft chose otherwise than when it was scored. The gap between its two best logits
there, as scored, says whether that was a near tie, which the last bits of another order of summing decide. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from comparison import Line

from configspec.profiling.speculative import SpeculativeRun
from configspec.profiling.target_text import ContinuedPrompt
from configspec.theory.acceptance.chain import replay
from configspec.theory.acceptance.near_tie import NEAR_TIE

Drafts = Sequence[tuple[int, tuple[int, ...]]]  # for each round: where in the text its first token stands, its tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One prompt of one configuration whose counts differ; `gap` is the widest at which the runs chose otherwise."""

    cell: str
    prompt: str
    k: int
    predicted: tuple[int, ...]  # rounds, accepted
    counted: tuple[int, ...]
    gap: float | None  # logits; None where both chose alike throughout, and so should have counted alike
    whose: str  # "draft" or "target"

    @property
    def near_tie(self) -> bool:
        """Whether rounding explains it."""
        return self.gap is not None and self.gap < NEAR_TIE


def difference(
    cell: str,
    traced: ContinuedPrompt,
    matches: Sequence[bool],
    gaps: Sequence[float],
    k: int,
    run: SpeculativeRun,
    drafts: Drafts,
) -> Difference | None:
    """None where the real run wrote the text and counted what the replay predicts; else the widest gap behind it."""
    counts = replay(matches, k)
    predicted, counted = (counts.rounds, counts.accepted), (run.rounds, run.accepted)
    if counted == predicted and run.tokens == traced.tokens:
        return None
    parted = first_difference(traced.tokens, run.tokens)
    if parted is not None:
        whose, gap = "target", traced.gaps[parted] if traced.gaps and parted < len(traced.gaps) else None
    else:
        flipped = [gaps[place] for place in chosen_otherwise(traced.tokens, matches, drafts)]
        whose, gap = "draft", max(flipped, default=None)
    return Difference(cell=cell, prompt=traced.id, k=k, predicted=predicted, counted=counted, gap=gap, whose=whose)


def chosen_otherwise(text: Sequence[int], matches: Sequence[bool], drafts: Drafts) -> list[int]:
    """The places at which the device's draft agrees with the text and its score does not, or the other way round.

    What a round drafts after its first mismatch follows another text than the scored one, and is not compared.
    """
    places = set()
    for start, tokens in drafts:
        for place, token in enumerate(tokens[: len(text) - start], start):
            agrees = token == text[place]
            if agrees != matches[place]:
                places.add(place)
            if not agrees:
                break
    return sorted(places)


def first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    """The first place at which two texts differ, the end of the shorter one included; None where they are equal."""
    if one == other:
        return None
    shared = min(len(one), len(other))
    return next((place for place in range(shared) if one[place] != other[place]), shared)


def agreement(
    family: str,
    compared: int,
    differences: Sequence[Difference],
    *,
    counts: str = "(rounds, accepted)",
    names: tuple[str, str] = ("predicted", "counted"),
    notes: tuple[str, ...] = (),
) -> Line:
    """How many counts differ and are no near ties; each that differs at all is shown, with its gap.

    `counts` says what is counted, and `names` what the two of a difference are called.
    """
    near = sum(one.near_tie for one in differences)
    beyond = len(differences) - near
    about = f"a difference at a top-2 gap below {NEAR_TIE} logits is a near tie; {near} are"
    return Line(
        name=f"acceptance counts of {family}",
        unit="counts",
        peer=float(compared),
        ours=float(compared - len(differences)),
        judged=float(beyond),
        judged_unit="differ",
        low=float(beyond),
        high=float(len(differences)),
        n=compared,
        bound=0.0,
        better="lower",
        notes=(*notes, about, *_shown(differences, counts, names)) if differences else notes,
    )


def _shown(differences: Sequence[Difference], counts: str, names: tuple[str, str]) -> list[str]:
    """One line a cell and prompt."""

    def place(one: Difference) -> tuple[str, str]:
        return one.cell, one.prompt

    return [
        f"{cell}, prompt {prompt}: {counts} " + "; ".join(_one(each, names) for each in found)
        for (cell, prompt), found in groupby(sorted(differences, key=place), key=place)
    ]


def _one(one: Difference, names: tuple[str, str]) -> str:
    gap = "no near tie explains it" if one.gap is None else f"{one.whose}'s top-2 gap {one.gap:.4f}"
    return f"K={one.k} {one.predicted} {names[0]}, {one.counted} {names[1]}, {gap}"
