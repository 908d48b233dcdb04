"""Figures in a CSV file with a header of our own: whatever somebody else has measured, from whichever tool.

    device,family,draft,quant,k,drafting_tokens_per_s,drafting_low,drafting_high,prompt_tokens_per_s,acceptance_rate,...

A row is a drafter on a device; its figures may stand in several rows, one a K. `COLUMNS` (`csv_rows.py`) has all
columns with their meaning, in any order; `draft` and `quant` are needed, `device` and `family` may be options instead.
An empty value is one that nobody measured. Numbers are as in JSON: a decimal point, no marks between thousands.

`acceptance_rate` is accepted / drafted without the bonus token, `acceptance_length` 1 + accepted / rounds with it: one
of the two. Without bounds an acceptance is 0 to 1 and a speed is its value: nobody says how sure it is, which is noted.
"""

from __future__ import annotations

from typing import final

from configspec.printable import printable
from configspec.records.bounds import LEAST_WATTS, LONGEST_S, MOST_K, MOST_WATTS
from configspec.records.importers.acceptance import rate_of_length, unsure
from configspec.records.importers.csv_rows import NEEDED, CsvRow, csv_rows, named
from configspec.records.importers.imported import (
    CONFIDENCE,
    Imported,
    ImportedAcceptance,
    ImportedSpeed,
    ImportedVerification,
)
from configspec.records.importers.importer import Option
from configspec.records.importers.names import Names
from configspec.records.importers.source_text import SourceText
from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter
from configspec.theory.serving.assumptions import MOST_VERIFY_S

MEANING = "acceptance_rate is taken without the bonus token, acceptance_length with it"
NO_BOUNDS = "no bounds are given: how sure it is, nobody knows"


@final
class CsvCells:
    """See the module."""

    name = "csv"
    reads = "figures of any tool, in a CSV file with the header of docs/importing.md"
    options = frozenset[Option]({"device", "price"})
    example = "csv figures.csv --family llama-3.1-70b -o profile.json"

    def recognises(self, text: str) -> bool:
        """By the two columns that are needed, whatever parts them."""
        first = next((line for line in text.splitlines() if line.strip()), "")
        return all(name in first for name in NEEDED) and "|" not in first and "{" not in first

    def read(self, source: SourceText, names: Names) -> Imported:
        """The figures of all rows."""
        speeds: list[ImportedSpeed] = []
        acceptance: list[ImportedAcceptance] = []
        verification: list[ImportedVerification] = []
        for row in csv_rows(source):
            known = (len(speeds), len(acceptance), len(verification))
            family = named(row, "family", names.family)
            speeds += _speeds(row, family, names)
            acceptance += _acceptance(row, family)
            verification += _verification(row, family)
            if known == (len(speeds), len(acceptance), len(verification)):
                raise source.wrong("the row has no figure", row.line)
        if not speeds and not acceptance and not verification:
            raise source.wrong("it has a header and no row")
        return Imported(
            version="a CSV file",
            speeds=_one_each(source, speeds),
            acceptance=tuple(acceptance),
            verification=_times_once(source, verification),
            remarks=(MEANING,) if acceptance else (),
        )


def _drafter(row: CsvRow) -> Drafter:
    return Drafter(draft=named(row, "draft", None), quant=named(row, "quant", None))


def _notes(row: CsvRow, *more: str) -> tuple[str, ...]:
    note = row.values.get("note", "").strip()
    return (*([printable(note, at_most=500)] if note else []), *more)


def _speeds(row: CsvRow, family: str, names: Names) -> list[ImportedSpeed]:
    drafting = row.estimate("drafting", "drafting_tokens_per_s", least=1 / LONGEST_S, most=1e12)
    prompt = row.number("prompt_tokens_per_s", least=1 / LONGEST_S, most=1e12)
    power = row.estimate("power", "power_w", least=LEAST_WATTS, most=MOST_WATTS)
    if drafting is None and prompt is None and power is None:
        return []
    unbounded = drafting is not None and drafting.low == drafting.high
    return [
        ImportedSpeed(
            device=named(row, "device", names.device),
            family=family,
            drafter=_drafter(row),
            drafting_tokens_per_s=drafting,
            prompt_tokens_per_s=None if prompt is None else _certain(prompt),
            power_w=power,
            source=f"{row.source.name}, line {row.line}",
            warnings=_notes(row, *([f"drafting speed: {NO_BOUNDS}"] if unbounded else [])),
        )
    ]


def _certain(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=CONFIDENCE, n=0)


def _acceptance(row: CsvRow, family: str) -> list[ImportedAcceptance]:
    rate = row.estimate("acceptance", "acceptance_rate", least=0, most=1)
    length = row.number("acceptance_length", least=1, most=MOST_K + 1)
    if rate is None and length is None:
        return []
    if rate is not None and length is not None:
        raise row.source.wrong("acceptance_rate and acceptance_length are both given: one of them is enough", row.line)
    k = _k(row)
    if length is not None:
        if length > k + 1:
            raise row.source.wrong(
                f"an acceptance_length of {length:g} cannot be with k={k}: it is at most {k + 1}", row.line
            )
        rate = unsure(rate_of_length(length, k))
    assert rate is not None
    bounded = bool(row.values.get("acceptance_low", "").strip() and row.values.get("acceptance_high", "").strip())
    if not bounded:
        rate = unsure(rate.value)
    return [
        ImportedAcceptance(
            family=family,
            drafter=_drafter(row),
            k=k,
            rate=rate,
            source=f"{row.source.name}, line {row.line}",
            warnings=_notes(row, *([] if bounded else [f"acceptance: {NO_BOUNDS}"])),
        )
    ]


def _verification(row: CsvRow, family: str) -> list[ImportedVerification]:
    seconds = row.number("verify_s", least=1e-12, most=MOST_VERIFY_S)
    if seconds is None:
        return []
    told = f"{row.source.name}, line {row.line}"
    return [ImportedVerification(family=family, k=_k(row), seconds=seconds, concurrency=None, source=told)]


def _k(row: CsvRow) -> int:
    k = row.number("k", least=1, most=MOST_K)
    if k is None or k != int(k):
        raise row.source.wrong("k is needed here, a whole number: tokens drafted in a round", row.line)
    return int(k)


def _one_each(source: SourceText, speeds: list[ImportedSpeed]) -> tuple[ImportedSpeed, ...]:
    """A cell's figures may be repeated in the rows of its K; they must not differ."""
    found: dict[tuple[str, str, Drafter], ImportedSpeed] = {}
    for one in speeds:
        place = (one.device, one.family, one.drafter)
        known = found.setdefault(place, one)
        if _figures(known) != _figures(one):
            raise source.wrong(f"{one.device}: {one.family} {one.drafter} has two speeds or powers ({one.source})")
    return tuple(found.values())


def _times_once(source: SourceText, times: list[ImportedVerification]) -> tuple[ImportedVerification, ...]:
    """The time of a K may be repeated in the rows of several drafters; it must not differ."""
    found: dict[tuple[str, int], ImportedVerification] = {}
    for one in times:
        if found.setdefault((one.family, one.k), one).seconds != one.seconds:
            raise source.wrong(f"{one.family} K={one.k} has two times of verification ({one.source})")
    return tuple(found.values())


def _figures(one: ImportedSpeed) -> tuple[Estimate | None, ...]:
    return one.drafting_tokens_per_s, one.prompt_tokens_per_s, one.power_w
