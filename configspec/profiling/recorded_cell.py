"""Rows of a device that replays recorded figures: nothing is timed, everything is looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from configspec.records.acceptance import CountedAcceptance
from configspec.records.drafting import Drafting
from configspec.records.power import Power
from configspec.records.prefill import Prefill
from configspec.records.profile_file import ProfileFile, read_profile
from configspec.records.row import Environment, Row
from configspec.records.stated import StatedFacts
from configspec.testbed.device_spec import ReplaySpec
from configspec.testbed.inventory import Inventory
from configspec.theory.evidence import NOTHING_KNOWN, Evidence
from configspec.theory.ids import Cell
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.timing import tokens_per_s

METHOD = "replay of a profile file"
NO_DEVICE = "no device was timed"


class Recordings:
    """The profile files of a testbed, each read once. Its rows are made when they are asked for, and not kept."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._profiles: dict[Path, ProfileFile] = {}
        self._cells: dict[tuple[Path, str, str], dict[Cell, list[Configuration]]] = {}

    def rows(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row]:
        """The rows by K of a cell whose device replays; serving is the file's, or else the inventory's."""
        replay = self._inventory.devices[cell.device].replay
        assert replay is not None
        if replay.profile not in self._profiles:
            self._profiles[replay.profile] = read_profile(replay.profile)
        profile = self._profiles[replay.profile]
        serving = profile.serving.get(cell.family, self._inventory.serving_for(cell.family))
        environment = Environment(source=profile.source, profile=replay.profile.name)
        found = self._cells_of(profile, replay, cell.device).get(cell, ())
        return {one.k: recorded_row(one, serving, environment) for one in found if one.k in ks}

    def _cells_of(self, profile: ProfileFile, replay: ReplaySpec, name: str) -> Mapping[Cell, Sequence[Configuration]]:
        key = (replay.profile, replay.device, name)
        if key not in self._cells:
            cells: dict[Cell, list[Configuration]] = {}
            for one in profile.configurations(replay.device, as_name=name):
                cells.setdefault(one.cell, []).append(one)
            self._cells[key] = cells
        return self._cells[key]


def recorded_row(one: Configuration, serving: Serving, environment: Environment) -> Row:
    """The row of one recorded configuration."""
    counts = one.acceptance
    return Row(
        device=one.device,
        family=one.family,
        draft=one.draft,
        quant=one.quant,
        algorithm=one.cell.drafter.algorithm,
        settings=dict(one.cell.settings),
        k=one.k,
        provenance=one.provenance,
        drafting=Drafting(
            tokens_per_s=tokens_per_s(one.k, one.round_s),
            round_s=one.round_s,
            round_samples_s=one.round_samples_s,
            method="replay",
            clock="none: no device was timed",
            going_back_reason=NO_DEVICE,
            passes_reason=NO_DEVICE,
            prefill=None if one.prompt_tokens_per_s is None else Prefill(tokens_per_s=one.prompt_tokens_per_s),
            prefill_reason=one.prompt_reason,
        ),
        acceptance=CountedAcceptance(
            rate=counts.rate,
            rounds=counts.rounds,
            drafted=counts.drafted,
            accepted=counts.accepted,
            by_prompt=counts.by_prompt,
            prompts_sha256=counts.prompts_sha256,
            asked_reason="recorded figures do not say which prompts were asked",
            prompting_reason="a profile file does not say",
            decoding=counts.decoding,
            method=METHOD,
        ),
        power=Power(watts=one.power_w, reason=one.power_reason),
        serving=serving,
        environment=environment,
        flags=one.flags,
        stated=_stated(one.evidence),
    )


def _stated(evidence: Evidence) -> StatedFacts | None:
    if evidence == NOTHING_KNOWN:
        return None
    return StatedFacts(
        weights_bytes=evidence.weights_bytes,
        memory_bytes_per_s=evidence.memory_bytes_per_s,
        values=evidence.stated,
    )
