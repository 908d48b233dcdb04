"""The compact run file holds what a run is."""

from __future__ import annotations

import gzip
import json
import random
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from any_rows import names, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import write_run

from configspec.errors import RecordError
from configspec.histories.columns import Column, CountedColumns, Counts, MeasuredColumns, Names, When, kept
from configspec.histories.compact import content, packed, read_compact, unpacked
from configspec.histories.reading import read_run
from configspec.histories.run import Chosen, Run
from configspec.regression.metrics import METRICS
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell, Drafter, Setting

ROWS, PROMPTS, BOUND_BYTES = 500, 24, 60_000
values = st.floats(min_value=1e-12, max_value=1e12).map(kept)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    cells = st.builds(
        Cell,
        device=names,
        family=names,
        drafter=st.builds(Drafter, draft=names, quant=names),
        settings=st.lists(st.builds(Setting, names, names), max_size=1).map(tuple),
    )
    ids = draw(st.lists(st.builds(Cell.at, cells, st.integers(1, 40)), min_size=1, max_size=4, unique=True))
    held = Names(ids)
    setups = draw(
        st.lists(st.lists(st.tuples(names, texts), max_size=3).map(tuple), min_size=1, max_size=3, unique=True)
    )
    at_s = draw(st.none() | st.floats(0, 4e9))
    night, commit = draw(names), draw(st.none() | names)
    places = st.lists(st.integers(0, len(ids) - 1), min_size=1, unique=True).map(sorted)
    columns = []
    for metric in draw(st.lists(st.sampled_from(METRICS), max_size=3, unique=True)):
        having = draw(places)
        columns.append(
            Column(
                metric=metric,
                places=having,
                values=array("d", draw(st.lists(values, min_size=len(having), max_size=len(having)))),
                setups=[draw(st.integers(0, len(setups) - 1)) for _ in having],
                disturbed=dict.fromkeys(draw(st.sets(st.sampled_from(having))), ("throttled", "unstable")),
                changed_since_s={having[0]: 3.5} if draw(st.booleans()) else {},
            )
        )
    some = st.lists(st.integers(0, 999), min_size=2, max_size=2).map(tuple)
    counts = [Counts(place=0, setup=0, rounds=draw(some), accepted=draw(some))] if draw(st.booleans()) else []
    estimate = Estimate(value=draw(values), low=0.5, high=2.0, confidence=0.95, n=24)
    chosen = Chosen(
        device="d",
        family="f",
        objective="goodput",
        best=ids[0],
        tied=(ids[0],),
        values={ids[0]: estimate},
        better="higher",
    )
    return Run(
        source=draw(names),
        sha256="ab" * 32,
        at_s=at_s,
        night=night,
        measured=MeasuredColumns(held, columns, setups, When(at_s=at_s or 0.0, night=night, commit=commit)),
        counted=CountedColumns(held, setups, lambda: counts),
        chosen=(chosen,) if draw(st.booleans()) else (),
        commit=commit,
        branch=draw(st.none() | texts),
        release=draw(st.none() | texts),
        configspec=draw(st.none() | texts),
        left_out=draw(st.lists(texts, max_size=2).map(tuple)),
        figures_sha256="0c" * 32,
    )


@given(runs())
@settings(max_examples=60)
def test_what_is_packed_is_unpacked(run: Run):
    """Every field of it; a run in plain dicts is packed as one in columns."""
    assert unpacked(gzip.decompress(packed(run)), run.source) == run
    plain = replace(run, measured=dict(run.measured), counted=dict(run.counted))
    assert unpacked(content(plain), run.source) == run


def test_a_file_that_was_read_is_kept_whole(tmp_path: Path):
    """Its choices and its counts with it, under the hash of what it was read from; findings are of rows alone."""
    run = read_run(write_run(tmp_path / "one.json", 3), choices=True)
    path = tmp_path / "one.json.gz"
    path.write_bytes(packed(run))
    assert read_run(path, source=run.source) == replace(run, findings=())
    assert packed(read_run(path, source=run.source)) == packed(run)


def test_five_hundred_rows_take_less_than_sixty_kilobytes():
    """With every objective of each, and counts and figures at random, which pack worst."""
    luck = random.Random(20261129)
    ids = [
        Cell(
            device="orin", family="llama-3.1", drafter=Drafter(draft=f"draft-{cell // 5}", quant=f"Q{cell % 5}_K_M")
        ).at(k)
        for cell in range(ROWS // 10)
        for k in range(1, 11)
    ]
    held, everywhere = Names(ids), range(ROWS)
    setups = [
        (("device.board", "a board " * 4), ("drafter.file_sha256", f"{luck.getrandbits(256):064x}")) for _ in range(50)
    ]

    def figures() -> list[float]:
        return [kept(luck.lognormvariate(1, 0.3)) for _ in everywhere]

    columns = [
        Column(
            metric=one, places=everywhere, values=array("d", figures()), setups=[place // 10 for place in everywhere]
        )
        for one in METRICS
    ]
    counts = [
        Counts(
            place=place,
            setup=place // 10,
            rounds=tuple(luck.randrange(40, 96) for _ in range(PROMPTS)),
            accepted=tuple(luck.randrange(20, 40) * ids[place].k for _ in range(PROMPTS)),
        )
        for place in everywhere
    ]
    chosen = tuple(
        Chosen(
            device="orin",
            family="llama-3.1",
            objective=column.metric.name,
            best=ids[0],
            tied=tuple(ids[:9]),
            values={
                one: Estimate(value=value, low=kept(0.97 * value, 4), high=kept(1.03 * value, 4), confidence=0.95, n=24)
                for one, value in zip(ids, column.values, strict=True)
            },
            better="higher",
        )
        for column in columns[:3]
    )
    run = Run(
        source="results.json",
        sha256="ab" * 32,
        at_s=1.0,
        night="n",
        measured=MeasuredColumns(held, columns, setups, When(at_s=1.0, night="n", commit=None)),
        counted=CountedColumns(held, setups, lambda: counts),
        chosen=chosen,
    )
    assert len(run.measured) == ROWS * len(METRICS)
    assert len(run.counted) == ROWS
    assert len(packed(run)) < BOUND_BYTES


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("configspec_run", 2, "version 2"),
        ("configurations", [["d", "f", "x", "q", "chain", 0, []]], "below 1"),
        ("setups", [[99]], "leads nowhere"),
        ("sha256", 5, "str"),
        ("series", [{"name": "goodput"}], "missing"),
    ],
)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, key: str, value: object, why: str):
    """With what is wrong, where it is known."""
    document = json.loads(content(read_run(write_run(tmp_path / "one.json", 3))))
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({**document, key: value}))
    with pytest.raises(RecordError, match=why):
        read_compact(path)


@pytest.mark.parametrize("value", [0.0, -1.0, 1e999])
def test_values_without_a_logarithm_are_refused(tmp_path: Path, value: float):
    """JSON has no NaN; what overflows is none either."""
    document = json.loads(content(read_run(write_run(tmp_path / "one.json", 3))))
    document["series"][0]["values"][0] = value
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document).replace("Infinity", "1e999"))
    with pytest.raises(RecordError, match=r"changed\.json"):
        read_compact(path)


def test_a_cut_file_is_refused(tmp_path: Path):
    """At every length."""
    whole = packed(read_run(write_run(tmp_path / "one.json", 3)))
    path = tmp_path / "cut.json.gz"
    for length in range(2, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(RecordError, match=r"cut\.json\.gz"):
            read_compact(path)
