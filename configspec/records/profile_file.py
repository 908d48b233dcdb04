"""Profiles written down as figures: a file in place of boards which are not here.

    {
      "configspec_profile": 1,
      "provenance": "derived",                     or measured, declared, modelled: of every figure in the file
      "confidence": 1.0,                           with which each low..high bounds its value
      "source": "...", "license": "...", "note": "...",
      "families": {
        "llama-3.1-70b": {
          "target": "Llama-3.1-70B",
          "serving": {"verify_s": 0.5, "usd_per_million_tokens": 0.9, "bills": "drafted",
                      "verify_s_by_k": [{"k": 4, "verify_s": 0.4, "from": "..."}]},
          "acceptance": [                          one row for each draft, quantisation and K
            {"draft": "1b-inst", "quant": "Q4_K_M", "k": 2, "rate": FIGURE, "from": "...", "warnings": ["..."]}
          ]
        }
      },
      "devices": {
        "rpi5": {
          "name": "Raspberry Pi 5", "memory_bytes_per_s": 17.07e9,
          "cells": [
            {"family": "llama-3.1-70b", "draft": "1b-inst", "quant": "Q4_K_M",
             "drafting_tokens_per_s": FIGURE or null, "drafting_reason": "...",
             "prompt_tokens_per_s": FIGURE, "power_w": FIGURE or null, "power_reason": "...",
             "acceptance_reason": "...", "from": "...", "warnings": ["..."], "weights_bytes": 807690656,
             "stated": [{"k": 2, "goodput_tokens_per_s": FIGURE, "tokens_per_usd": FIGURE,
                         "drafting_j_per_token": FIGURE, "from": "..."}]}
          ]
        }
      }
    }

FIGURE is {"value": 1.0, "low": 0.9, "high": 1.1}. What is null needs its reason: `power_reason`, `drafting_reason`; so
does a cell whose drafter has no row of acceptance, `acceptance_reason`. A reason may stand where there is a figure. Of
the rest, `note`, `serving`, `verify_s_by_k`, `prompt_tokens_per_s`, `warnings`, and `from` of a cell and a time, may be
left out; without `serving`, `devices.yaml` says what is assumed. `verify_s` is for each K that `verify_s_by_k` lacks.

`memory_bytes_per_s` (as the device's maker states it), `weights_bytes` (that a token reads; of a mixture of experts,
of the active ones) and `stated` (what the source states of an objective, with the interval of its rounding) may be left
out too. Nothing is ranked by them: they are what the figures are held against (`docs/plausibility.md`).

A device's cell has a configuration for each K of its acceptance rows: acceptance belongs to the two models, so all
devices share it. A cell without acceptance or without a drafting speed has none yet. Unknown keys are errors, so that
none is misread.

Version 1 is the first; every file of it that was ever valid still is. Another meaning of any key is another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from configspec.errors import RecordError, did_you_mean
from configspec.records.bounds import MOST_K
from configspec.records.json_node import Node, read_json
from configspec.records.profile_figures import figure, known_of, round_s, speed, stated_by_k, texts, watts
from configspec.records.stated import MOST_BYTES_PER_S
from configspec.theory.evidence import NOTHING_KNOWN, Evidence
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import flag
from configspec.theory.ids import Cell, Drafter
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD, MOST_VERIFY_S, Serving

VERSION = 1
NO_PROMPT = "its profile file has no prompt_tokens_per_s"
OPTIONAL_OF_CELL = (
    "power_reason",
    "drafting_reason",
    "acceptance_reason",
    "prompt_tokens_per_s",
    "from",
    "warnings",
    "weights_bytes",
    "stated",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """What a profile file says: configurations by device, serving assumptions by family, and where it is from."""

    path: Path
    source: str
    license: str
    note: str
    provenance: Provenance
    devices: Mapping[str, tuple[Configuration, ...]]
    serving: Mapping[str, Serving]
    cells: Mapping[str, tuple[RecordedCell, ...]]

    def configurations(self, device: str, as_name: str) -> tuple[Configuration, ...]:
        """The configurations of one of the file's devices, under the name that the inventory gives it."""
        if device not in self.devices:
            raise RecordError(f"{self.path}: devices has no {device!r}. {did_you_mean(device, self.devices)}")
        return tuple(replace(one, id=replace(one.cell, device=as_name).at(one.k)) for one in self.devices[device])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCell:
    """A cell with its speeds and power, whether it has configurations or not; what is not known is None."""

    cell: Cell
    drafting_tokens_per_s: Estimate | None
    prompt_tokens_per_s: Estimate | None
    power_w: Estimate | None
    power_reason: str | None
    lacks: tuple[str, ...]  # why it has no configurations
    warnings: tuple[str, ...]
    evidence: Mapping[int, Evidence] = field(default_factory=dict)  # by K; of every other K, what `known` has
    known: Evidence = NOTHING_KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    serving: Serving | None
    acceptance: Mapping[Drafter, Mapping[int, _Rate]]  # by drafter, then by K


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    estimate: Estimate
    warnings: tuple[str, ...]


