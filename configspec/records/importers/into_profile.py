"""Imported figures -> a profile file, cell by cell. A figure that is there already is never written over in silence.

The file is changed as the JSON that it is, so that what a person wrote into it stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.records.importers.imported import (
    CONFIDENCE,
    Imported,
    ImportedAcceptance,
    ImportedSpeed,
    ImportedVerification,
)
from configspec.records.json_node import Node, read_json
from configspec.records.profile_file import VERSION, ProfileFile, checked_profile
from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter

Object: TypeAlias = dict[str, object]
PROVENANCE = "derived"
NO_ACCEPTANCE = "its acceptance was not imported yet"
NO_DRAFTING = "its drafting speed was not imported yet"
NO_POWER = "no power was imported"
NO_TARGET = "not named by whoever imported its figures"
LISTED = 5
SAID = 80  # letters of what a message repeats
TEXT_LETTERS = 9000  # of the sources of a file, one after another


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a person says of a whole file; a price and a billing where times of verification are imported."""

    source: str | None = None
    license: str | None = None
    target: str | None = None
    usd_per_million_tokens: float | None = None
    bills: str | None = None
    replace: bool = False


@dataclass(slots=True)
class Changes:
    """What became of the figures."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    conflicts: list[str] = field(default_factory=list)


def read_document(path: Path) -> Object | None:
    """The profile file that figures are to go into; None where there is none yet.

    Raises:
        RecordError: It is no profile file, or a damaged one.
        UsageError: Its figures are of another kind, with which imported ones must not be mixed.
    """
    if not path.exists():
        return None
    root = read_json(path)
    checked_profile(root)
    document = root.value
    assert isinstance(document, dict)
    if document["provenance"] != PROVENANCE or document["confidence"] != CONFIDENCE:
        found = f"'{document['provenance']}' at a confidence of {document['confidence']}"
        raise UsageError(
            f"{path}: its figures are {found}, and imported ones '{PROVENANCE}' at {CONFIDENCE}: one file cannot say "
            "both. Name another."
        )
    return document


def put_in(path: Path, document: Object | None, each: Sequence[Imported], labels: Labels) -> tuple[Object, Changes]:
    """The document with the figures of several files.

    Raises:
        UsageError: It has other figures for a cell, or a price is missing.
        RecordError: What would be written is no profile: a figure is beyond what a record can hold.
    """
    whole = document if document is not None else _new(labels)
    _tell_source(whole, each, labels)
    changes = Changes()
    for imported in each:
        for row in imported.acceptance:
            _put_acceptance(whole, row, labels, changes)
    for imported in each:
        for speed in imported.speeds:
            _put_speed(whole, speed, labels, changes)
        for time in imported.verification:
            _put_time(whole, time, labels, changes)
    _settle_reasons(whole)
    if changes.conflicts:
        listed = "; ".join(changes.conflicts[:LISTED])
        more = len(changes.conflicts) - LISTED
        rest = f"; and {more} more" if more > 0 else ""
        raise UsageError(
            f"{path}: something else is there already: {listed}{rest}. --replace takes the new ones; "
            "--family names another family, where they are two."
        )
    checked_document(path, whole)
    return whole, changes


def checked_document(path: Path, document: Object) -> ProfileFile:
    """The profile that the document is; RecordError where it is none."""
    return checked_profile(Node(path, "", document))


def _new(labels: Labels) -> Object:
    return {
        "configspec_profile": VERSION,
        "provenance": PROVENANCE,
        "confidence": CONFIDENCE,
        "source": "",
        "license": labels.license or "not stated",
        "note": "Figures of other tools, imported: never measured by configspec.",
        "families": {},
        "devices": {},
    }


def _tell_source(document: Object, each: Sequence[Imported], labels: Labels) -> None:
    """The file's source has each tool, or what the person says in its place."""
    known = str(document["source"])
    versions = [one.version for one in each]
    added = [one for one in ([labels.source] if labels.source else versions) if one not in known]
    document["source"] = "; ".join(dict.fromkeys((*([known] if known else []), *added)))[:TEXT_LETTERS]
    if labels.license:
        document["license"] = labels.license


def _family(document: Object, name: str, labels: Labels, changes: Changes) -> Object:
    families = _object(document, "families")
    if name not in families:
        families[name] = {"target": labels.target or NO_TARGET, "acceptance": []}
    family = _object(families, name)
    if labels.target:
        known = family["target"]
        if known == NO_TARGET or _may_say(f"{name}: target", known, labels.target, labels, changes):
            family["target"] = labels.target
    return family


def _put_acceptance(document: Object, row: ImportedAcceptance, labels: Labels, changes: Changes) -> None:
    rows = _list(_family(document, row.family, labels, changes), "acceptance")
    entry: Object = {
        **_named(row.drafter),
        "k": row.k,
        "rate": _figure(row.rate),
        "from": row.source,
        **({"warnings": list(row.warnings)} if row.warnings else {}),
    }
    keys = ("draft", "quant", "k")
    at = next((index for index, old in enumerate(rows) if all(old[key] == entry[key] for key in keys)), None)
    what = f"{row.family} {row.drafter} K={row.k}: acceptance"
    if at is None:
        rows.append(entry)
        changes.new += 1
    elif _may_write(what, rows[at]["rate"], entry["rate"], labels, changes):
        rows[at] = entry


