"""Profiles written down as figures: a file in place of boards which are not here.

    {
      "configspec_profile": 1,
      "provenance": "derived",                     or measured, declared, modelled: of every figure in the file
      "confidence": 1.0,                           with which each low..high bounds its value
      "source": "...", "license": "...", "note": "...",
      "families": {
        "llama-3.1-70b": {
          "target": "Llama-3.1-70B",
          "serving": {"verify_s": 0.5, "usd_per_million_tokens": 0.9, "bills": "drafted"},
          "acceptance": [                          one row for each draft, quantisation and K
            {"draft": "1b-inst", "quant": "Q4_K_M", "k": 2, "rate": FIGURE, "from": "...", "warnings": ["..."]}
          ]
        }
      },
      "devices": {
        "rpi5": {
          "name": "Raspberry Pi 5",
          "cells": [
            {"family": "llama-3.1-70b", "draft": "1b-inst", "quant": "Q4_K_M",
             "drafting_tokens_per_s": FIGURE, "power_w": FIGURE or null, "power_reason": "..."}
          ]
        }
      }
    }

FIGURE is {"value": 1.0, "low": 0.9, "high": 1.1}. `note` and `warnings` may be left out, and `power_reason` where
there is a figure; a null `power_w` needs its reason. A device's cell has a configuration for each K of its acceptance
rows: acceptance belongs to the two models, so all devices share it. Unknown keys are errors, so that none is misread.

Version 1 is the first. Another meaning of any key is another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.errors import RecordError, did_you_mean
from configspec.records.bounds import (
    LEAST_WATTS,
    LONGEST_S,
    MOST_K,
    MOST_WATTS,
    SHORTEST_S,
)
from configspec.records.json_node import Node, read_json
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import flag
from configspec.theory.ids import Drafter, configuration_id
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD, MOST_VERIFY_S, Serving

VERSION = 1


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

    def configurations(self, device: str, as_name: str) -> tuple[Configuration, ...]:
        """The configurations of one of the file's devices, under the name that the inventory gives it."""
        if device not in self.devices:
            raise RecordError(f"{self.path}: devices has no {device!r}. {did_you_mean(device, self.devices)}")
        return tuple(replace(one, id=replace(one.cell, device=as_name).at(one.k)) for one in self.devices[device])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    serving: Serving
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
    root = read_json(Path(path))
    _check_version(root)
    fields = root.fields(
        "configspec_profile", "provenance", "confidence", "source", "license", "families", "devices", optional=("note",)
    )
    provenance: Provenance = fields["provenance"].one_of("measured", "derived", "declared", "modelled")
    confidence = fields["confidence"].number(least=0, most=1)
    families = {name: _family(node, confidence) for name, node in fields["families"].named().items()}
    devices = fields["devices"].named()
    return ProfileFile(
        path=root.file,
        source=fields["source"].text(),
        license=fields["license"].text(),
        note=fields["note"].text() if "note" in fields else "",
        provenance=provenance,
        devices={name: _device(name, node, families, provenance, confidence) for name, node in devices.items()},
        serving={name: family.serving for name, family in families.items()},
    )


def _check_version(root: Node) -> None:
    version = root.entries().get("configspec_profile")
    if version is None:
        raise root.wrong(f'it has no "configspec_profile": {VERSION}, so this is not a profile file')
    if isinstance(version.value, bool) or version.value != VERSION:
        raise version.wrong(f"found {version.found()}; this configspec reads version {VERSION}. Another may read it")


def _family(node: Node, confidence: float) -> _Family:
    fields = node.fields("target", "serving", "acceptance")
    fields["target"].text()
    acceptance: dict[Drafter, dict[int, _Rate]] = {}
    for row in fields["acceptance"].items():
        parts = row.fields("draft", "quant", "k", "rate", "from", optional=("warnings",))
        parts["from"].text()
        of_cell = acceptance.setdefault(_drafter(parts), {})
        k = parts["k"].count(most=MOST_K)
        if k in of_cell:
            raise row.wrong(f"this draft, quantisation and K={k} are given twice; remove one")
        warnings = parts["warnings"].items() if "warnings" in parts else []
        rate = _figure(parts["rate"], confidence, least=0, most=1)
        of_cell[k] = _Rate(estimate=rate, warnings=tuple(warning.text() for warning in warnings))
    return _Family(serving=_serving(fields["serving"]), acceptance=acceptance)


