"""A row: one configuration with how it was measured. `extra_info["configspec"]` of pytest-benchmark's JSON holds it.

The classes below *are* the record: each field is a key of the file, in base units. `docs/record.md` describes every
key. Raw counts and raw samples, never only averages. What was not measured is None; `power`, `check` and
`sha256` say why.

What is large and common to several rows lies beside the file, named by its hash (`samples.py`); `samples` refers to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from configspec.records.decoded import EndToEnd
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import Flag
from configspec.theory.ids import CHAIN, Cell, ConfigurationId, Drafter
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

VERSION = 2
KEY = "configspec"
Method = Literal["shared rounds", "separate rounds", "replay"]

_MOST = 2**53  # beyond it a float does not count by ones
_ROUNDING = 1e-9  # by which a sum of expected counts may be beyond another
_HASH = re.compile(r"[0-9a-f]{64}")


def check_counts(**counts: float | None) -> None:
    """ValueError where a count is negative, not finite, or too large to be one."""
    for name, count in counts.items():
        if count is not None and not 0 <= count < _MOST:
            raise ValueError(f"{name} is {count!r:.24}; a count is 0 or more, and less than 2**53")


def check_times(**times_s: Iterable[float | None]) -> None:
    """ValueError where a time is negative or not finite."""
    for name, values in times_s.items():
        if not all(value is None or 0 <= value < math.inf for value in values):
            raise ValueError(f"{name} holds a time that is negative or not finite")


def check_estimate(name: str, estimate: Estimate | None, *, most: float = math.inf) -> None:
    """ValueError where it cannot be: it does not hold (`Estimate.holds`), or it reaches below 0 or above `most`."""
    if estimate is not None and not (estimate.holds and estimate.low >= 0 and estimate.high <= most):
        bounds = f"0 to {most:g}" if math.isfinite(most) else "0 or more"
        raise ValueError(f"{name} cannot be: low <= value <= high is needed, {bounds}, a confidence and a count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """How long drafting took.

    `method`: the first K tokens of rounds of the largest K ("shared rounds"), rounds of this K ("separate rounds"), or
    looked up in a profile file ("replay").
    """

    tokens_per_s: Estimate
    round_s: Estimate
    round_samples_s: tuple[float, ...] = ()
    method: Method
    clock: str
    timed_k: int | None = None  # the K of the rounds that were timed
    depth_tokens: int | None = None
    rounds: int | None = None
    rounds_asked: int | None = None
    warmup_rounds: int | None = None
    seconds_allowed: float | None = None

    def __post_init__(self) -> None:
        check_estimate("tokens_per_s", self.tokens_per_s)
        check_estimate("round_s", self.round_s)
        if not self.round_s.value > 0:
            raise ValueError("round_s is 0; drafting takes time")
        check_times(round_samples_s=self.round_samples_s, seconds_allowed=(self.seconds_allowed,))
        check_counts(rounds=self.rounds, rounds_asked=self.rounds_asked, warmup_rounds=self.warmup_rounds)
        check_counts(depth_tokens=self.depth_tokens, timed_k=self.timed_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCheck:
    """What the device said when it repeated a few prompts of the acceptance pass."""

    prompts: int
    positions: int
    differ: int
    beyond_ties: int
    largest_gap: float | None
    near_tie: float
    context: int

    def __post_init__(self) -> None:
        check_counts(prompts=self.prompts, positions=self.positions, context=self.context)
        if not 0 <= self.beyond_ties <= self.differ <= self.positions:
            counted = f"{self.beyond_ties} beyond ties, {self.differ} that differ, {self.positions} positions"
            raise ValueError(f"each count must hold the one before: {counted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAcceptance:
    """The pooled acceptance rate with its counts, None where only a rate is known, and how they were counted."""

    rate: Estimate
    rounds: int | float | None
    drafted: int | float | None
    accepted: int | float | None
    by_prompt: tuple[tuple[int | float, int | float], ...] = ()
    prompts_sha256: str | None = None
    decoding: Decoding | None = None
    method: str
    last_round: str | None = None
    prompts: int | None = None
    new_tokens: int | None = None
    check: AgreementCheck | None = None
    check_reason: str | None = None

    def __post_init__(self) -> None:
        check_estimate("rate", self.rate, most=1 + _ROUNDING)
        check_counts(rounds=self.rounds, drafted=self.drafted, accepted=self.accepted)
        check_counts(prompts=self.prompts, new_tokens=self.new_tokens)
        for rounds, accepted in self.by_prompt:
            check_counts(by_prompt=rounds)
            check_counts(by_prompt=accepted)
        most = math.inf if self.drafted is None else self.drafted * (1 + _ROUNDING)
        if self.accepted is not None and self.accepted > most:
            raise ValueError(f"accepted {self.accepted} of {self.drafted} drafted cannot be")


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Mean power while drafting, or why it is not known."""

    watts: Estimate | None
    reason: str | None

    def __post_init__(self) -> None:
        check_estimate("watts", self.watts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPass:
    """One kind of verification pass over K + 1 tokens, timed on this host."""

    context_tokens: int
    requests: int
    seconds: Estimate
    samples_s: tuple[float, ...]

    def __post_init__(self) -> None:
        check_counts(context_tokens=self.context_tokens, requests=self.requests)
        check_estimate("seconds", self.seconds)
        check_times(samples_s=self.samples_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How long the target took to verify rounds of this K."""

    clock: str
    passes: tuple[TimedPass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """The target that wrote the text."""

    sha256: str | None
    sha256_reason: str | None
    dtype: str | None
    runtime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The draft as the device opened it, and the target. Recorded figures name neither."""

    draft: ModelFacts | None = None
    target: TargetFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What ran this suite."""

    python: str
    configspec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where it was measured; of recorded figures, which file they come from."""

    device: DeviceFacts | None = None
    health: HealthFacts | None = None
    host: HostFacts | None = None
    inventory_sha256: str | None = None
    profile: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRefs:
    """Hashes of the side files with this row's samples; None where there is none."""

    acceptance: str | None = None  # `samples.AcceptanceSamples`
    text: str | None = None  # `samples.TextSamples`
    times: str | None = None  # `samples.TimeSamples`

    def __post_init__(self) -> None:
        for value in (self.acceptance, self.text, self.times):
            if value is not None and not _HASH.fullmatch(value):
                raise ValueError(f"{value!r} is not a SHA-256 in lower-case hexadecimal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The run that a row was taken over from."""

    file: str
    datetime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One configuration with how it was measured."""

    version: int = VERSION
    device: str
    family: str
    draft: str
    quant: str
    algorithm: str = CHAIN
    k: int
    provenance: Provenance
    drafting: Drafting
    acceptance: CountedAcceptance
    power: Power
    serving: Serving
    verification: Verification | None = None
    end_to_end: EndToEnd | None = None
    models: Models = Models()
    environment: Environment = Environment()
    flags: tuple[Flag, ...] = ()
    samples: SampleRefs = SampleRefs()
    attempts: int = 1  # to measure it; more than one only where the link failed
    first_cause: str | None = None  # why the first attempt failed
    outcome: str | None = None  # of the test that measured or judged it
    resumed: Resumed | None = None  # where it was not measured in this run

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise ValueError(f"a row is of version {VERSION}, not {self.version}")
        check_counts(k=self.k)
        if self.k < 1 or self.attempts < 1:
            raise ValueError(f"k is {self.k} and attempts {self.attempts}; both are whole numbers from 1")
        if not all((self.device, self.family, self.draft, self.quant, self.algorithm)):
            raise ValueError("device, family, draft, quant and algorithm are names; one of them is empty")

    @property
    def id(self) -> ConfigurationId:
        """Its configuration, by name."""
        return self.cell.at(self.k)

    @property
    def cell(self) -> Cell:
        """Its device, family and drafter."""
        drafter = Drafter(draft=self.draft, quant=self.quant, algorithm=self.algorithm)
        return Cell(device=self.device, family=self.family, drafter=drafter)

    @property
    def configuration(self) -> Configuration:
        """The figures that objectives are computed from, without the serving assumptions."""
        counted = self.acceptance
        return Configuration(
            id=self.id,
            round_s=self.drafting.round_s,
            round_samples_s=self.drafting.round_samples_s,
            acceptance=Acceptance(
                rate=counted.rate,
                rounds=counted.rounds,
                drafted=counted.drafted,
                accepted=counted.accepted,
                by_prompt=counted.by_prompt,
                prompts_sha256=counted.prompts_sha256,
                decoding=counted.decoding,
            ),
            power_w=self.power.watts,
            power_reason=self.power.reason,
            provenance=self.provenance,
            flags=self.flags,
        )

    def flagged(self, *more: Flag) -> Row:
        """The row with more to know before using it."""
        return replace(self, flags=(*self.flags, *more))
