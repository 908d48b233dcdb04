"""From rows to series: the objectives as `configspec rank` computes them, and what they are computed from.

drafting_speed       K / round_s, the device's own clock
acceptance_rate      accepted / drafted, pooled
acceptance_length    1 + K * acceptance_rate: tokens that a round yields
power, idle_power    mean power of the device while it drafts, and while it waits
end_to_end_goodput   of real decoding, where there was some
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias, final

from configspec.records.origin import Origin
from configspec.records.row import Row
from configspec.reporting.exports.series import Measured, Metric, Missing, Series
from configspec.reporting.exports.setup_text import SetupText, SetupTexts
from configspec.reporting.rows_to_rank import RankedRow, ranked_row, rows_to_rank
from configspec.selection.query import Query
from configspec.selection.ranking import BARRED, DEFAULT_RULES
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES

DRAFTING_SPEED = Metric(
    name="drafting_speed", unit="tokens/s", better="higher", meaning="tokens that the device drafts in a second"
)
ACCEPTANCE_RATE = Metric(name="acceptance_rate", unit="ratio", better="higher", meaning="accepted over drafted tokens")
ACCEPTANCE_LENGTH = Metric(
    name="acceptance_length",
    unit="tokens/round",
    better="higher",
    meaning="tokens that a round yields, the target's own one included",
)
POWER = Metric(name="power", unit="W", better="lower", meaning="mean power of the device while it drafts")
IDLE_POWER = Metric(
    name="idle_power", unit="W", better="lower", meaning="mean power of the device while it waits, its model loaded"
)
END_TO_END = Metric(
    name="end_to_end_goodput",
    unit="tokens/s",
    better="higher",
    meaning="verified tokens per second of real speculative decoding",
)
THROTTLED = (
    "any value",
    "the device throttled, or changed its mode, while it was measured (--allow-throttled takes it all the same)",
)
Found: TypeAlias = Series | tuple[str, str]  # a series; or the name of its metric, and why there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRow:
    """What an export needs of a row."""

    ranked: RankedRow
    tokens_per_s: Estimate
    measured_at: datetime | None
    setup: SetupText


def exported_row(origin: Origin | None) -> Callable[[Row], ExportedRow]:
    """Takes that from each row; `origin` is what the head of the file says of rows that do not say it themselves."""
    ranked, texts = ranked_row(), SetupTexts()
    of_file = instant(None if origin is None else origin.datetime)

    def taken(row: Row) -> ExportedRow:
        one = ranked(row)
        return ExportedRow(
            ranked=one,
            tokens_per_s=row.drafting.tokens_per_s,
            measured_at=_measured_at(row, of_file),
            setup=texts.of(one.parts),
        )

    return taken


def _measured_at(row: Row, of_file: datetime | None) -> datetime | None:
    """Where a row was taken over from another file, it is that file's date."""
    if row.origin is not None:
        return instant(row.origin.datetime)
    return of_file if row.resumed is None else instant(row.resumed.datetime)


