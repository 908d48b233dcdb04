"""The runs that pages show print what is shown."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from shown_runs import SHOWN, ShownRun, pages, refreshed, runs_of


@cache
def runs(page: Path) -> list[ShownRun]:
    """Of a page, run once."""
    if "to_dataframe" in page.read_text(encoding="utf-8"):
        pytest.importorskip("pandas")
    return runs_of(page)


PLACES = [
    pytest.param(page, place, id=f"{page.name}-{place}")
    for page in pages()
    for place in range(len(SHOWN.findall(page.read_text(encoding="utf-8"))))
]


@pytest.mark.parametrize(("page", "place"), PLACES)
def test_a_run_prints_what_is_shown(page, place):
    """Where this fails and the new output is right: python tools/refresh_shown_runs.py."""
    one = runs(page)[place]
    assert one.shown == one.printed, one.name


def test_every_mark_is_of_a_run():
    """A mark before anything else would be passed over in silence."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert len(SHOWN.findall(text)) == len(re.findall("<!-- run(?: [^>]*)? -->", text)), page.name


def test_a_page_is_refreshed_in_its_outputs_alone():
    """A command, and Python in two blocks that are one program."""
    page = (
        "Before\n\n<!-- run -->\n\n    configspec rank results.json --device rpi5 --top 1 --format json --k 6\n\n"
        "```text\nold\n```\n\n<!-- run -->\n\n```python\nn = 2\nprint(n)\n```\n\n```text\n3\n```\n\n"
        "<!-- run -->\n\n```python\nprint(n + 1)\n```\n\n```text\n```\n\n```text\nold\n```\n"
    )
    new = refreshed(page)
    assert refreshed(new) == new
    assert new.startswith(page[: page.index("old")])
    assert new.endswith(
        "```text\n2\n```\n\n<!-- run -->\n\n```python\nprint(n + 1)\n```\n\n```text\n3\n```\n\n```text\nold\n```\n"
    )
    assert '"device": "rpi5"' in new
