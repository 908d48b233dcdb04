"""One line of configspec's own layout, read as a row without a dict in between, or found odd.

Odd is whatever differs from what configspec writes: then `entry.py` and `journal_line.py` read the line, which takes
ten times as long, and have the words for what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Literal, TypeVar

import msgspec

from configspec.records.facts import ModelFacts
from configspec.records.origin import Origin
from configspec.records.plain import loads
from configspec.records.row import KEY, VERSION, Environment, Models, Row
from configspec.records.shared import FACTS, checked_facts, is_of_hash
from configspec.records.stated import StatedFacts
from configspec.records.verification import Verification
from configspec.theory.flags import check_numbers
from configspec.untrusted import parse_json

Fact = TypeVar("Fact")
NO_RECORD = msgspec.Raw(b"")
EXTRA, RECORD, FULLNAME = b'"extra_info":', f'"{KEY}":{{'.encode(), b'"fullname":'
COLON = b":"
DROPPED: Literal["dropped"] = "dropped"


class OddLineError(Exception):
    """Something on the line is not as configspec writes it."""


ODD = (OddLineError, ValueError, LookupError, TypeError, RecursionError)  # msgspec's errors are ValueErrors


class _References(msgspec.Struct, forbid_unknown_fields=True):
    """The hashes of what a record shares with others."""

    environment: str | None = None
    models: str | None = None
    verification: str | None = None
    origin: str | None = None


class _Record(msgspec.Struct):
    """What is looked at before a record is read as a row."""

    version: int
    shared: _References | None = None


class _Extra(msgspec.Struct, rename={"record": KEY}):
    record: msgspec.Raw = NO_RECORD


class _Entry(msgspec.Struct):
    """One entry of pytest-benchmark's."""

    fullname: str
    extra_info: _Extra


class _Line(msgspec.Struct):
    """One line of a journal behind its header."""

    row: _Entry | None = None
    dropped: str | None = None


# In a fact where a row refers to it instead.
COLONS_OF_FACT = {
    key: msgspec.json.encode(fact).count(COLON)
    for key, fact in (("environment", Environment()), ("models", Models()), ("verification", None), ("origin", None))
}
_row = msgspec.json.Decoder(Row)
_record = msgspec.json.Decoder(_Record)
_entry = msgspec.json.Decoder(_Entry)
_line = msgspec.json.Decoder(_Line)


class Facts:
    """What rows share: each is read once, however many rows refer to it."""

    def __init__(self, head: Mapping[str, msgspec.Raw]) -> None:
        self._head = head
        self._environment = _read_once(head, Environment)
        self._models = _read_once(head, Models)
        self._verification = _read_once(head, Verification)
        self._origin = _read_once(head, Origin)
        self._colons: dict[tuple[object, ...], int] = {}  # by the shape of a record
        self._around: set[int] = set()  # colons of entries without their records, of which no key stands there twice

    @cached_property
    def plain(self) -> Mapping[str, object]:
        """As the general reader has them."""
        return checked_facts({sha256: loads(bytes(raw)) for sha256, raw in self._head.items()})

    def has_colons(self, row: Row, refs: _References | None, found: int) -> bool:
        """Whether a record has no more colons than as configspec writes it: else it has a key twice, or one of its own.

        To count them takes as long as to read the row, so it is done once for all rows of one shape.
        """
        shape = _shape(row, refs)
        if self._colons.get(shape) != found:
            if found > _colons(row, refs):
                return False
            self._colons[shape] = found
        return True

    def check_around(self, line: bytes, found: int) -> None:
        """OddLineError where a line has a key twice, outside of its record too, where nothing is made of it.

        Args:
            line: All of it, the record with it.
            found: Its colons outside of the record. Lines with as many as one that was looked at are taken for alike.
        """
        if found not in self._around:
            parse_json(line, constants=True, surrogates=True, unique_keys=True)
            self._around.add(found)

    def add(self, row: Row, refs: _References) -> None:
        """Give a row that nobody else holds yet the facts that it refers to; LookupError where one is not there."""
        # Not by `dataclasses.replace`: that checks the whole row once more, which takes as long as to read it.
        if refs.environment is not None:
            object.__setattr__(row, "environment", self._environment(refs.environment))
        if refs.models is not None:
            object.__setattr__(row, "models", self._models(refs.models))
        if refs.verification is not None:
            object.__setattr__(row, "verification", self._verification(refs.verification))
        if refs.origin is not None:
            object.__setattr__(row, "origin", self._origin(refs.origin))


