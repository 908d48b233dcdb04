"""Where devices disagree with the host, in the summary's lines."""

from __future__ import annotations

from dataclasses import replace

from example_rows import measured_row

from configspec.records.acceptance import AgreementCheck
from configspec.records.row import Row
from configspec.reporting.agreement_section import agreement_section
from configspec.reporting.terminal import section_body


def row(draft: str, k: int, check: AgreementCheck | None) -> Row:
    plain = measured_row(k, device="orin")
    return replace(plain, draft=draft, acceptance=replace(plain.acceptance, check=check))


def differing(count: int, beyond: int, gap: float | None) -> AgreementCheck:
    return AgreementCheck(
        prompts=2, positions=96, differ=count, beyond_ties=beyond, largest_gap=gap, near_tie=0.05, context=512
    )


def test_one_line_a_draft_that_differs() -> None:
    """Whatever the number of K; what agrees, or was not checked, is not mentioned."""
    section = agreement_section(
        [
            *(row("a", k, differing(1, 0, 0.0123)) for k in (1, 2)),
            row("b", 1, differing(0, 0, None)),
            row("c", 1, differing(90, 80, 7.5)),
            row("d", 1, None),
        ]
    )
    assert section is not None
    beginning = "orin: pair {} Q8_0: {} of 96 positions differ from this host's, with up to"
    assert section_body(section).splitlines() == [
        f"{beginning.format('a', 1)} 0.0123 logits between the best two: all within rounding",
        f"{beginning.format('c', 90)} 7.5 logits between the best two: 80 exceed rounding",
    ]


def test_nothing_is_said_where_all_agree() -> None:
    """Nor where nothing was checked."""
    assert agreement_section([row("b", 1, differing(0, 0, None)), row("d", 1, None)]) is None
