"""What pictures are drawn from in tests, and their golden files: `python tests/kit/drawn.py` writes them anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from example_rows import replayed_row

from configspec.records.profile_file import read_profile
from configspec.records.row import Row
from configspec.reporting.pictures.material import Material, measured_material
from configspec.reporting.pictures.picture import Picture
from configspec.reporting.pictures.registry import KINDS
from configspec.reporting.pictures.standalone import svg_file
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query

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


def golden_material() -> Material:
    """What the golden files are drawn from."""
    return material_of(paper_rows())


def first_pictures(material: Material) -> dict[str, Picture]:
    """The first picture of each kind that has one."""
    drawn = ((kind.name, [one for one in kind.draw(material) if isinstance(one, Picture)]) for kind in KINDS)
    return {name: pictures[0] for name, pictures in drawn if pictures}


def write_golden() -> None:
    """Write each golden file; look at what changed before it is kept."""
    for name, picture in first_pictures(golden_material()).items():
        (GOLDEN / f"{name}.svg").write_text(svg_file(picture), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
