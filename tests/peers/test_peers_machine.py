"""Reading what the kernel says of others who wanted the processors."""

from __future__ import annotations

import pytest
from machine import waited_us


def test_the_total_of_the_some_line_is_read() -> None:
    """Both lines of /proc/pressure/cpu have a total; "full" is always 0 for the whole machine."""
    text = "some avg10=98.08 avg60=91.50 avg300=69.88 total=385687543\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    assert waited_us(text) == 385_687_543


def test_a_file_without_that_line_is_an_error() -> None:
    """A figure is not guessed."""
    with pytest.raises(ValueError, match="some"):
        waited_us("full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
