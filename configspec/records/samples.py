"""What rows share and what is too large for each of them, in files beside results and journal, named by their content.

    acceptance   of a drafter against a family's text: what the draft proposed at every position
    text         of a family: the token ids of the prompts and of what the target wrote after them
    times        of a cell: the seconds of every drafted token

From these every question about adaptive K, lookup drafting or many devices is replayed. A results file without them
still ranks; what needs them says so.

A file is `<SHA-256 of its JSON>.json.gz` in the folder `configspec-samples` beside the results file or the journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FOLDER = "configspec-samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAcceptance:
    """One prompt's positions, in the order of the text; each tuple has the text's length.

    `matches`: whether the draft's arg-max is the text's token. `confidence`: the draft's probability of its arg-max.
    `rank`: how many tokens the draft finds likelier than the text's (0: none). `gap`: its best logit less its second.
    `accept`: with what probability the text's token came from an accepted draft; 1 and 0 where decoding is greedy.
    """

    id: str
    category: str
    matches: tuple[bool, ...]
    confidence: tuple[float, ...]
    rank: tuple[int, ...]
    gap: tuple[float, ...]
    accept: tuple[float, ...] | None = None  # None: as `matches`


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceSamples:
    """Acceptance by position, of one drafter against one text."""

    kind: Literal["acceptance"] = "acceptance"
    text: str  # hash of the `TextSamples`
    prompts: tuple[PromptAcceptance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """One prompt and what the target wrote. The ids are None where `sweep: {texts: private}` keeps them out."""

    id: str
    category: str
    prompt_tokens: int
    tokens: int
    prompt_ids: tuple[int, ...] | None
    ids: tuple[int, ...] | None
    gaps: tuple[float, ...] | None  # between the target's best two logits; None where a server does not tell
    logprobs: tuple[float, ...] | None  # of each token, after temperature, top-k and top-p; None where greedy


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSamples:
    """The target's own text for a prompt set."""

    kind: Literal["text"] = "text"
    prompts_sha256: str
    prompts: tuple[PromptText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTimes:
    """Rounds of `k` tokens: seconds of each token, a tuple a round."""

    k: int
    token_s: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSamples:
    """Drafting times of a cell: of the largest K, or of each K where they were timed apart."""

    kind: Literal["times"] = "times"
    rounds: tuple[RoundTimes, ...]


Samples = AcceptanceSamples | TextSamples | TimeSamples
