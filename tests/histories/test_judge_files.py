"""Floors as they are written, and the reviewed files of a gate: what they say, and what they may not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from damage import HOSTILE_TEXTS
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.histories.aliases_file import read_aliases
from configspec.histories.changes_file import read_changes
from configspec.histories.floors import CalibratedFloor, Floors, parse_floors
from configspec.histories.floors_file import read_floors, write_floors
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, ENERGY, GOODPUT, Metric
from configspec.regression.series import SeriesKey
from configspec.regression.spread import Spread
from configspec.theory.ids import configuration_id

IT = configuration_id("orin", "llama", "xs", "Q4_K_M", 4)
CHANGE = '[[accepted]]\nseries = "dev:orin:-*"\nsince = 2026-11-03\nreason = "15 W"\nauthor = "Kim"\n'


def series(metric: Metric = GOODPUT) -> SeriesKey:
    return SeriesKey(configuration=IT, metric=metric)


def test_floors_are_read():
    """Shares in percent; what is not named has its own."""
    found = parse_floors("goodput:5%, energy:10.5 %,acceptance:exact")
    assert found.of(series()) == 0.05
    assert found.of(series(ENERGY)) == pytest.approx(0.105)
    assert found.of(series(DRAFTING)) == DRAFTING.floor
    assert found.exact_acceptance
    assert not parse_floors("acceptance:3%").exact_acceptance
    assert parse_floors("regret:4%").regret == 0.04
    assert not parse_floors("goodput:off").judges(series())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it takes NAME:FLOOR"),
        ("goodput", "it takes NAME:FLOOR"),
        ("gootput:5%", "Did you mean 'goodput'"),
        ("goodput:0%", "a floor of 0 % calls every loss one that matters"),
        ("goodput:0.000%", "a floor of 0 %"),
        ("goodput:100%", "below 100 %"),
        ("goodput:5", "a share in percent, as in goodput:5%"),
        ("goodput:-5%", "a share in percent"),
        ("goodput:nan%", "a share in percent"),
        ("goodput:٥%", "a share in percent"),
        ("goodput:exact", "goodput is measured"),
        ("acceptance:0%", "a floor of 0 %"),
        ("acceptance:exact,acceptance:3%", "twice"),
        ("goodput:5%,goodput:6%", "twice"),
        ("goodput:off,goodput:6%", "twice"),
        ("regret:off", "a share in percent"),
        ("goodput:5%,", "it takes NAME:FLOOR"),
    ],
)
def test_floors_that_are_none_are_refused(text, says):
    """With what would do."""
    with pytest.raises(UsageError, match=says):
        parse_floors(text)


def test_what_is_given_comes_before_a_calibration_and_that_before_the_metrics_own():
    """Three sources, in this order."""
    known = CalibratedFloor(pattern="dev:orin:-*/goodput", floor=0.08, spread=Spread(log_sd=0.01, degrees=9))
    assert Floors(calibrated=(known,)).of(series()) == 0.08
    assert Floors(calibrated=(known,), given={"goodput": 0.05}).of(series()) == 0.05
    assert Floors(calibrated=(known,)).of(series(ACCEPTANCE)) == 0.0


shares = st.floats(min_value=1e-6, max_value=0.999)


@given(
    st.lists(
        st.builds(
            CalibratedFloor,
            pattern=st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable())
            | st.just('a"\\\u202e'),
            floor=shares,
            spread=st.builds(Spread, log_sd=st.floats(0, 9), degrees=st.floats(1e-3, 1e9) | st.just(math.inf)),
            night_share=st.floats(0, 1),
            visible=st.none() | shares,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_floors_come_back_from_their_file(tmp_path_factory, floors):
    """As they were written, whatever their patterns are."""
    path = tmp_path_factory.mktemp("floors") / "floors.toml"
    write_floors(path, floors, "made by\na test")
    assert list(read_floors(path)) == floors


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no floor in it"),
        ('[[floor]]\nseries = "x"\n', "floor 1: floor is missing"),
        ('[[floor]]\nseries = "x"\nfloor = 0\nlog_sd = 0.1\ndegrees = 1\n', "a share above 0 and below 1"),
        ('[[floor]]\nseries = "x"\nfloor = 0.1\nlog_sd = nan\ndegrees = 1\n', "log_sd is nan"),
        ('[[floor]]\nseries = "x"\nfloor = true\nlog_sd = 0.1\ndegrees = 1\n', "floor is True"),
        ('[[floor]]\nseries = "x"\nfloor = 0.1\nlog_sd = 0.1\ndegrees = 0\n', "degrees is 0"),
    ],
)
def test_a_floors_file_that_is_none_is_refused(tmp_path, text, says):
    """With file, entry, key and what would do."""
    with pytest.raises(UsageError, match=says):
        read_floors(write(tmp_path, text))


def test_accepted_changes_are_read(tmp_path):
    """A date is one of UTC; a time may have a zone; a commit stands instead."""
    text = (
        CHANGE
        + CHANGE.replace("2026-11-03", "2026-11-03T01:00:00+01:00")
        + CHANGE.replace("since = 2026-11-03", 'commit = "0a1b2c3d"')
    )
    one, two, three = read_changes(write(tmp_path, text))
    assert one.since_s == two.since_s == 1793664000.0
    assert (three.commit, three.since_s) == ("0a1b2c3d", None)
    assert read_changes(write(tmp_path, "# none yet\n")) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CHANGE.replace("reason", "reson"), "accepted 1: the key 'reson' is not known. Did you mean 'reason'"),
        (CHANGE.replace('"Kim"', '" "'), "accepted 1: author is ' '; it has to be a text"),
        (CHANGE.replace('"Kim"', "7"), "author is 7"),
        (CHANGE.replace("author", "# author"), "accepted 1: author is missing"),
        (CHANGE.replace("2026-11-03", '"2026-11-03"'), "a date without quotes"),
        (CHANGE.replace("2026-11-03", "12:00:00"), "a date without quotes"),
        (CHANGE + 'commit = "0a1b2c3d"\n', "accepted 1: .* not both"),
        (CHANGE.replace("since = 2026-11-03", 'commit = "0a"'), "too short"),
        (CHANGE + CHANGE.replace("2026-11-03", "2026-13-03"), "not TOML"),
        ("[accepted]\nx = 1\n", r"each beginning with \[\[accepted\]\]"),
        ("[[acepted]]\n", "'acepted' is not known here"),
        (CHANGE + 'author = "Lee"\n', "not TOML"),
        ("accepted = " + "[" * 3000 + "]" * 3000, "nested deeper|not TOML|list of entries"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_file_of_changes_that_is_none_is_refused(tmp_path, text, says):
    """Strictly: a key that nobody knows would be a change that nobody accepted."""
    with pytest.raises(UsageError, match=says):
        read_changes(write(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path):
    """And a folder is none."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_changes(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_changes(tmp_path)


