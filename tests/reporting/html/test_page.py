"""The page as text: its order, its policy, what is missing and why, and nothing from outside that is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from damage import FORBIDDEN_SIGNS, HOSTILE_TEXTS
from drawn import paper_rows
from example_rows import measured_row
from reported import measured_rows, reported

from configspec.printable import printable
from configspec.records.bounds import NAME_LETTERS, encodable
from configspec.records.left_out import LeftOutList
from configspec.records.power import Power
from configspec.records.row import Row
from configspec.reporting.html.page import MOST_BYTES, page
from configspec.reporting.pictures.material import Material
from configspec.reporting.report.reported import Reported

PARTS = ["run", "changed", "trust", "pictures", "behind", "figures"]
EMPTY = ("meta", "input", "path", "line", "rect", "circle")
IMPLIED = ("td", "th", "tr")


class Seen(HTMLParser):
    """Tags, ids, attributes, text outside of style and script; and whether every element ends where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in (*EMPTY, *IMPLIED):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in (*EMPTY, *IMPLIED):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += f" {data}"


def seen(of: Reported) -> Seen:
    return Seen(page(of))


@pytest.fixture(scope="module")
def paper() -> Seen:
    """The page of the paper's figures."""
    return seen(reported(paper_rows()))


def test_the_parts_come_in_their_order(paper):
    """What to run first; whether to trust it before the pictures; every element is closed."""
    assert paper.ids == PARTS
    assert paper.open == []


def test_there_is_a_sentence_for_each_device_family_and_objective(paper):
    """What to run, its doubt, what it costs by the others; where there is no answer, why."""
    assert (
        "goodput: run 1b-inst Q4_K_M K=6, 4.50 tokens/s (4.49 to 4.51) derived; better than all 5 others" in paper.text
    )
    assert "costs 1.84x in tokens/$, 1.75x in J/token" in paper.text
    assert "energy: no answer: the paper prints no power for the Raspberry Pi 4B" in paper.text
    assert "not measured here, of what is recommended: " in paper.text


def test_only_the_own_style_and_script_are_allowed():
    """The policy has the hash of each, and allows nothing else; nothing leads out of the page."""
    text = page(reported(paper_rows()))
    style, script = re.search("<style>(.*?)</style>", text, re.S), re.search("<script>(.*?)</script>", text, re.S)
    assert style
    assert script
    for part in (style[1], script[1]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in text
    assert "default-src &" not in text
    assert "default-src 'none'" in text
    found = Seen(text)
    assert all((value or "").startswith("#") for name, value in found.attributes if name in ("href", "src"))
    assert not [name for name, _ in found.attributes if name == "style" or name.startswith("on")]
    assert found.tags.count("script") == 1


def test_the_script_is_small():
    """It sorts and filters, and nothing is read by it alone."""
    script = re.search("<script>(.*?)</script>", page(reported(paper_rows())), re.S)
    assert script
    assert len(script[1]) < 4096


NAMES = [one for one in HOSTILE_TEXTS if 1 <= len(one) <= NAME_LETTERS and "\0" not in one and encodable(one)]


@pytest.mark.parametrize("text", [*NAMES, "</script>", "x" * NAME_LETTERS])
def test_hostile_names_are_text(text):
    """A device, a draft or a file may be called anything: no tag more, nothing unprintable, and the name is there."""
    rows = [replace(row, device=text, draft=text) for row in measured_rows()]
    kind = seen(reported([replace(row, device="d", draft="e") for row in measured_rows()], "t"))
    found = seen(reported(rows, text))
    assert found.tags == kind.tags
    assert not FORBIDDEN_SIGNS.search(page(reported(rows, text)))
    assert printable(text).strip()[:40] in found.text


def test_trust_is_told_with_its_figures():
    """Notes with their counts, watts with what is inside, the prediction's error."""
    found = seen(reported(measured_rows()))
    assert "spread, 1 configuration: disturbed: 9 samples spread by 30% of their median (limit 10%)" in found.text
    assert "prediction error of 1 configuration: median 25.0%" in found.text
    assert "rpi5: no watts: no meter" in found.text


def test_a_configuration_with_a_note_shows_it_in_the_table_of_all():
    """A warning travels with the number."""
    assert re.search(r"<td>orin<td>pair<td>xs<td>Q8_0<td>3<td>.*?spread", page(reported(measured_rows())))


CASES = {
    "nothing at all": ([], ["Nothing was measured", "There is no row of a profile", "There is none."]),
    "one K": ([measured_row(2)], ["the only one", "One K was measured"]),
    "no power": ([measured_row(k) for k in (1, 2)], ["energy: no answer: no meter"]),
    "no end-to-end rows": (paper_rows(), ["Nothing was decoded for real"]),
    "power without a boundary": (
        [replace(row, power=Power(watts=row.drafting.tokens_per_s, reason=None)) for row in [measured_row(1)]],
        ["nobody says"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_is_told(case):
    """Each part is there, and says why it has nothing."""
    rows, told = CASES[case]
    found = seen(reported(rows))
    assert found.ids == PARTS
    assert "Nothing was compared: no baseline was given" in found.text
    for words in told:
        assert words in found.text


def test_a_file_that_cannot_be_read_has_a_page_with_the_reason():
    """Whoever opens the page of last night is told."""
    broken = Reported(title="x.json", source=(), command="", material=Material(), failed="x.json: line 3 is cut <b>")
    found = seen(broken)
    assert found.ids == ["failed"]
    assert "x.json: line 3 is cut <b>" in found.text


def test_what_was_left_out_of_the_file_is_told(tmp_path):
    """With its reason, and a count."""
    left = LeftOutList()
    left.add(tmp_path / "r.json", "benchmarks[3]", "K is -1")
    found = seen(replace(reported(measured_rows()), left_out=left))
    assert "1 entry was left out" in found.text
    assert "benchmarks[3]: K is -1" in found.text


def test_the_same_report_is_the_same_page():
    """No date of today, no random order."""
    assert page(reported(measured_rows())) == page(reported(measured_rows()))


def many_rows(cells: int, ks: int) -> list[Row]:
    """So many cells of ten devices and five families."""
    base = [measured_row(k) for k in range(1, ks + 1)]
    return [
        replace(
            row, device=f"board-{cell % 10:02}", family=f"family-{cell // 10 % 5}-70b", draft=f"draft-{cell // 50}-inst"
        )
        for cell in range(cells)
        for row in base
    ]


def test_a_page_of_500_cells_is_below_a_megabyte_and_counts_what_it_leaves_out():
    """5,000 rows; pictures and tables that there is no room for are counted, with the command that shows them."""
    text = page(reported(many_rows(500, 10)))
    assert len(text.encode()) < MOST_BYTES + 12_000 < 1_000_000
    assert re.search(r"Left out, so that the page stays small: \d+ more pictures of the kind k-curve", text)
    assert Seen(text).ids == PARTS


@pytest.mark.real
def test_a_page_of_5000_cells_is_one_too():
    """Below a megabyte; each part is there, and says how much of it is left out."""
    text = page(reported(many_rows(5000, 2)))
    assert len(text.encode()) < 1_000_000
    assert Seen(text).ids == PARTS
    assert re.search(r"Left out, so that the page stays small: [\d,]+ of 10,000 configurations", text)
