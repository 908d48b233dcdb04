"""Words in a picture have the room that they need."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from configspec.printable import printable
from configspec.reporting.pictures.svg import CUT, short, width_of


@given(st.text(max_size=300), st.floats(60, 400))
@example("\x1f\x1f@", 60.00000000000001)  # where two orders of one sum differ
def test_a_name_fits_into_its_room(name, room):
    """It is as it was, or cut, and then its beginning stays."""
    shown = short(name, room)
    assert width_of(shown) <= room
    assert shown == printable(name) or printable(name).startswith(shown.removesuffix(CUT))


def test_wide_letters_are_cut_earlier():
    """200 letters may be wide or narrow."""
    assert len(short("w" * 200)) < len(short("i" * 200))