def renamed(old: str, new: str) -> str:
    return f'[[renamed]]\nold = "{old}"\nnew = "{new}"\n'


def test_aliases_are_followed(tmp_path):
    """Through all renamings; of cells and of devices."""
    text = renamed("dev:a:-f-x-Q8_0", "dev:a:-f-y-Q8_0") + renamed("dev:a:-f-y-Q8_0", "dev:a:-f-z-Q8_0")
    assert read_aliases(write(tmp_path, text + renamed("dev:a:", "dev:b:"))) == {
        "dev:a:-f-x-Q8_0": "dev:a:-f-z-Q8_0",
        "dev:a:-f-y-Q8_0": "dev:a:-f-z-Q8_0",
        "dev:a:": "dev:b:",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (renamed("dev:a:", "dev:b:") + renamed("dev:b:", "dev:a:"), "the names lead in a circle"),
        (renamed("dev:a:", "dev:a:"), "the names lead in a circle"),
        (renamed("dev:a:", "dev:b:") + renamed("dev:a:", "dev:c:"), "renamed to both"),
        (renamed("dev:a:", "dev:b:-f-x-Q8_0"), "one of its names is a device and the other a cell"),
        (renamed("a", "dev:b:"), "renamed 1: old is 'a'; it has to be a cell such as"),
    ],
)
def test_aliases_that_cannot_be_followed_are_refused(tmp_path, text, says):
    """A circle, two ends, and what is no name."""
    with pytest.raises(UsageError, match=says):
        read_aliases(write(tmp_path, text))


@pytest.mark.parametrize("text", [text for text in HOSTILE_TEXTS if text.strip()])
def test_hostile_texts_end_in_a_printable_error(tmp_path, text):
    """Whatever is in the file."""
    for read in (read_changes, read_aliases, read_floors):
        path = tmp_path / "file.toml"
        path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
        with pytest.raises(UsageError) as refused:
            read(path)
        assert str(refused.value).replace(str(path), "").isprintable()