def _put_speed(document: Object, speed: ImportedSpeed, labels: Labels, changes: Changes) -> None:
    _family(document, speed.family, labels, changes)
    devices = _object(document, "devices")
    if speed.device not in devices:
        devices[speed.device] = {"name": speed.hardware or speed.device, "cells": []}
    cells = _list(_object(devices, speed.device), "cells")
    named: Object = {"family": speed.family, **_named(speed.drafter)}
    cell = next((one for one in cells if all(one[key] == value for key, value in named.items())), None)
    if cell is None:
        cell = {
            **named,
            "drafting_tokens_per_s": None,
            "power_w": None,
            "drafting_reason": NO_DRAFTING,
            "power_reason": NO_POWER,
        }
        cells.append(cell)
    figures = {
        "drafting_tokens_per_s": speed.drafting_tokens_per_s,
        "prompt_tokens_per_s": speed.prompt_tokens_per_s,
        "power_w": speed.power_w,
    }
    what = f"{speed.device}: {speed.family} {speed.drafter}"
    written = [_put_figure(cell, name, one, what, labels, changes) for name, one in figures.items() if one is not None]
    if any(written):
        told = [str(cell["from"])] if "from" in cell and not labels.replace else []
        cell["from"] = "; ".join(dict.fromkeys((*told, speed.source)))[:TEXT_LETTERS]
        known = [] if labels.replace else [str(one) for one in _list_or_none(cell, "warnings")]
        warnings = list(dict.fromkeys((*known, *speed.warnings)))
        cell.update({"warnings": warnings} if warnings else {})


def _put_figure(cell: Object, name: str, figure: Estimate, what: str, labels: Labels, changes: Changes) -> bool:
    """Whether it was written."""
    old, new = cell.get(name), _figure(figure)
    if old is None:
        cell[name] = new
        cell.pop({"drafting_tokens_per_s": "drafting_reason", "power_w": "power_reason"}.get(name, ""), None)
        changes.new += 1
        return True
    if not _may_write(f"{what}: {name}", old, new, labels, changes):
        return False
    cell[name] = new
    return True


def _put_time(document: Object, time: ImportedVerification, labels: Labels, changes: Changes) -> None:
    family = _family(document, time.family, labels, changes)
    if "serving" not in family:
        if labels.usd_per_million_tokens is None:
            raise UsageError(
                f"--usd-per-million is missing: the profile does not say yet what a token of {time.family} costs there."
            )
        price = labels.usd_per_million_tokens
        family["serving"] = {
            "verify_s": time.seconds,
            "usd_per_million_tokens": price,
            "bills": labels.bills or "drafted",
        }
    serving = _object(family, "serving")
    said = {"usd_per_million_tokens": labels.usd_per_million_tokens, "bills": labels.bills}
    for name, value in said.items():
        if value is not None and _may_say(f"{time.family}: {name}", serving.get(name), value, labels, changes):
            serving[name] = value
    times = _list(serving, "verify_s_by_k")
    entry: Object = {"k": time.k, "verify_s": time.seconds, "from": time.source}
    at = next((index for index, old in enumerate(times) if old["k"] == time.k), None)
    if at is None:
        times.append(entry)
        changes.new += 1
    elif _may_write(f"{time.family} K={time.k}: verify_s", times[at]["verify_s"], time.seconds, labels, changes):
        times[at] = entry
    times.sort(key=lambda one: int(str(one["k"])))
    serving["verify_s"] = times[-1]["verify_s"]  # of a K without a time of its own, as where it is measured here


def _settle_reasons(document: Object) -> None:
    """A cell says that it has no acceptance, as long as that is so."""
    for device in _object(document, "devices").values():
        assert isinstance(device, dict)
        for cell in _list(device, "cells"):
            rows = _list(_object(_object(document, "families"), str(cell["family"])), "acceptance")
            if any(row["draft"] == cell["draft"] and row["quant"] == cell["quant"] for row in rows):
                cell.pop("acceptance_reason", None)
            else:
                cell.setdefault("acceptance_reason", NO_ACCEPTANCE)


def _may_write(what: str, old: object, new: object, labels: Labels, changes: Changes) -> bool:
    if old == new:
        changes.unchanged += 1
        return False
    if labels.replace:
        changes.replaced += 1
        return True
    changes.conflicts.append(f"{what} {_shown(old)}, and {_shown(new)} now")
    return False


def _may_say(what: str, old: object, new: object, labels: Labels, changes: Changes) -> bool:
    """Whether what a person says takes the place of what is there: of two that differ, one would be lost unseen."""
    if old == new or labels.replace:
        return True
    told = f"{what} {printable(repr(old), at_most=SAID)}, and {printable(repr(new), at_most=SAID)} now"
    if told not in changes.conflicts:
        changes.conflicts.append(told)
    return False


def _shown(value: object) -> str:
    found = value["value"] if isinstance(value, dict) else value
    return f"{found:.4g}" if isinstance(found, int | float) else "null"


def _named(drafter: Drafter) -> Object:
    return {"draft": drafter.draft, "quant": drafter.quant}


def _figure(estimate: Estimate) -> Object:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _object(parent: Object, name: str) -> Object:
    found = parent[name]
    assert isinstance(found, dict)  # checked when it was read, or made here
    return found


def _list(parent: Object, name: str) -> list[Object]:
    found = parent.setdefault(name, [])
    assert isinstance(found, list)
    return found


def _list_or_none(parent: Object, name: str) -> list[object]:
    found = parent.get(name, [])
    assert isinstance(found, list)
    return found
