"""What many rows of a results file have in common, kept once, in the file's head.

    "configspec": {"shared": {HASH: {...}}}                             in the head
    "shared": {"environment": HASH, "models": HASH}                     in a record, in place of these values

In the journal each row is whole. Records of version 1 stay as they are. The hash is that of the fact as msgspec writes
it with sorted keys; a fact that has another one was changed since, and the rows that refer to it cannot be taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from configspec.records.origin import Origin
from configspec.records.row import KEY, Environment, Models
from configspec.records.verification import Verification

SHARED = "shared"
FACTS = ("environment", "models", "verification", "origin")  # of a cell, of a draft, of a family at one K, of a file
SINCE = 2  # the version of records that may refer
KINDS = (Environment, Models, Verification, Origin)


def record_of(row: Mapping[str, object]) -> dict[str, object] | None:
    """The record of a row that configspec wrote; None of any other."""
    extra = row.get("extra_info")
    record = extra.get(KEY) if isinstance(extra, dict) else None
    return record if isinstance(record, dict) else None


class SharedFacts:
    """Collects what rows have in common; `values` are those facts by their hash."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def refer(self, row: Mapping[str, object]) -> Mapping[str, object]:
        """The row with references in place of its facts; as it is where configspec did not write it."""
        record = record_of(row)
        version = None if record is None else record.get("version")
        if record is None or not isinstance(version, int) or version < SINCE:
            return row
        facts = {key: record[key] for key in FACTS if isinstance(record.get(key), dict)}
        refs = {key: self._kept(value) for key, value in facts.items()}
        rest = {key: value for key, value in record.items() if key not in facts}
        return with_record(row, {**rest, SHARED: refs})

    def _kept(self, value: object) -> str:
        sha256 = _sha256(value)
        self.values.setdefault(sha256, value)
        return sha256


class ChangedFact:
    """In place of a fact that is not what its hash says."""


CHANGED = ChangedFact()


def checked_facts(values: Mapping[str, object]) -> dict[str, object]:
    """The facts of a file's head, each held against its hash once; `CHANGED` in place of what is another."""
    return {sha256: value if is_of_hash(value, sha256) else CHANGED for sha256, value in values.items()}


def is_of_hash(value: object, sha256: str) -> bool:
    """Whether a fact that was read is the one that was written under this hash.

    Other tools write 60.0 as 60: the same number, and another text. So it is also tried as configspec would write it.
    """
    try:
        return _sha256(value) == sha256 or any(_sha256(again) == sha256 for again in _as_written(value))
    except (ValueError, OverflowError, RecursionError):  # half a surrogate pair, 65 bits, too deep: never written here
        return False


def _as_written(value: object) -> Iterator[object]:
    for kind in KINDS:
        with suppress(msgspec.ValidationError):
            yield msgspec.to_builtins(msgspec.convert(value, kind))


def _sha256(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


class DanglingFacts(ValueError):  # noqa: N818 (it is a property of the record)
    """A record refers to facts that its file does not hold; the message continues its name."""


def resolved(row: dict[str, object], shared: Mapping[str, object]) -> dict[str, object]:
    """The row with its facts in place of the references.

    Raises:
        DanglingFacts: A reference leads nowhere, to what is not of its hash, or is none.
    """
    record = record_of(row)
    if record is None or SHARED not in record:
        return row
    refs = record[SHARED]
    if not isinstance(refs, dict) or not all(isinstance(sha256, str) for sha256 in refs.values()):
        raise DanglingFacts(
            f"shared is {refs!r:.60}; it has to name facts of the file's head, each by its hash. "
            "Fetch the whole file again"
        )
    whole = {key: value for key, value in record.items() if key != SHARED}
    for key, sha256 in refs.items():
        if key not in FACTS:
            raise DanglingFacts(f"shared names {key!r:.40}, and rows share {', '.join(FACTS)}")
        if sha256 not in shared:
            raise DanglingFacts(
                f"its {key} is in the file's head under configspec.shared, by the hash {sha256:.12}, "
                "which is not there. Fetch the whole file again"
            )
        if shared[sha256] is CHANGED:
            raise DanglingFacts(
                f"its {key} is in the file's head under configspec.shared, by the hash {sha256:.12}, "
                "which is not that of what is there: it was changed since. Fetch the whole file again"
            )
        whole[key] = shared[sha256]
    return with_record(row, whole)


def with_origin(row: Mapping[str, object], origin: Origin) -> Mapping[str, object]:
    """The row with its origin; as it is where it has one already, or where configspec did not write it."""
    record = record_of(row)
    if record is None or record.get("origin") is not None:
        return row
    return with_record(row, {**record, "origin": msgspec.to_builtins(origin)})


def with_record(row: Mapping[str, object], record: Mapping[str, object]) -> dict[str, object]:
    """The row with another record; all else stays."""
    extra = row.get("extra_info")
    return {**row, "extra_info": {**(extra if isinstance(extra, dict) else {}), KEY: record}}
