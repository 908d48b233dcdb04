"""What is measured of each cell, for how long, and what is kept of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo

from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.key_types import Count, CountOrNone, KRange, NotNegative, Positive, Seconds, Tokens
from configspec.testbed.prompt import MAX_PROMPTS
from configspec.testbed.prompts_spec import PromptsOf, PromptsSpec
from configspec.testbed.spec import HIDDEN, ReadAs, Spec
from configspec.theory.decoding import AcceptanceRule, Decoding

MAX_ROUNDS = 100_000
MAX_REPEATS = 1000
MAX_PASSES = 10
MAX_SEED = 2**53 - 1  # beyond it, JSON does not count by ones everywhere
MAX_VOCABULARY = 10_000_000
_DEFAULT = Decoding()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingSpec(Spec):
    """How the target and the draft model choose their tokens."""

    temperature: Annotated[NotNegative, Field(le=100, description="0 is greedy")] = _DEFAULT.temperature
    top_k: Annotated[
        CountOrNone, Field(le=MAX_VOCABULARY, description="Only this many of the best tokens; 0 is all")
    ] = _DEFAULT.top_k
    top_p: Annotated[Positive, Field(le=1, description="Only the best tokens that reach this probability")] = (
        _DEFAULT.top_p
    )
    rule: Annotated[
        AcceptanceRule,
        Field(description="When a drafted token is accepted; with greedy decoding all three are the same"),
    ] = _DEFAULT.rule
    seed: Annotated[CountOrNone, Field(le=MAX_SEED, description="Makes sampled texts repeatable")] = _DEFAULT.seed


def _decoding(written: DecodingSpec, _: ValidationInfo) -> Decoding:
    return Decoding(**asdict(written))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEndSpec(Spec):
    """How much real speculative decoding is done for a configuration that is chosen for it."""

    prompts: Annotated[
        Count, Field(le=MAX_PROMPTS, description="Prompts of a real run, taken evenly from the prompt set")
    ] = 6
    repeats: Annotated[Count, Field(le=MAX_REPEATS, description="Runs of each prompt; the median counts")] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSpec(Spec):
    """What is measured of each device, draft model and quantisation, and for how long at most."""

    k: Annotated[
        KRange,
        Field(
            description="Tokens drafted per round, 1 to 256: `4`, `1..10`, `1,2,4`, `1..3,8`, or a list of these. "
            "`--k` takes the same",
        ),
    ] = tuple(range(1, 11))
    prompts: Annotated[
        PromptsOf, Field(description="Which prompts are used: the path of a prompt set, or a mapping")
    ] = field(default_factory=PromptsSpec)
    chat: Annotated[ChatSpec, Field(validation_alias=f"{HIDDEN}chat")] = field(default_factory=ChatSpec)
    new_tokens: Annotated[Tokens, Field(description="Tokens that the target writes for each prompt")] = 96
    depth: Annotated[Tokens, Field(description="Tokens in the context when a timed round begins")] = 128
    rounds: Annotated[
        Count,
        Field(le=MAX_ROUNDS, description="Timed rounds for each device, draft and quantisation, in each pass"),
    ] = 10
    warmup_rounds: Annotated[
        CountOrNone, Field(le=MAX_ROUNDS, description="Rounds before them that are not counted")
    ] = 2
    passes: Annotated[
        Count,
        Field(
            le=MAX_PASSES,
            description="How often all cells of a device are timed, there and back, so that the times of each "
            "cell are far apart. A cell whose passes disagree is timed once more",
        ),
    ] = 2
    seconds_per_cell: Annotated[
        Seconds,
        Field(
            description="Seconds that the timed rounds of a device, draft model and quantisation may take in each pass"
        ),
    ] = 60.0
    texts: Annotated[
        Literal["kept", "private"],
        Field(
            description="Whether the token ids of prompts and texts are written beside the results; `private`: "
            "they are left out, and replaying them needs another run"
        ),
    ] = "kept"
    decoding: Annotated[
        Decoding,
        ReadAs(DecodingSpec, _decoding),
        Field(description="How tokens are chosen, and when a drafted one is accepted"),
    ] = field(default_factory=Decoding)
    end_to_end: Annotated[EndToEndSpec, Field(description="How much real speculative decoding is done")] = field(
        default_factory=EndToEndSpec
    )
