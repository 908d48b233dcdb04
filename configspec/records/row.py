"""A row: one configuration with how it was measured. `extra_info["configspec"]` of pytest-benchmark's JSON holds it.

The classes below, and those that they hold (`drafting.py`, `acceptance.py` and others), *are* the record: each field is
a key of the file, in base units. `docs/record.md` describes every key. Raw counts and raw samples, never only averages.
What was not measured is None; `power`, `check` and `sha256` say why.

What is large and common to several rows lies beside the file, named by its hash (`samples.py`); `samples` refers to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from configspec.records.acceptance import CountedAcceptance
from configspec.records.bounds import (
    LONGEST_S,
    SHORTEST_S,
    Count,
    Sha256,
    Speculative,
    Text,
    Whole,
    check_counted,
    check_estimate,
    check_names,
    check_serving,
    check_settings,
    check_speed,
    check_timed,
)
from configspec.records.decoded import EndToEnd
from configspec.records.drafting import Drafting
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.records.going_back import check_returns, uncounted
from configspec.records.origin import Origin
from configspec.records.power import Power
from configspec.records.stated import StatedFacts, check_stated, evidence_of
from configspec.records.verification import Verification
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import Flag, flag
from configspec.theory.ids import CHAIN, Cell, ConfigurationId, Drafter, Setting
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

VERSION = 2
KEY = "configspec"
Outcome = Literal["passed", "failed", "skipped"]
FAILED = flag("failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """The target that wrote the text."""

    sha256: Text | None
    sha256_reason: Text | None
    dtype: Text | None
    runtime: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The draft as the device opened it, and the target. Recorded figures name neither.

    `draft_tensor_types`: how many tensors its file has of each type, by llama.cpp's names; a label such as `UD-Q4_K_XL`
    does not say. Rows of before it was kept have none.
    """

    draft: ModelFacts | None = None
    target: TargetFacts | None = None
    draft_tensor_types: Mapping[Text, Count] | None = None
    draft_tensor_types_reason: Text | None = "the header of its file was not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What ran this suite."""

    python: Text
    configspec: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where it was measured; of recorded figures, which file they come from."""

    device: DeviceFacts | None = None
    health: HealthFacts | None = None
    host: HostFacts | None = None
    inventory_sha256: Text | None = None
    env_names: tuple[Text, ...] = ()  # of the environment variables that the device's agent was given
    profile: Text | None = None
    source: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRefs:
    """Hashes of the side files with this row's samples; None where there is none."""

    acceptance: Sha256 | None = None  # `samples.AcceptanceSamples`
    text: Sha256 | None = None  # `samples.TextSamples`
    times: Sha256 | None = None  # `samples.TimeSamples`
    power: Sha256 | None = None  # `samples.PowerSamples`


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The run that a row was taken over from."""

    file: Text
    datetime: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """Why a row has more passes or prompts than its sweep: to tell its configuration from the best, or others from it.

    The prompts that the sweep did not ask stand behind those that it did.
    """

    objective: Text  # by which they are ranked
    passes: Count  # more than the sweep made
    sweep_round_s: Estimate  # the time of a round as the sweep had it
    prompts: Count = 0  # more than the sweep asked
    sweep_prompts_sha256: Text | None = None  # of those that it asked; None where no more were asked

    def __post_init__(self) -> None:
        check_estimate("sweep_round_s", self.sweep_round_s, least=SHORTEST_S, most=LONGEST_S)
        if (self.prompts == 0) != (self.sweep_prompts_sha256 is None):
            raise ValueError("sweep_prompts_sha256 is of prompts that more were added to, and is null where none were")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One configuration with how it was measured."""

    version: int = VERSION
    device: str
    family: str
    draft: str
    quant: str
    algorithm: str = CHAIN
    settings: Mapping[str, str] = field(
        default_factory=dict
    )  # of `llama_cpp`, those of which several values are measured
    k: Speculative
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
    attempts: Whole = 1  # to measure it; more than one only where the link failed
    first_cause: Text | None = None  # why the first attempt failed
    outcome: Outcome | None = None  # of the test that measured or judged it
    resumed: Resumed | None = None  # where it was not measured in this run
    stated: StatedFacts | None = None  # of recorded figures: what their source states beside them
    refined: Refined | None = None  # where `--refine` had it measured more
    origin: Origin | None = None  # where the file does not say in its head where it was measured

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise ValueError(f"a row is of version {VERSION}, not {self.version}")
        check_names(
            device=self.device, family=self.family, draft=self.draft, quant=self.quant, algorithm=self.algorithm
        )
        check_settings(self.settings)
        check_counted(self.k, self.acceptance.rounds, self.acceptance.drafted)
        check_timed(self.k, self.drafting.timed_k, self.drafting.method)
        check_returns(self.k, self.drafting.going_back)
        check_speed(self.k, self.drafting.tokens_per_s, self.drafting.round_s)
        check_serving(self.serving)
        check_stated(self.stated)
        if self.refined is not None and 0 < len(self.acceptance.by_prompt) <= self.refined.prompts:
            asked = len(self.acceptance.by_prompt)
            raise ValueError(f"refined.prompts is {self.refined.prompts} of {asked} prompts, and the sweep asked none")

    @property
    def id(self) -> ConfigurationId:
        """Its configuration, by name."""
        return self.cell.at(self.k)

    @property
    def cell(self) -> Cell:
        """Its device, family, drafter and settings."""
        return _cell(self.device, self.family, self.draft, self.quant, self.algorithm, tuple(self.settings.items()))

    @property
    def sweep_prompts_sha256(self) -> str | None:
        """Which prompts its sweep asked; `--refine` may have asked more."""
        more = None if self.refined is None else self.refined.sweep_prompts_sha256
        return self.acceptance.prompts_sha256 if more is None else more

    @property
    def configuration(self) -> Configuration:
        """The figures that objectives are computed from, without the serving assumptions."""
        counted = self.acceptance
        return Configuration(
            id=self.id,
            round_s=self.drafting.round_s,
            round_samples_s=self.drafting.round_samples_s,
            pass_samples_s=tuple(one.round_samples_s for one in self.drafting.passes or ()),
            acceptance=Acceptance(
                rate=counted.rate,
                rounds=counted.rounds,
                drafted=counted.drafted,
                accepted=counted.accepted,
                by_prompt=counted.by_prompt,
                prompts_sha256=counted.prompts_sha256,
                decoding=counted.decoding,
                categories=() if counted.asked is None else counted.asked.categories,
                prompt_s=counted.prompt_s,
            ),
            going_back_s=0.0 if self.drafting.going_back is None else self.drafting.going_back.round_s,
            prompt_tokens_per_s=None if self.drafting.prefill is None else self.drafting.prefill.tokens_per_s,
            prompt_tokens=None if self.drafting.prefill is None else self.drafting.prefill.tokens,
            prompt_reason=self.drafting.prefill_reason,
            power_w=self.power.watts,
            power_reason=self.power.reason,
            idle_w=self.power.idle_w,
            power_kind=self.power.kind,
            provenance=self.provenance,
            evidence=evidence_of(self.models.draft, self.drafting.passes, self.environment.health, self.stated),
            flags=(
                *self.flags,
                *uncounted(self.k, self.models.draft, self.drafting.going_back),
                *((FAILED,) if self.outcome == "failed" else ()),
            ),
        )

    def flagged(self, *more: Flag) -> Row:
        """The row with more to know before using it."""
        return replace(self, flags=(*self.flags, *more))


@lru_cache(maxsize=1 << 13)
def _cell(
    device: str, family: str, draft: str, quant: str, algorithm: str, settings: tuple[tuple[str, str], ...]
) -> Cell:
    """One object for all rows of a cell, which is compared, hashed and looked for several times a row."""
    drafter = Drafter(draft=draft, quant=quant, algorithm=algorithm)
    return Cell(device=device, family=family, drafter=drafter, settings=tuple(Setting(*one) for one in settings))
