"""All that is known of a cell after it was measured, and the row that is kept of it at each K."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from configspec.profiling.acceptance_check import AcceptanceCheck
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.drafting_speed import DraftingTimes
from configspec.profiling.heat_flags import heat_flags
from configspec.profiling.power_figures import power_flags
from configspec.profiling.threads import flags_of_opening
from configspec.profiling.verification import VerificationTimes
from configspec.records.acceptance import CountedAcceptance
from configspec.records.power import Power
from configspec.records.row import Environment, Models, Row, SampleRefs, TargetFacts
from configspec.testbed.device_spec import DeviceSpec, SshSpec
from configspec.testbed.family_spec import FamilySpec
from configspec.theory.decoding import Decoding
from configspec.theory.flags import Flag, flag
from configspec.theory.ids import Cell
from configspec.theory.serving.assumptions import Serving

METHOD = "teacher-forced replay of the target's text"
EXPECTED = f"{METHOD}: expected counts over what the draft may sample"
_REASON_LETTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCell:
    """A cell as it was timed on the device and counted on the host."""

    cell: Cell
    spec: DeviceSpec
    family: FamilySpec
    times: DraftingTimes
    trace: AcceptanceTrace  # over the sweep's prompts, as going back is counted
    counted: AcceptanceTrace  # over these, and what was asked behind the sweep
    check: AcceptanceCheck
    serving: Serving
    verification: VerificationTimes | None
    environment: Environment
    samples: SampleRefs
    tensor_types: Mapping[str, int]  # of the draft's file: how many of each
    power: Power
    lock_fallback_reason: str | None = None  # why the board's lock keeps out this account's runs only

    def row(self, k: int) -> Row:
        """One K of it."""
        verification = None if self.verification is None else self.verification.record(k)
        return Row(
            device=self.cell.device,
            family=self.cell.family,
            draft=self.cell.drafter.draft,
            quant=self.cell.drafter.quant,
            algorithm=self.cell.drafter.algorithm,
            settings=dict(self.cell.settings),
            k=k,
            provenance="measured",
            drafting=self.times.drafting(k, [prompt.accept for prompt in self.trace.prompts]),
            acceptance=counted_acceptance(self.counted, k, self.check),
            power=self.power,
            serving=self.serving,
            verification=verification,
            models=Models(
                draft=self.times.model,
                target=self._target(),
                draft_tensor_types=self.tensor_types,
                draft_tensor_types_reason=None,
            ),
            environment=self.environment,
            flags=(
                *self.times.flags(k),
                *self.counted.flags(),
                *self.check.flags(),
                *_timed_greedily(self.trace.decoding),
                *self._flags_of_opening(),
                *heat_flags(self.times.visits),
                *power_flags(self.times.visits, rolls_back=self.times.model.rolls_back is not False),
                *_whoever_answers(self.spec),
                *_whoever_measures_beside(self.lock_fallback_reason),
            ),
            samples=self.samples,
        )

    def _flags_of_opening(self) -> tuple[Flag, ...]:
        board = self.environment.device
        return () if board is None else flags_of_opening(self.times.model, board)

    def _target(self) -> TargetFacts:
        text, target = self.trace.text, self.family.target
        return TargetFacts(
            sha256=text.target_sha256,
            sha256_reason=None if text.target_sha256 else "a server's files cannot be seen",
            dtype=target.dtype if target.transformers else None,
            runtime=text.runtime,
        )


def counted_acceptance(trace: AcceptanceTrace, k: int, check: AcceptanceCheck) -> CountedAcceptance:
    """What a row says of it, at one K."""
    counts, text = trace.acceptance(k), trace.text
    return CountedAcceptance(
        rate=counts.rate,
        rounds=counts.rounds,
        drafted=counts.drafted,
        accepted=counts.accepted,
        by_prompt=counts.by_prompt,
        prompts_sha256=counts.prompts_sha256,
        asked=text.asked,
        asked_reason=None,
        prompting=text.writing.prompts.prompting,
        prompting_reason=None,
        decoding=counts.decoding,
        method=METHOD if trace.certain else EXPECTED,
        last_round="counted whole",
        prompts=len(text.prompts),
        new_tokens=text.writing.new_tokens,
        prompt_s=None if text.prompt_s is None else round(text.prompt_s, 6),
        check=check.check,
        check_reason=check.reason,
    )


def recounted(row: Row, trace: AcceptanceTrace, samples: SampleRefs) -> Row:
    """The row with its acceptance over more prompts; what the device said of it stands."""
    check = AcceptanceCheck(check=row.acceptance.check, reason=row.acceptance.check_reason)
    flags = [one for one in row.flags if one.code != "few_prompts"]
    return replace(
        row,
        acceptance=counted_acceptance(trace, row.k, check),
        flags=(*flags, *trace.flags()),
        samples=replace(row.samples, text=samples.text, acceptance=samples.acceptance),
    )


def _timed_greedily(decoding: Decoding) -> tuple[Flag, ...]:
    """Rounds are timed without sampling, which a large vocabulary makes slower; end-to-end rows are timed with it."""
    certain = decoding.greedy or decoding.rule == "match-greedy-draft"
    return () if certain else (flag("timed_greedily"),)


def _whoever_answers(spec: DeviceSpec) -> tuple[Flag, ...]:
    unchecked = isinstance(spec.connection, SshSpec) and spec.connection.host_keys == "off"
    return (flag("host_keys_off"),) if unchecked else ()


def _whoever_measures_beside(lock_fallback_reason: str | None) -> tuple[Flag, ...]:
    return () if lock_fallback_reason is None else (flag("own_lock", cause=lock_fallback_reason[:_REASON_LETTERS]),)
