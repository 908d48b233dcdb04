"""Colours can be told from their background, and shape and dash say what colour says."""

from __future__ import annotations

import pytest

from configspec.reporting.pictures.looks import DARK, DASHES, LIGHT, LOOKS, SHAPES, colour_rules

LEAST = 4.5  # WCAG 2.2, 1.4.3, also for small text


def luminance(colour: str) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_known_contrast():
    """21 to 1, as the definition says."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", [one for one in LIGHT if one not in ("grid", "paper")])
def test_every_colour_can_be_told_from_the_background(colours, name):
    """In both modes; the grid alone may be faint."""
    assert contrast(colours[name], colours["paper"]) >= LEAST


def test_no_two_series_share_a_shape_a_dash_or_a_colour():
    """Whoever sees no colours tells them by the others."""
    for some in (SHAPES, DASHES, [LIGHT[f"s{n}"] for n in range(LOOKS)], [DARK[f"s{n}"] for n in range(LOOKS)]):
        assert len(set(some)) == LOOKS == len(some)


def test_both_modes_have_the_same_classes():
    """A drawing names classes only."""
    assert LIGHT.keys() == DARK.keys()
    assert ".s0{color:#0b5cad}" in colour_rules(LIGHT)