def read_profile(path: str | Path) -> ProfileFile:
    """Read and check a profile file.

    Raises:
        RecordError: The file cannot be read or says what cannot be; the message names the key and what would do.
    """
    return checked_profile(read_json(Path(path)))


def checked_profile(root: Node) -> ProfileFile:
    """The profile that a JSON value is.

    Raises:
        RecordError: It says what cannot be.
    """
    _check_version(root)
    fields = root.fields(
        "configspec_profile", "provenance", "confidence", "source", "license", "families", "devices", optional=("note",)
    )
    provenance: Provenance = fields["provenance"].one_of("measured", "derived", "declared", "modelled")
    confidence = fields["confidence"].number(least=0, most=1)
    families = {name: _family(node, confidence) for name, node in fields["families"].named().items()}
    devices = {name: _device(name, node, families, confidence) for name, node in fields["devices"].named().items()}
    return ProfileFile(
        path=root.file,
        source=fields["source"].text(),
        license=fields["license"].text(),
        note=fields["note"].text() if "note" in fields else "",
        provenance=provenance,
        devices={
            name: tuple(one for cell in cells for one in _configurations(cell, families[cell.cell.family], provenance))
            for name, cells in devices.items()
        },
        serving={name: family.serving for name, family in families.items() if family.serving is not None},
        cells=devices,
    )


def _check_version(root: Node) -> None:
    version = root.entries().get("configspec_profile")
    if version is None:
        raise root.wrong(f'it has no "configspec_profile": {VERSION}, so this is not a profile file')
    if isinstance(version.value, bool) or version.value != VERSION:
        raise version.wrong(f"found {version.found()}; this configspec reads version {VERSION}. Another may read it")


def _family(node: Node, confidence: float) -> _Family:
    fields = node.fields("target", "acceptance", optional=("serving",))
    fields["target"].text()
    acceptance: dict[Drafter, dict[int, _Rate]] = {}
    for row in fields["acceptance"].items():
        parts = row.fields("draft", "quant", "k", "rate", "from", optional=("warnings",))
        parts["from"].text()
        of_cell = acceptance.setdefault(_drafter(parts), {})
        k = parts["k"].count(most=MOST_K)
        if k in of_cell:
            raise row.wrong(f"this draft, quantisation and K={k} are given twice; remove one")
        rate = figure(parts["rate"], confidence, least=0, most=1)
        of_cell[k] = _Rate(estimate=rate, warnings=texts(parts, "warnings"))
    return _Family(serving=_serving(fields["serving"]) if "serving" in fields else None, acceptance=acceptance)


def _drafter(parts: Mapping[str, Node]) -> Drafter:
    return Drafter(draft=parts["draft"].name(), quant=parts["quant"].name())


def _serving(node: Node) -> Serving:
    fields = node.fields("verify_s", "usd_per_million_tokens", "bills", optional=("verify_s_by_k",))
    return Serving(
        verify_s=fields["verify_s"].number(least=0, most=MOST_VERIFY_S),
        usd_per_million_tokens=fields["usd_per_million_tokens"].number(least=LEAST_USD, most=MOST_USD),
        bills=fields["bills"].one_of("drafted", "drafted+1"),
        verify_s_by_k=_verify_s_by_k(fields["verify_s_by_k"]) if "verify_s_by_k" in fields else (),
    )


