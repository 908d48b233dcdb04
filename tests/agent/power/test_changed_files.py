"""The fake that stands for files that hold something else, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_files import DENIED, Changed, replay

NAME = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0"


def test_a_file_is_as_recorded_until_it_is_changed(tmp_path: Path):
    """What is not changed is read from the recording's tree."""
    inner = replay(tmp_path, "ina3221x/nano-load")
    assert Changed(inner).text(tmp_path / NAME) == "POM_5V_IN"
    assert Changed(inner, {NAME: "X"}).text(tmp_path / NAME) == "X"


def test_a_file_that_cannot_be_read_says_why_as_the_kernel_does(tmp_path: Path):
    """The error has the class, number and path that a real one has."""
    around = Changed(replay(tmp_path, "ina3221x/nano-load"), {NAME: DENIED})
    with pytest.raises(PermissionError) as caught:
        around.text(tmp_path / NAME)
    assert caught.value.errno == 13
    assert caught.value.filename == str(tmp_path / NAME)


def test_reading_takes_time_where_a_test_wants_that(tmp_path: Path):
    """The clock moves by the tick with each file, and not by itself."""
    around = Changed(replay(tmp_path, "ina3221x/nano-load"), tick_s=0.25)
    begin_s = around.now_s()
    around.text(tmp_path / NAME)
    assert around.now_s() == begin_s + 0.25
    assert around.now_s() == begin_s + 0.25
