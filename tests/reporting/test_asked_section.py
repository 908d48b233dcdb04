"""What is said of a prompt set that is not asked as its file has it."""

from __future__ import annotations

from dataclasses import replace

from example_rows import measured_row

from configspec.records.asked_prompts import AskedPrompts
from configspec.records.row import Refined, Row
from configspec.reporting.asked_section import asked_section
from configspec.reporting.terminal import section_body

ALL = AskedPrompts(shape="prompts", in_file=5, categories=(("a", 2), ("b", 3)))


def row(asked: AskedPrompts | None) -> Row:
    plain = measured_row(2, device="orin")
    return replace(plain, acceptance=replace(plain.acceptance, asked=asked))


def test_what_is_not_asked_is_told_once_a_family() -> None:
    """Whatever the number of rows: what was chosen, left out, shortened, and what is in no prompt."""
    asked = replace(
        ALL,
        in_file=40,
        skipped=2,
        shortened=0,
        not_taken=(("`tools` of entries", 1), ("later turns of conversations", 1200)),
    )
    section = asked_section([row(asked), row(asked), row(None), row(replace(ALL, shortened=1))])
    assert section is not None
    assert [line.strip() for line in section_body(section).splitlines()] == [
        "pair: 7 of the 40 prompts in the file were chosen, of 2 categories",
        "pair: 2 of 7 prompts were too long for the context, and are left out",
        "pair: in the file, and in no prompt: `tools` of entries (1), later turns of conversations (1,200)",
        "pair: 1 of 5 prompts were too long for the context, and lack some of their middle",
    ]


def test_nothing_is_said_where_all_is_asked() -> None:
    """Nor where no row says."""
    assert asked_section([row(ALL), row(None)]) is None


def test_prompts_behind_the_sweeps_own_are_told_with_their_device() -> None:
    """Another device's rows were asked the sweep's."""
    refined = Refined(objective="goodput", passes=0, sweep_round_s=row(ALL).drafting.round_s)
    more = replace(row(ALL), refined=replace(refined, prompts=2, sweep_prompts_sha256="ab" * 32))
    section = asked_section([row(ALL), more])
    assert section is not None
    assert section_body(section).strip() == "pair, on orin: 2 of them behind the sweep's own, by --refine"
    assert asked_section([replace(row(ALL), refined=refined)]) is None
