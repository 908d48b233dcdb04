"""Rows of a device that replays recorded figures: nothing is timed, everything is looked up."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.profiling.drafting_speed import tokens_per_s
from configspec.records.profile_file import read_profile
from configspec.records.row import CountedAcceptance, Drafting, Environment, Power, Row
from configspec.testbed.device_spec import ReplaySpec
from configspec.theory.ids import Cell
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

METHOD = "replay of a profile file"


def recorded_rows(cell: Cell, ks: Sequence[int], replay: ReplaySpec, otherwise: Serving) -> dict[int, Row]:
    """A cell's rows by K, as the profile file has them; `otherwise` is assumed where it says nothing of serving."""
    profile = read_profile(replay.profile)
    serving = profile.serving.get(cell.family, otherwise)
    environment = Environment(source=profile.source, profile=replay.profile.name)
    return {
        one.k: recorded_row(one, serving, environment)
        for one in profile.configurations(replay.device, as_name=cell.device)
        if one.cell == cell and one.k in ks
    }


def recorded_row(one: Configuration, serving: Serving, environment: Environment) -> Row:
    """The row of one recorded configuration."""
    counts = one.acceptance
    return Row(
        device=one.device,
        family=one.family,
        draft=one.draft,
        quant=one.quant,
        algorithm=one.cell.drafter.algorithm,
        k=one.k,
        provenance=one.provenance,
        drafting=Drafting(
            tokens_per_s=tokens_per_s(one.k, one.round_s),
            round_s=one.round_s,
            round_samples_s=one.round_samples_s,
            method="replay",
            clock="none: no device was timed",
        ),
        acceptance=CountedAcceptance(
            rate=counts.rate,
            rounds=counts.rounds,
            drafted=counts.drafted,
            accepted=counts.accepted,
            by_prompt=counts.by_prompt,
            prompts_sha256=counts.prompts_sha256,
            decoding=counts.decoding,
            method=METHOD,
        ),
        power=Power(watts=one.power_w, reason=one.power_reason),
        serving=serving,
        environment=environment,
        flags=one.flags,
    )
