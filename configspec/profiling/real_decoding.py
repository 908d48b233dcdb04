"""Decodes one configuration for real, on its device and with its target, and adds what was found to its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.profiling.end_to_end import check_room, decode_prompts, summarise
from configspec.profiling.meters import Meters
from configspec.profiling.opened_cell import CellOpener
from configspec.profiling.parts import Parts, prepared_draft
from configspec.profiling.workbench import Workbench
from configspec.records.power import NO_METER
from configspec.records.row import Row
from configspec.theory.ids import ConfigurationId
from configspec.theory.statistics import disturbed


@dataclass(frozen=True, slots=True, kw_only=True)
class RealDecoding:
    """Of the configurations of one session."""

    bench: Workbench
    opener: CellOpener
    meters: Meters
    parts: Parts

    def row(self, configuration: ConfigurationId, row: Row, ks: Sequence[int]) -> Row:
        """The row of its profile, with the decoding and the target's verification; `ks` are all K of its cell.

        Raises:
            UsageError, TestbedError: The draft, its text, the target, or the device.
            OutputDiffers: A text came out that is not the target's own.
        """
        bench, sweep, cell, k = self.bench, self.bench.inventory.sweep, configuration.cell, configuration.k
        spec = bench.inventory.devices[cell.device].for_cell(cell)
        prepared = prepared_draft(bench, cell, self.parts)
        target = bench.target(prepared.family)
        check_room(prepared.trace, k, sweep, spec, target)
        verification = bench.verification(prepared.family, ks)
        device = bench.device(spec)
        self.opener.forget()
        device.open_model(bench.stage(spec, cell.family, cell.drafter).path, spec.llama_cpp)
        metered = self.meters.of(device)
        decoded = decode_prompts((device, target), prepared.trace, configuration, sweep, metered.meter)
        found = summarise(decoded, sweep, spec.link, row.power, metered.reason or NO_METER)
        doubt = disturbed(found.repeats_s, "end_to_end")
        more = (doubt,) if doubt else ()
        return replace(
            row.flagged(*verification.flags(k), *more), verification=verification.record(k), end_to_end=found
        )
