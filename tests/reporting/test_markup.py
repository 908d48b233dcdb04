"""Elements as text: nothing that comes from outside is ever markup."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from damage import FORBIDDEN_SIGNS, HOSTILE_TEXTS
from hypothesis import example, given
from hypothesis import strategies as st

from configspec.printable import printable
from configspec.reporting.markup import coordinate, element, text_of


class Seen(HTMLParser):
    """What a browser would see: the tags, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
@example("</p><script>alert(1)</script>")
@example('" onmouseover="alert(1)')
def test_a_text_is_never_markup(text):
    """Whatever a name holds, there is one paragraph, and it holds the name as it is shown."""
    page = text_of([element("p", text, title=text)])
    seen = Seen()
    seen.feed(page)
    seen.close()
    assert seen.tags == ["p"]
    assert seen.text == printable(text)
    assert not FORBIDDEN_SIGNS.search(page)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_it_is_xml_too(text):
    """A picture is read by programs that take XML alone."""
    found = ElementTree.fromstring(text_of([element("g", element("title", text), class_=text)]))
    assert found.findtext("title") == printable(text)
    assert found.get("class") == printable(text)


@pytest.mark.parametrize("tag", ["style", "script"])
@pytest.mark.parametrize("text", ["</style>", "</script><b>", "<!--"])
def test_what_would_end_a_raw_element_is_refused(tag, text):
    """Only this package's own texts are written raw, and none of them holds that."""
    with pytest.raises(ValueError, match="holds what would end it"):
        text_of([element(tag, text)])


@given(st.floats(-1e6, 1e6))
def test_a_coordinate_is_short_and_near(value):
    """A tenth of a pixel, and never an exponent."""
    shown = coordinate(value)
    assert abs(float(shown) - value) <= 0.05 + 1e-9
    assert "e" not in shown


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_coordinate(value):
    """A browser would drop the element without a word."""
    with pytest.raises(ValueError, match="no place in a picture"):
        coordinate(value)


def test_the_end_of_a_cell_is_left_out():
    """HTML lets the next cell end it; everything else is closed."""
    row = element("tr", element("td", "1"), element("td", "2"))
    assert text_of([element("table", row)]) == "<table><tr><td>1<td>2</table>"
    assert text_of([element("input", type="search", disabled=True, value=None)]) == '<input type="search" disabled=""/>'
