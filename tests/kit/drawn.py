"""What pictures are drawn from in tests, and their golden files: `python tests/kit/drawn.py` writes them anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from example_rows import DECODED, measured_row, replayed_row
from judged_runs import BEGIN_S, DAY_S, SETUP, configuration, goodput, made_run

from configspec.histories.judging import Checked
from configspec.histories.trend import Asked, Trend, trends
from configspec.records.profile_file import read_profile
from configspec.records.row import Row
from configspec.regression.accepted import AcceptedChange
from configspec.regression.metrics import GOODPUT
from configspec.regression.series import Disturbance
from configspec.regression.states import State, Verdict, outcome
from configspec.reporting.pictures.material import Material, measured_material
from configspec.reporting.pictures.picture import Picture, pictures_of
from configspec.reporting.pictures.registry import KINDS
from configspec.reporting.pictures.standalone import svg_file
from configspec.reporting.power_traces import PowerTrace, Span
from configspec.reporting.prediction_section import prediction_reports
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query
from configspec.theory.ids import configuration_id

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "fixtures" / "profiles" / "configspec-paper.json"
GOLDEN = ROOT / "tests" / "reporting" / "pictures" / "golden"


def paper_rows() -> list[Row]:
    """Every configuration that the paper prints, as rows."""
    profile = read_profile(PROFILE)
    return [
        replayed_row(one, profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]


def material_of(rows: Sequence[Row], query: Query = Query()) -> Material:  # noqa: B008 (frozen)
    """What rows give."""
    kept = list(map(ranked_row(), rows))
    return measured_material(kept, query, groups_of(query.answer(rows_to_rank(kept))))


def golden_material(rows: Sequence[Row] | None = None) -> Material:
    """What the golden files are drawn from: the paper's figures, and what no paper has, made by hand."""
    other = replace(DECODED, predicted_goodput_tokens_per_s=3.0)
    decoded = prediction_reports(
        [measured_row(2, device="rpi5", end_to_end=DECODED), measured_row(4, device="orin", end_to_end=other)]
    )
    return replace(
        material_of(paper_rows() if rows is None else rows),
        decoded=decoded,
        traces=(made_trace(),),
        trends=made_trends(),
        accepted=(ACCEPTED,),
        checked=made_checked(),
    )


ACCEPTED = AcceptedChange(pattern="*", reason="a new build", author="somebody", since_s=BEGIN_S + 7 * DAY_S)


def made_trace() -> PowerTrace:
    """A square load between two times of idling."""
    points = tuple((float(s), 6.0 + 0.1 * (s % 3) if 6 <= s <= 16 else 2.0) for s in range(23))
    parts = (("idle before", 0.0, 5.0), ("window", 6.0, 16.0), ("idle after", 17.0, 22.0))
    spans = tuple(
        Span(name=name, begin_s=begin, end_s=end, watts=tuple(w for s, w in points if begin <= s <= end))
        for name, begin, end in parts
    )
    cell = configuration_id("orin", "llama", "xs", "Q4_K_M", 4).cell
    return PowerTrace(cell=cell, points=points, readings=len(points), spans=spans)


def made_trends(nights: int = 12) -> tuple[Trend, ...]:
    """One series of so many nights, which lost a tenth in the middle; a night was disturbed, one had another mode."""
    runs = []
    for day in range(nights):
        value = (100.0 if day < nights // 2 else 90.0) + (day * 7 % 5) / 5
        disturbed: tuple[Disturbance, ...] = ("throttled",) if day == 3 else ()
        setup = SETUP if day < 9 else tuple((name, "15W" if name.endswith("power_mode") else it) for name, it in SETUP)
        runs.append(
            made_run(day, {configuration(4): value}, setup=setup, disturbed=disturbed, commit=f"{day:02x}" * 20)
        )
    return trends(runs, Asked(patterns=(f"*/{GOODPUT.name}",)))


def made_checked() -> Checked:
    """A comparison with a series of each kind."""
    kinds: tuple[tuple[int, State, float, str], ...] = (
        (2, "PASS", 1.004, "nothing is shown"),
        (4, "REGRESSED", 0.9, "-10.0 %, shown"),
        (8, "UNDECIDED", 0.95, "-5.0 %, no further than chance takes it"),
    )
    verdicts = [
        Verdict(
            series=goodput(k),
            state=state,
            reason=reason,
            ratio=ratio,
            low=ratio * 0.97,
            high=ratio * 1.03,
            confidence=0.95,
            runs=6,
            base_runs=6,
            against="base",
        )
        for k, state, ratio, reason in kinds
    ]
    return Checked(outcome=outcome(verdicts), new=("new.json",), base=("base.json",))


def first_pictures(material: Material) -> dict[str, Picture]:
    """The first picture of each kind that has one."""
    drawn = ((kind.name, [one for one in pictures_of(kind, material) if isinstance(one, Picture)]) for kind in KINDS)
    return {name: pictures[0] for name, pictures in drawn if pictures}


def write_golden() -> None:
    """Write each golden file; look at what changed before it is kept."""
    for name, picture in first_pictures(golden_material()).items():
        (GOLDEN / f"{name}.svg").write_text(svg_file(picture), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
