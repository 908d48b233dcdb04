"""Profiles: a line a cell, in every form, and what is left out is counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import DECODED, measured_row, replayed_row, whole_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.codec import from_record, to_record
from configspec.records.power import Power
from configspec.records.profile_file import read_profile
from configspec.records.row import Environment, Row
from configspec.reporting.document import Document
from configspec.reporting.markdown import as_markdown
from configspec.reporting.positions import Positions
from configspec.reporting.profile_cells import FamilyProfile, family_profiles
from configspec.reporting.profile_json import profiles_json
from configspec.reporting.profile_section import few_ks, profile_section, remarks
from configspec.reporting.rows_to_rank import ranked_row
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.serving.assumed import Assumed

WATTS = Estimate(value=6.2, low=6.0, high=6.4, confidence=0.95, n=9)


def families(rows: Sequence[Row], query: Query = Query()) -> tuple[FamilyProfile, ...]:  # noqa: B008 (frozen)
    return family_profiles(list(map(ranked_row(), rows)), query)


def text(rows: Sequence[Row], most: int | None = 12) -> str:
    return as_text(Document(sections=(profile_section(families(rows), Positions(None), most),)), width=80)


def drafts(count: int) -> list[Row]:
    """Cells of one device, each with a draft that is accepted more often than the one before."""
    rows = []
    for number in range(count):
        row, rate = measured_row(4), 0.2 + 0.5 * number / count
        estimate = Estimate(value=rate, low=rate, high=rate, confidence=0.95, n=1)
        rows.append(replace(row, draft=f"d{number}", acceptance=replace(row.acceptance, rate=estimate)))
    return rows


def test_a_cell_is_a_line_of_each_table():
    """Speed at the largest K with its interval; the rate at each K; the acceptance length at the largest."""
    lines = [line.split() for line in text([measured_row(k) for k in (2, 4, 8)]).splitlines()]
    assert ["board", "xs", "Q8_0", "8", "16.0", "13.3", "to", "20.0"] in lines
    assert ["device", "draft", "quant", "K=2", "K=4", "K=8", "AL"] in lines
    assert ["board", "xs", "Q8_0", "50%", "50%", "50%", "5.00"] in lines


def test_it_fits_into_eighty_columns():
    """Names as long as those of the paper, a meter, heat, flags: no table is wider, and no cell is broken in two."""
    row = whole_row(10, device="paper-jetson")
    row = replace(
        row, draft="1b-inst", quant="Q4_K_M", power=Power(watts=WATTS, reason=None, boundary="usb-input"), flags=()
    )
    shown = text([row, replace(row, k=10, draft="8b-inst")]).splitlines()
    table = [line for line in shown if line.startswith(("device", "paper-jetson "))]
    assert len(table) == 3 * 3
    assert max(map(len, table)) <= 80
    assert "6.20 (6.00 to 6.40) usb-input" in "\n".join(table)


def test_more_cells_than_a_page_holds_are_counted():
    """The first twelve by goodput, and the command that shows all of them."""
    shown = text(drafts(30))
    assert "pair: the first 12 of 30 cells by goodput; all: configspec rank FILE --format markdown\n" in shown
    speeds = shown.partition("drafting speed")[2].partition("acceptance rate")[0]
    assert [line.split()[1] for line in speeds.splitlines() if line.startswith("board")] == [
        f"d{number}" for number in range(29, 17, -1)
    ]
    assert text(drafts(12), most=12).count("by goodput") == 0
    assert sum(line.startswith("board ") for line in text(drafts(30), most=None).splitlines()) == 2 * 30


def test_every_form_has_the_same_cells():
    """Markdown as tables with headings, JSON as objects, nothing lost."""
    rows = [measured_row(2), measured_row(4), measured_row(4, device="other")]
    document = Document(sections=(profile_section(families(rows), Positions(None)),))
    assert "#### drafting speed at the largest K\n\n| device | draft | quant | K |" in as_markdown(document)
    assert "| other | xs | Q8_0 | 4 | 8.00 | 6.67 to 10.0 |  |" in as_markdown(document)
    found = json.loads(json.dumps(profiles_json(families(rows), Positions(None)), allow_nan=False))
    assert [(one["device"], [each["k"] for each in one["acceptance"]]) for one in found["profiles"]] == [
        ("board", [2, 4]),
        ("other", [4]),
    ]
    assert found["profiles"][0]["drafting"]["tokens_per_s"]["value"] == 8.0
    assert found["profiles"][0]["watts_reason"] == "no meter"


def test_what_is_not_known_has_a_reason_and_no_column():
    """No meter, no thermal zone, no side file: each a line, none a zero."""
    shown = text([measured_row(4)])
    assert "  no watts: no meter\n" in shown
    assert "  no temperature: not recorded\n" in shown
    assert "  by position is not known: its counts do not tell it, and it has no side file\n" in shown
    assert "°C" not in shown


def test_watts_of_some_cells_leave_a_dash_in_others():
    """And the reason says of how many cells it is."""
    metered = replace(measured_row(4), draft="m", power=Power(watts=WATTS, reason=None, boundary="board"))
    shown = text([measured_row(4), metered])
    assert [line.split()[3:] for line in shown.partition("power and heat")[2].splitlines()[2:4]] == [
        ["-"],
        ["6.20", "(6.00", "to", "6.40)", "board"],
    ]
    assert "  no watts of 1 cell: no meter\n" in shown


def test_a_setting_that_varies_is_a_column():
    """Two cells that differ in nothing else."""
    rows = [replace(measured_row(4), settings={"threads": value}) for value in ("2", "4")]
    assert [line.split()[:5] for line in text(rows).splitlines() if line.startswith("board")][:2] == [
        ["board", "xs", "Q8_0", "2", "4"],
        ["board", "xs", "Q8_0", "4", "4"],
    ]


def test_remarks_are_short():
    """Two of them, and how many more."""
    flags = (flag("other_tokens", rounds=1), flag("timed_greedily"), flag("host_keys_off"))
    (family,) = families([replace(measured_row(4), provenance="derived", flags=flags), measured_row(2)])
    assert remarks(family.cells[0]) == "derived, other tokens, 2 more"
    assert remarks(families([measured_row(2)])[0].cells[0]) == ""


@given(st.lists(st.sets(st.integers(1, 12), min_size=1), min_size=1, max_size=4))
def test_a_few_k_are_the_ends_and_one_between(ks):
    """Three at most, ascending, each of which some cell has."""
    rows = [replace(measured_row(k), draft=f"d{number}") for number, of_cell in enumerate(ks) for k in of_cell]
    (family,) = families(rows)
    few, every = few_ks(family.cells), sorted(set().union(*ks))
    assert list(few) == sorted(set(few))
    assert set(few) <= set(every)
    assert (few[0], few[-1], len(few)) == (every[0], every[-1], min(3, len(every)))


def test_a_question_for_some_k_shows_those():
    """As its rankings do; under its assumptions."""
    rows = [measured_row(k) for k in (2, 4, 8)]
    (family,) = families(rows, Query(ks=(2, 4), assumed=Assumed(verify_s=0.0)))
    (cell,) = family.cells
    assert [one.k for one in cell.by_k] == [2, 4]
    assert cell.best.k == 4
    assert cell.goodput_tokens_per_s == pytest.approx(3 / 0.5)
    assert families(rows, Query(ks=(3,))) == ()


def test_a_row_of_real_decoding_is_not_the_profile():
    """It stands in where there is no other; of two profiles the later one counts."""
    decoded = replace(measured_row(4, end_to_end=DECODED), flags=(flag("spread", "end_to_end"),))
    again = replace(measured_row(4), flags=(flag("other_tokens", rounds=1),))
    assert families([measured_row(4), again, decoded])[0].cells[0].codes == ("other_tokens",)
    assert families([decoded])[0].cells[0].codes == ("spread",)


def test_hostile_names_are_harmless():
    """Escapes, markup and very long names of a file that anybody wrote."""
    row = replace(measured_row(4), draft="\x1b[31m|<b>", quant="q" * 200, device="\u202edraob")
    document = Document(sections=(profile_section(families([row]), Positions(None)),))
    for shown in (as_text(document, width=80), as_markdown(document)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "<b>" not in as_markdown(document)


def test_the_ends_of_what_a_row_may_hold_are_shown():
    """The smallest round and the largest K: JSON stays JSON."""
    tiny = Estimate(value=1e-12, low=1e-12, high=1e9, confidence=0.95, n=2)
    row = measured_row(4096)
    speed = Estimate(value=4096e12, low=4096e-9, high=4096e12, confidence=0.95, n=2)
    extreme = from_record(
        to_record(replace(row, drafting=replace(row.drafting, round_s=tiny, tokens_per_s=speed))), "r"
    )
    assert text([extreme])
    json.dumps(profiles_json(families([extreme]), Positions(None)), allow_nan=False)


def test_environment_without_health_has_no_temperature():
    """Recorded figures name none."""
    row = replace(measured_row(4), environment=Environment(source="a print"))
    assert "no temperature: not recorded" in text([row])


def test_the_papers_boards_have_watts_and_no_temperature():
    """As its Table 3 prints them."""
    profile = read_profile(Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [replayed_row(one) for one in profile.configurations("rpi5", as_name="rpi5")]
    shown = text(rows)
    assert shown.count("W: mean power while drafting") == len({row.family for row in rows})