def instant(text: str | None) -> datetime | None:
    """When, in UTC; None where the text is no date that can be read. Without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def series_of(
    rows: Sequence[ExportedRow], objectives: Sequence[Objective] = OBJECTIVES, *, allow_throttled: bool = False
) -> tuple[tuple[Series, ...], tuple[Missing, ...]]:
    """Every value that the rows have, a configuration after another, and what has none.

    Args:
        rows: Of each configuration at most one that was profiled and one that was decoded.
        objectives: What is computed, under the assumptions of the last row of each device and family.
        allow_throttled: Whether what was measured while the device throttled, or changed its mode, has values too.
    """
    ranked = _Ranked(rows, Query(objectives=objectives, rules=replace(DEFAULT_RULES, allow_throttled=allow_throttled)))
    series: list[Series] = []
    missing: Counter[tuple[str, str]] = Counter()
    for row, decoded in _profiled(rows):
        measured = _measured(row)
        if not allow_throttled and BARRED.keys() & {flag.code for flag in row.ranked.configuration.flags}:
            missing[THROTTLED] += 1
            continue
        for found in (*ranked.of(measured, row.ranked), *_figures(measured, row), *_end_to_end(measured, decoded)):
            if not isinstance(found, Series):
                missing[found] += 1
            elif all(map(math.isfinite, (found.value, found.low, found.high))):
                series.append(found)
            else:  # an objective that is not one of ours may compute what no file can hold
                missing[found.metric.name, "its value is not finite"] += 1
    return tuple(series), tuple(Missing(metric=name, why=why, count=n) for (name, why), n in missing.items())


@final
class _Ranked:
    """The values by each objective, with their intervals: those of `configspec rank`."""

    def __init__(self, rows: Sequence[ExportedRow], query: Query) -> None:
        self._metrics = [
            (one, Metric(name=one.name, unit=one.unit, better=one.better, meaning=one.heading))
            for one in query.objectives
        ]
        rankings = query.answer(rows_to_rank([row.ranked for row in rows]))
        # Where meters of several kinds were used, an objective has a ranking of each, under the same assumptions.
        self._servings = {(one.device, one.family): one.serving for one in rankings}
        self._choices = {
            (choice.configuration.id, one.objective.name): (choice, one) for one in rankings for choice in one.choices
        }

    def of(self, measured: Measured, row: RankedRow) -> Iterator[Found]:
        """Those of one configuration."""
        serving = self._servings[row.device, row.family]
        for objective, metric in self._metrics:
            place = self._choices.get((row.id, objective.name))
            if place is None:
                why = objective.unavailable(serving) or objective.lacks(row.configuration, serving)
                yield objective.name, why or "it was not ranked"
                continue
            choice, ranking = place
            yield Series(
                measured=measured,
                metric=metric,
                value=choice.value,
                low=choice.low,
                high=choice.high,
                confidence=ranking.rules.confidence,
                n=None,
                power_kind=ranking.power_kind,
                serving=serving,
            )


def _profiled(rows: Sequence[ExportedRow]) -> Iterator[tuple[ExportedRow, ExportedRow | None]]:
    """Each configuration's profiled row, and its decoded one; where it was only decoded, that holds the profile."""
    profiled = {row.ranked.id: row for row in rows if row.ranked.end_to_end is None}
    decoded = {row.ranked.id: row for row in rows if row.ranked.end_to_end is not None}
    for id_ in dict.fromkeys(row.ranked.id for row in rows):
        yield profiled.get(id_) or decoded[id_], decoded.get(id_)


def _measured(row: ExportedRow) -> Measured:
    configuration = row.ranked.configuration
    return Measured(
        id=configuration.id,
        provenance=configuration.provenance,
        flags=tuple(dict.fromkeys(map(_flag, configuration.flags))),
        measured_at=row.measured_at,
        setup=row.setup.digest,
        setup_words=row.setup.words,
    )


def _flag(flag: Flag) -> str:
    return flag.code if flag.part == "profile" else f"{flag.part}:{flag.code}"


def _figures(measured: Measured, row: ExportedRow) -> Iterator[Found]:
    configuration = row.ranked.configuration
    rate, k = configuration.acceptance.rate, configuration.k
    yield _estimated(measured, DRAFTING_SPEED, row.tokens_per_s)
    yield _estimated(measured, ACCEPTANCE_RATE, rate)
    length = Estimate(
        value=1 + k * rate.value, low=1 + k * rate.low, high=1 + k * rate.high, confidence=rate.confidence, n=rate.n
    )
    yield _estimated(measured, ACCEPTANCE_LENGTH, length)
    watts = configuration.power_w
    if watts is None:
        yield POWER.name, configuration.power_reason or "it was not measured"
    elif watts.value <= 0:
        yield POWER.name, f"its meter shows {watts.value:g} W, and a device draws more"
    else:
        yield _estimated(measured, POWER, watts, configuration.power_kind)
    if configuration.idle_w is not None:  # few meters are asked for it: where it is None, nothing is missing
        yield _estimated(measured, IDLE_POWER, configuration.idle_w, configuration.power_kind)


def _end_to_end(measured: Measured, row: ExportedRow | None) -> Iterator[Found]:
    """The goodput of real decoding, where there was some; its interval spans all repeats."""
    if row is None or row.ranked.end_to_end is None:
        return
    decoded = row.ranked.end_to_end
    goodput, each = decoded.goodput_tokens_per_s, decoded.goodput_by_repeat_tokens_per_s
    yield Series(
        measured=measured,
        metric=END_TO_END,
        value=goodput,
        low=min(goodput, *each),
        high=max(goodput, *each),
        confidence=None,
        n=len(each),
    )


def _estimated(measured: Measured, metric: Metric, figure: Estimate, power_kind: str = "") -> Series:
    return Series(
        measured=measured,
        metric=metric,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        confidence=figure.confidence,
        n=figure.n,
        power_kind=power_kind,
    )
