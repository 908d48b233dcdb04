"""Every kind of picture, over the registry: golden files, and what holds for all of them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from damage import FORBIDDEN_SIGNS, HOSTILE_TEXTS
from drawn import GOLDEN, first_pictures, golden_material, material_of, paper_rows

from configspec.cli.plot import KINDS as NAMES
from configspec.errors import UsageError
from configspec.records.bounds import NAME_LETTERS, encodable
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, pictures_of
from configspec.reporting.pictures.registry import KINDS, kind
from configspec.reporting.pictures.standalone import svg_file

SVG = "{http://www.w3.org/2000/svg}"
ALL = [one.name for one in KINDS]


def is_a_name(text: str) -> bool:
    """Whether a row may have it: the others are refused when it is read."""
    return 1 <= len(text) <= NAME_LETTERS and "\0" not in text and encodable(text)


@pytest.fixture(scope="module")
def material() -> Material:
    return golden_material()


@pytest.mark.parametrize("name", ALL)
def test_a_picture_is_its_golden_file(name, material):
    """Sign for sign. Where this fails, look at the change, then: python tests/kit/drawn.py."""
    assert svg_file(first_pictures(material)[name]) == (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
def test_every_picture_is_xml_with_words_and_a_table(name, material):
    """Each has a title, a description, marks that say what they are, and a table with as many rows or more."""
    drawn = list(pictures_of(kind(name), material))
    assert drawn
    for one in drawn:
        if isinstance(one, NoPicture):
            assert one.why
            continue
        root = ElementTree.fromstring(svg_file(one).encode())
        assert root.findtext(f"{SVG}title")
        assert root.findtext(f"{SVG}desc")
        says = [found.text for found in root.iter(f"{SVG}title")][1:]
        assert says
        assert all(says)
        assert one.words
        assert one.table.rows


@pytest.mark.parametrize("name", ALL)
def test_a_picture_of_nothing_is_none(name):
    """No kind invents one, and none fails."""
    assert not [one for one in pictures_of(kind(name), Material()) if isinstance(one, Picture)]


@pytest.mark.parametrize("text", [*filter(is_a_name, HOSTILE_TEXTS), "x" * NAME_LETTERS, "</script>"])
def test_hostile_names_are_shown_and_nothing_else(text):
    """The picture is XML, nothing unprintable is in it, and the table has the name."""
    rows = [replace(row, draft=text, device=text) for row in paper_rows()[:6]]
    for one in first_pictures(material_of(rows)).values():
        content = svg_file(one)
        ElementTree.fromstring(content.encode())
        assert not FORBIDDEN_SIGNS.search(content)
        assert "<script" not in content


def test_the_command_line_knows_every_kind():
    """It names them before numpy is loaded."""
    assert list(NAMES) == ALL


def test_an_unknown_kind_is_told_with_those_there_are():
    """And the nearest."""
    with pytest.raises(UsageError, match="Did you mean 'k-curve'"):
        kind("k-curves")