def _colons(row: Row, refs: _References | None) -> int:
    """Of the record as configspec writes it: one a key, and those in texts."""
    whole = msgspec.json.encode(row).count(COLON)
    if refs is None:
        return whole
    return whole + 1 - sum(COLONS_OF_FACT[key] for key in FACTS if getattr(refs, key) is not None)


def _shape(row: Row, refs: _References | None) -> tuple[object, ...]:
    """What decides how many keys a record has."""
    board, models, counted, found = row.environment, row.models, row.acceptance, row.end_to_end
    return (
        None if refs is None else tuple(getattr(refs, key) is None for key in FACTS),
        (
            counted.check is None,
            counted.asked is None,
            counted.decoding is None,
            row.power.watts is None,
            row.resumed is None,
            row.refined is None,
            row.origin is None,
            _keys_of_stated(row.stated),
            len(row.flags),
        ),
        tuple((one.load is None, one.memory is None) for one in row.drafting.passes or ()),
        None if row.verification is None else len(row.verification.passes),
        None if found is None else found.link is None,
        (None if models.draft is None else _entries_of(models.draft), models.target is None, len(row.settings)),
        (board.device is None, board.health is None, board.host is None),
    )


def _keys_of_stated(stated: StatedFacts | None) -> tuple[bool, ...]:
    if stated is None or stated.values is None:
        return (stated is None,)
    values = stated.values
    each = (values.goodput_tokens_per_s, values.tokens_per_usd, values.drafting_j_per_token)
    return False, *(one is None for one in each)


def _entries_of(draft: ModelFacts) -> tuple[int, ...]:
    opened = draft.opened
    if opened is None:
        return len(draft.metadata), len(draft.settings)
    buffers = (opened.model_buffers_bytes, opened.cache_buffers_bytes, opened.compute_buffers_bytes)
    return (len(draft.metadata), len(draft.settings), *map(len, buffers))


def _read_once(head: Mapping[str, msgspec.Raw], kind: type[Fact]) -> Callable[[str], Fact]:
    def read(sha256: str) -> Fact:
        raw = head[sha256]
        if not is_of_hash(msgspec.json.decode(raw), sha256):
            raise OddLineError
        return msgspec.json.decode(raw, type=kind)

    return cache(read)


def row_in_results(line: bytes, facts: Facts) -> Row | None:
    """The row of an entry; None of other benchmarks. Raises one of `ODD`."""
    return _row_of(_entry.decode(line), line, facts)


def row_in_journal(text: bytes, facts: Facts) -> tuple[str, Row | Literal["dropped"] | None]:
    """The test of a line, and its row: None of other benchmarks, `DROPPED` where it was dropped. Or one of `ODD`."""
    if not is_text(text):
        raise OddLineError
    line = _line.decode(text)
    if line.row is not None:
        if text.find(FULLNAME) != text.rfind(FULLNAME):
            raise OddLineError
        return line.row.fullname, _row_of(line.row, text, facts)
    if line.dropped is None:
        raise OddLineError
    return line.dropped, DROPPED


def _row_of(entry: _Entry, line: bytes, facts: Facts) -> Row | None:
    if not entry.fullname or line.find(EXTRA) != line.rfind(EXTRA):
        raise OddLineError
    raw = entry.extra_info.record
    if raw is NO_RECORD:
        return None
    content = bytes(raw)
    place = line.find(RECORD)
    if place < 0 or not line.startswith(content, place + len(RECORD) - 1):
        raise OddLineError  # it stands there twice
    record = _record.decode(content)
    if record.version != VERSION:
        raise OddLineError
    row = _row.decode(content)
    for one in row.flags:
        check_numbers(one)
    if row.end_to_end is not None:
        row.end_to_end.check_goodput()
    colons = content.count(COLON)
    if not facts.has_colons(row, record.shared, colons):
        raise OddLineError
    facts.check_around(line, line.count(COLON) - colons)
    if record.shared is not None:
        facts.add(row, record.shared)
    return row


def is_text(line: bytes) -> bool:
    """Also where nobody looks at it."""
    try:
        return line.isascii() or bool(line.decode("utf-8"))
    except UnicodeDecodeError:
        return False