def _verify_s_by_k(node: Node) -> tuple[tuple[int, float], ...]:
    found: dict[int, float] = {}
    for one in node.items():
        parts = one.fields("k", "verify_s", optional=("from",))
        if "from" in parts:
            parts["from"].text()
        k = parts["k"].count(most=MOST_K)
        if k in found:
            raise one.wrong(f"the time of K={k} is given twice; remove one")
        found[k] = parts["verify_s"].number(least=0, most=MOST_VERIFY_S)
    return tuple(sorted(found.items()))


def _device(device: str, node: Node, families: Mapping[str, _Family], confidence: float) -> tuple[RecordedCell, ...]:
    fields = node.fields("name", "cells", optional=("memory_bytes_per_s",))
    fields["name"].text()
    memory = fields.get("memory_bytes_per_s")
    memory_bytes_per_s = None if memory is None else memory.number(least=1, most=MOST_BYTES_PER_S)
    cells: dict[Cell, RecordedCell] = {}
    for cell in fields["cells"].items():
        one = _cell(device, cell, families, confidence, memory_bytes_per_s)
        if one.cell in cells:
            raise cell.wrong(f"{one.cell.family} {one.cell.drafter} is given twice; remove one")
        cells[one.cell] = one
    return tuple(cells.values())


def _cell(
    device: str, node: Node, families: Mapping[str, _Family], confidence: float, memory_bytes_per_s: float | None
) -> RecordedCell:
    parts = node.fields("family", "draft", "quant", "drafting_tokens_per_s", "power_w", optional=OPTIONAL_OF_CELL)
    family, drafter = parts["family"].one_of(*families), _drafter(parts)
    if "from" in parts:
        parts["from"].text()
    by_k = families[family].acceptance.get(drafter, {})
    no_acceptance = parts["acceptance_reason"].text() if "acceptance_reason" in parts else None
    if not by_k and no_acceptance is None:
        raise node.wrong(
            f"families.{family}.acceptance has no row for {drafter}; add one, or say why: acceptance_reason"
        )
    drafting, no_drafting = _reasoned(node, parts, "drafting_tokens_per_s", "drafting_reason")
    power, no_power = _reasoned(node, parts, "power_w", "power_reason")
    prompt = parts.get("prompt_tokens_per_s")
    known, stated = known_of(parts, memory_bytes_per_s), stated_by_k(parts, by_k, confidence)
    return RecordedCell(
        cell=Cell(device=device, family=family, drafter=drafter),
        drafting_tokens_per_s=None if drafting is None else speed(drafting, confidence, longest_k=max(by_k, default=1)),
        prompt_tokens_per_s=None if prompt is None else speed(prompt, confidence),
        power_w=None if power is None else watts(power, confidence),
        power_reason=no_power,
        lacks=tuple(
            reason
            for reason, known in ((no_acceptance, bool(by_k)), (no_drafting, drafting is not None))
            if not known and reason is not None
        ),
        warnings=texts(parts, "warnings"),
        known=known,
        evidence={k: replace(known, memory="declared", stated=values) for k, values in stated.items()},
    )


def _reasoned(node: Node, parts: Mapping[str, Node], name: str, reason_name: str) -> tuple[Node | None, str | None]:
    """A figure, None where it is null, and the reason that it then needs."""
    reason = parts[reason_name].text() if reason_name in parts else None
    if parts[name].value is not None:
        return parts[name], reason
    if reason is None:
        raise node.wrong(f"{name} is null; {reason_name} must say why")
    return None, reason


def _configurations(cell: RecordedCell, family: _Family, provenance: Provenance) -> tuple[Configuration, ...]:
    """One for each K of a cell of which both acceptance and the drafting speed are known."""
    drafting = cell.drafting_tokens_per_s
    if drafting is None:
        return ()
    return tuple(
        Configuration(
            id=cell.cell.at(k),
            round_s=round_s(k, drafting),
            acceptance=Acceptance(rate=rate.estimate, rounds=None, drafted=None, accepted=None),
            power_w=cell.power_w,
            power_reason=cell.power_reason,
            prompt_tokens_per_s=cell.prompt_tokens_per_s,
            prompt_reason=None if cell.prompt_tokens_per_s else NO_PROMPT,
            provenance=provenance,
            evidence=cell.evidence.get(k, cell.known),
            flags=tuple(flag("note", text=warning) for warning in dict.fromkeys((*rate.warnings, *cell.warnings))),
        )
        for k, rate in sorted(family.acceptance.get(cell.cell.drafter, {}).items())
    )
