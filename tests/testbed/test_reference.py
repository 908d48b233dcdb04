"""docs/inventory.md and docs/prompts.md against the program: tables and an example of errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.agent.power.registry import METERS
from configspec.errors import UsageError
from configspec.testbed.inventory import json_schema
from configspec.testbed.read import read_inventory
from configspec.testbed.reference import SECTIONS, with_meters, with_shapes, with_tables

WriteInventory = Callable[[str | bytes], Path]
PAGE = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
WITH_FOUR_SLIPS = """
devices:
  jetson: {connection: local, powr: {}}
families:
  tiny:
    target: {transformers: models/targt}
    drafts: {xs: models/xs}
    quants: [Q4_K_M, Q4_K_N]
sweep: {k: 10..1}
"""


def test_the_tables_are_those_of_the_program() -> None:
    """A key is described in one place, its spec; where this fails, run tools/write_inventory_reference.py."""
    assert with_tables(PAGE) == PAGE


def test_the_table_of_shapes_is_that_of_the_program() -> None:
    """Where this fails, run tools/write_inventory_reference.py."""
    page = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text(encoding="utf-8")
    assert "| `turns` |" in page
    assert with_shapes(page) == page


def test_the_table_of_meters_is_that_of_the_program() -> None:
    """Where this fails, run tools/write_inventory_reference.py."""
    page = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")
    assert "| [`ina3221`](" in page
    assert with_meters(page) == page


def test_the_order_of_auto_stands_in_the_table() -> None:
    """Those that are looked for come first and are counted, also where others stand between them in the tuple."""
    backwards = with_meters("<!-- meters -->\n<!-- end of meters -->", METERS[::-1])
    rows = [re.split(r" ?\| ?", line)[1:3] for line in backwards.splitlines()[3:-1]]
    looked_for = [kind.name for kind in METERS[::-1] if kind.auto]
    places = {re.sub(r"^\[`(\w+)`\].*", r"\1", cell): place for cell, place in rows}
    assert [name for name, place in places.items() if place] == looked_for
    assert [place for place in places.values() if place] == [str(n + 1) for n in range(len(looked_for))]
    assert set(places) == {kind.name for kind in METERS}


def test_the_page_has_every_section() -> None:
    """A table that loses its markers would no longer be written."""
    assert re.findall(r"<!-- keys: (\w+) -->", PAGE) == list(SECTIONS)


def test_every_key_is_in_a_table() -> None:
    """Alone or at the end of a dotted key."""
    schema = json_schema()
    keys = {key for mapping in (schema, *schema["$defs"].values()) for key in mapping["properties"]}
    headings = set(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE))
    in_tables = set(re.findall(r"^\| `(?:[\w.]+\.)?(\w+)` \|", PAGE, re.MULTILINE))
    assert keys - in_tables - headings == set()


def test_a_changed_description_changes_the_page() -> None:
    """The comparison above can fail."""
    assert with_tables(PAGE.replace("Timed rounds", "Rounds")) == PAGE


def test_the_errors_on_the_page_are_what_is_printed(write_inventory: WriteInventory) -> None:
    """Where this fails, put the text that it expects into docs/inventory.md."""
    path = write_inventory(WITH_FOUR_SLIPS)
    with pytest.raises(UsageError) as error:
        read_inventory(path)
    printed = str(error.value).replace(str(path.parent), "/home/me/testbed")
    shown = re.search(r"<!-- example: errors -->\n```text\n(.*?)\n?```", PAGE, re.DOTALL)
    assert shown
    assert shown[1].split("\n") == [line if len(line) < 200 else line[:180] + " ..." for line in printed.split("\n")]