def _drafter(parts: Mapping[str, Node]) -> Drafter:
    return Drafter(draft=parts["draft"].name(), quant=parts["quant"].name())


def _serving(node: Node) -> Serving:
    fields = node.fields("verify_s", "usd_per_million_tokens", "bills")
    return Serving(
        verify_s=fields["verify_s"].number(least=0, most=MOST_VERIFY_S),
        usd_per_million_tokens=fields["usd_per_million_tokens"].number(least=LEAST_USD, most=MOST_USD),
        bills=fields["bills"].one_of("drafted", "drafted+1"),
    )


def _device(
    device: str, node: Node, families: Mapping[str, _Family], provenance: Provenance, confidence: float
) -> tuple[Configuration, ...]:
    fields = node.fields("name", "cells")
    fields["name"].text()
    configurations: list[Configuration] = []
    seen: set[tuple[str, Drafter]] = set()
    for cell in fields["cells"].items():
        parts = cell.fields("family", "draft", "quant", "drafting_tokens_per_s", "power_w", optional=("power_reason",))
        family, drafter = parts["family"].one_of(*families), _drafter(parts)
        if (family, drafter) in seen:
            raise cell.wrong(f"{family} {drafter} is given twice; remove one")
        seen.add((family, drafter))
        by_k = families[family].acceptance.get(drafter)
        if by_k is None:
            raise cell.wrong(f"families.{family}.acceptance has no row for {drafter}; add one")
        speed = _speed(parts["drafting_tokens_per_s"], confidence, longest_k=max(by_k))
        power_w, power_reason = _power(cell, parts, confidence)
        configurations += [
            Configuration(
                id=configuration_id(device, family, drafter.draft, drafter.quant, k),
                round_s=_round_s(k, speed),
                acceptance=Acceptance(rate=rate.estimate, rounds=None, drafted=None, accepted=None),
                power_w=power_w,
                power_reason=power_reason,
                provenance=provenance,
                flags=tuple(flag("note", text=warning) for warning in rate.warnings),
            )
            for k, rate in sorted(by_k.items())
        ]
    return tuple(configurations)


def _power(cell: Node, parts: Mapping[str, Node], confidence: float) -> tuple[Estimate | None, str | None]:
    reason = parts["power_reason"].text() if "power_reason" in parts else None
    if parts["power_w"].value is not None:
        return _figure(parts["power_w"], confidence, least=LEAST_WATTS, most=MOST_WATTS), reason
    if reason is None:
        raise cell.wrong("power_w is null; power_reason must say why")
    return None, reason


def _speed(node: Node, confidence: float, *, longest_k: int) -> Estimate:
    """Tokens a second, with which a round of every K takes a time that a record can hold."""
    speed = _figure(node, confidence, least=1 / LONGEST_S, most=1 / SHORTEST_S)
    if _round_s(longest_k, speed).high > LONGEST_S:
        raise node.wrong(f"found {node.found()}; with it, a round of K={longest_k} takes more than {LONGEST_S:g} s")
    return speed


def _round_s(k: int, speed: Estimate) -> Estimate:
    """Seconds to draft K tokens; the slowest speed makes the longest round."""
    return Estimate(
        value=k / speed.value, low=k / speed.high, high=k / speed.low, confidence=speed.confidence, n=speed.n
    )


def _figure(node: Node, confidence: float, *, least: float, most: float) -> Estimate:
    parts = node.fields("value", "low", "high")
    value, low, high = (parts[name].number(least=least, most=most) for name in ("value", "low", "high"))
    if not low <= value <= high:
        raise node.wrong(f"found {node.found()}; low must not be above value, nor value above high")
    return Estimate(value=value, low=low, high=high, confidence=confidence, n=0)
