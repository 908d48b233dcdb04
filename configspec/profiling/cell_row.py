"""What is known of a cell at one K, put into the row that is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from configspec.profiling.acceptance_check import AcceptanceCheck
from configspec.profiling.drafting_speed import DraftingTimes
from configspec.profiling.end_to_end import NO_METER
from configspec.profiling.workbench import Prepared
from configspec.records.row import Row
from configspec.testbed.specs import DeviceSpec, SshSpec, SweepSpec
from configspec.theory.decoding import Decoding
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

METHOD = "teacher-forced replay of the target's text"
EXPECTED = f"{METHOD}: expected counts over what the draft may sample"


def cell_row(
    spec: DeviceSpec,
    prepared: Prepared,
    k: int,
    timing: DraftingTimes,
    check: AcceptanceCheck,
    *,
    sweep: SweepSpec,
    serving: Serving,
    environment: Mapping[str, Any],
) -> Row:
    """One K of a cell, as it was timed on the device and counted on the host."""
    family, trace, scores = prepared.family, prepared.trace, prepared.scores
    configuration = Configuration(
        device=spec.name,
        family=family.name,
        draft=prepared.draft,
        quant=prepared.quant,
        k=k,
        round_s=timing.round_s(k),
        round_samples_s=timing.samples_s(k),
        acceptance=scores.acceptance(k),
        power_w=None,
        power_reason=NO_METER,
        provenance="measured",
        warnings=(
            *timing.flags(k, sweep),
            *scores.flags(),
            *check.flags(),
            *_timed_greedily(sweep.decoding),
            *_whoever_answers(spec),
        ),
    )
    return Row(
        configuration=configuration,
        serving=serving,
        token_samples_s=timing.token_samples_s(k),
        drafting=timing.record(k, sweep),
        acceptance={
            "method": METHOD if scores.certain else EXPECTED,
            "last_round": "counted whole",
            "prompts": len(trace.prompts),
            "new_tokens": sweep.new_tokens,
            **check.record(),
        },
        models={
            "draft": asdict(timing.model),
            "target": {
                "sha256": trace.target_sha256,
                "sha256_reason": None if trace.target_sha256 else "a server's files cannot be seen",
                "dtype": family.target.dtype if family.target.transformers else None,
                "runtime": trace.runtime,
            },
        },
        environment=environment,
    )


def retried(row: Row, failures: Sequence[str]) -> Row:
    """The row, which it took more than one attempt to measure; why the first one failed stands in it."""
    attempts, first_cause = row.attempts + len(failures), row.first_cause or failures[0]
    flag = f"unstable: attempt {attempts} was the first to succeed. {first_cause}"
    configuration = replace(row.configuration, warnings=(*row.configuration.warnings, flag))
    return replace(row, configuration=configuration, attempts=attempts, first_cause=first_cause)


def _timed_greedily(decoding: Decoding) -> tuple[str, ...]:
    """Rounds are timed without sampling, which a large vocabulary makes slower; end-to-end rows are timed with it."""
    if decoding.greedy or decoding.rule == "match-greedy-draft":
        return ()
    return (
        "drafting was timed greedily: sampling takes longer a token, which end-to-end rows count and this does not",
    )


def _whoever_answers(spec: DeviceSpec) -> tuple[str, ...]:
    if isinstance(spec.connection, SshSpec) and spec.connection.host_keys == "off":
        return ("host keys are not checked: whoever answered was measured",)
    return ()
