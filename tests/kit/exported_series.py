"""Series for tests of exports: those of example rows, and any that can be, their names hostile ones too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from damage import HOSTILE_TEXTS
from example_rows import DECODED, measured_row, whole_row
from hypothesis import settings
from hypothesis import strategies as st

from configspec.records.row import Row
from configspec.reporting.exports.rows_to_export import exported_row, series_of
from configspec.reporting.exports.series import Measured, Metric, Series
from configspec.theory.figures import Provenance
from configspec.theory.flags import NUMBERS
from configspec.theory.ids import Cell, Drafter, Setting
from configspec.theory.objectives.objective import Better
from configspec.theory.serving.assumptions import EnergyBoundary, Serving, VerifySource
from configspec.theory.serving.billing import Bills

law = settings(deadline=None, max_examples=40)  # a list of series takes its time to draw
ATTACKS = (
    *(text[:200] for text in HOSTILE_TEXTS if text and "\0" not in text and "\ud800" not in text),
    *(
        "=1+2",
        "+1",
        "-1",
        "@sum",
        "'quoted",
        "＝1+2",
        " =1",
        '"',
        '",',
        "a,b",
        "a;b",
        "# EOF",
        "\n# EOF\n",
        "##[group]x",
    ),
    *("a\\nb", "a\nb", "a/b", "a=b", "K4", "x-8", "a b", "a\u200fb", "%41", "A", "é", "µ", "}", "{x=1}"),
)
names = st.sampled_from(ATTACKS) | st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True)
figures = st.floats(min_value=1e-300, max_value=1e300)


def example_rows() -> list[Row]:
    """A profiled row with all its parts, one of real decoding, and one of another device."""
    return [whole_row(2), whole_row(4), measured_row(2, end_to_end=DECODED), measured_row(3, device="other")]


def series_of_rows(*rows: Row) -> tuple[Series, ...]:
    """What these rows have values of."""
    taken = exported_row(None)
    return series_of([taken(row) for row in rows])[0]


def cells() -> st.SearchStrategy[Cell]:
    """Of any names."""
    settings = st.lists(st.builds(Setting, names, names), max_size=2, unique_by=lambda one: one.name).map(tuple)
    drafters = st.builds(Drafter, draft=names, quant=names, algorithm=st.just("chain") | names)
    return st.builds(Cell, device=names, family=names, drafter=drafters, settings=settings)


def servings() -> st.SearchStrategy[Serving]:
    """Any assumptions."""
    some = st.floats(min_value=0, max_value=1e9)
    return st.builds(
        Serving,
        verify_s=some,
        usd_per_million_tokens=some,
        bills=st.sampled_from(get_args(Bills)),
        verify=st.sampled_from(get_args(VerifySource)),
        energy_boundary=st.sampled_from(get_args(EnergyBoundary)),
    )


@st.composite
def metrics(draw: st.DrawFn) -> tuple[Metric, ...]:
    """A few, each of its own name."""
    words = st.sampled_from(["goodput", "cost", "power", "acceptance_rate", "two_words"])
    found = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    units = st.sampled_from(["tokens/s", "tokens/$", "J/token", "W", "ratio", "odd unit/per/x"])
    better = st.sampled_from(get_args(Better))
    return tuple(Metric(name=one, unit=draw(units), better=draw(better), meaning=draw(names)) for one in found)


@st.composite
def any_series(draw: st.DrawFn) -> tuple[Series, ...]:
    """Of some configurations, no two alike, as `series_of` promises them: those of a configuration together."""
    ids = [cell.at(k) for cell, k in draw(st.lists(st.tuples(cells(), st.integers(1, 4096)), min_size=1, max_size=4))]
    known = draw(metrics())
    found: list[Series] = []
    for one in dict.fromkeys(ids):
        measured = Measured(
            id=one,
            provenance=draw(st.sampled_from(get_args(Provenance))),
            flags=tuple(draw(st.lists(st.sampled_from(sorted(NUMBERS)), max_size=2, unique=True))),
            measured_at=draw(st.none() | st.datetimes(datetime(1970, 1, 2), timezones=st.just(UTC))),
            setup=draw(st.sampled_from(["00112233445566aa", "ffffffffffffffff"])),
            setup_words=draw(names),
        )
        for metric in known[: draw(st.integers(1, len(known)))]:
            low, value, high = sorted(draw(st.tuples(figures, figures, figures)))
            found.append(
                Series(
                    measured=measured,
                    metric=metric,
                    value=value,
                    low=low,
                    high=high,
                    confidence=draw(st.none() | st.floats(0, 1)),
                    n=draw(st.none() | st.integers(0, 2**53 - 1)),
                    power_kind=draw(st.just("") | names),
                    serving=draw(st.none() | servings()),
                )
            )
    return tuple(found)
