"""The meter of a board: which one is found, what is wrong with what was asked, and that it is read once at a time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from made_up_board import IDLE_W, VOLTS, MadeUpChip

from configspec.agent.power.meter import WATTS, Channel, MeterFacts, Option, Reading, ReadingError
from configspec.agent.power.metering import Metering, check_options, find_meter, fits, kind_named, names
from configspec.agent.power.registry import METERS
from configspec.agent.power.sampler import REASON_LETTERS, STAMP_LETTERS, Sampler
from configspec.agent.power.surroundings import Board
from configspec.agent.protocol import MAX_LETTERS, AgentError
from configspec.agent.requests.power import FindMeter

HUGE = 10**400


def found(metering: Metering, **asked: Any) -> dict[str, Any]:
    told: dict[str, Any] = metering.find(FindMeter(**asked))
    return told


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A root with one INA3221."""
    MadeUpChip(tmp_path / "board")
    return tmp_path / "board"


def test_auto_takes_the_first_that_is_there_and_tells_the_others(board: Path) -> None:
    """Those before it in the list, each with its reason; none behind it was asked."""
    told = found(Metering(), meter="auto", root=str(board))
    before = [kind.name for kind in METERS if kind.auto]
    assert told["facts"]["meter"] == "ina3221"
    assert [name for name, _ in told["looked_for"]] == before[: before.index("ina3221")]
    assert all(len(reason.split()) > 2 for _, reason in told["looked_for"])


def test_a_meter_is_found_by_its_name(board: Path) -> None:
    """And nothing else is looked for."""
    told = found(Metering(), meter="ina3221", root=str(board))
    assert (told["facts"]["channels"], told["looked_for"]) == (["VDD_IN"], [])


@pytest.mark.parametrize("root", ["nowhere", "a file"])
def test_a_root_that_holds_no_board_is_no_meter_with_a_reason_each(root: str, tmp_path: Path) -> None:
    """A folder that does not exist, and a file: every kind that `auto` knows says why."""
    (tmp_path / "a file").write_text("")
    told = found(Metering(), meter="ina3221", root=str(tmp_path / root))
    assert told == {"facts": None, "looked_for": [["ina3221", "no hwmon chip is named ina3221"]]}
    assert found(Metering(), meter="battery", root=str(tmp_path / root))["facts"] is None


def test_a_root_may_begin_at_the_home_of_the_account(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell writes it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert found(Metering(), meter="ina3221", root="~/board")["facts"]["meter"] == "ina3221"


@pytest.mark.parametrize(
    ("asked", "what", "hint"),
    [
        ({"meter": "ina3212"}, "no power meter is called 'ina3212'", "Did you mean 'ina3221'?"),
        ({"meter": "x" * 5000}, "no power meter is called 'x", "There are: auto"),
        ({"meter": "ina3221", "boundary": "borad"}, "power.boundary is 'borad'", "Did you mean 'board'?"),
        ({"meter": "ina2xx"}, "power.boundary is missing: only who wired a ina2xx", "Say one of rail, module"),
        ({"meter": "ina3221", "options": {"url": "x"}}, "power.url is no key of the meter ina3221", "There are: rails"),
        ({"meter": "ina3221", "options": {"rials": ["a"]}}, "power.rials is no key", "Did you mean 'rails'?"),
        ({"meter": "auto", "options": {"rails": "VDD_IN"}}, "power.rails must be a list of texts", None),
        ({"meter": "shelly_gen2"}, "power.url is missing: Its address", None),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error_that_says_what_would_do(
    asked: dict[str, Any], what: str, hint: str | None, board: Path
) -> None:
    """A name, a boundary, an option of another meter, one that is missing, one of another form."""
    with pytest.raises(AgentError) as refused:
        found(Metering(), root=str(board), **asked)
    assert refused.value.kind == "usage"
    assert refused.value.what.startswith(what)
    assert (hint or "") in (refused.value.hint or "")


def test_a_rail_that_is_not_there_is_named_with_those_that_are(board: Path) -> None:
    """By `auto` too: the board has the meter, and the owner meant one of its rails."""
    for meter in ("auto", "ina3221"):
        with pytest.raises(AgentError, match=r"power.rails: ina3221 has no rail 'VDD_INN'") as refused:
            found(Metering(), meter=meter, root=str(board), options={"rails": ["VDD_INN"]})
        assert refused.value.hint == "Did you mean 'VDD_IN'? There are: VDD_IN."


def test_the_boundary_that_the_owner_states_is_the_meters(board: Path) -> None:
    """Whatever the kind says."""
    assert found(Metering(), meter="auto", root=str(board), boundary="wall")["facts"]["boundary"] == "wall"


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("text", ["a"], ["", 3, None, ["a"]]),
        ("number", [0, 0.5, 2**53 - 1], [-1, True, "1", float("nan"), float("inf"), HUGE, None]),
        ("whole", [0, 3], [0.5, 3.0, -1, True, HUGE, "3"]),
        ("texts", [["a", "b"], ("a",)], [[], [""], ["a", 3], "a", {"a": "b"}, [["a"]]]),
        ("words", ["a b", ["a", "b"]], ["", [], [""], 3, [None]]),
    ],
)
def test_an_option_is_of_its_form_or_refused(form: str, good: list[object], bad: list[object]) -> None:
    """Numbers are finite, and no larger than JSON counts by ones; a truth value is no number."""
    option = Option("x", "something", form)
    assert all(fits(option, one) for one in good)
    assert not any(fits(option, one) for one in bad)


def test_a_secret_of_another_form_is_not_repeated() -> None:
    """The error travels to a screen and into a log."""
    kind = kind_named("shelly_gen2")
    with pytest.raises(AgentError, match=r"power.password must be a text") as refused:
        check_options(kind, {"url": "http://plug", "password": ["hunter2"]})
    assert "hunter2" not in f"{refused.value.as_json()}"


def test_every_kind_has_a_name_that_may_be_asked_for() -> None:
    """Each once; `auto` first."""
    assert names() == ("auto", *dict.fromkeys(kind.name for kind in METERS))


def test_without_a_meter_nothing_is_started_taken_or_recorded(tmp_path: Path) -> None:
    """Before one was found, and after none was."""
    metering = Metering()
    for _ in range(2):
        for call in (metering.start, metering.record):
            with pytest.raises(AgentError, match="no meter was found"):
                call()
        with pytest.raises(AgentError, match="the meter is not being read"):
            metering.take(stop=True)
        found(metering, meter="ina3221", root=str(tmp_path))
    metering.close()


def test_to_take_without_starting_is_refused_though_there_is_a_meter(board: Path) -> None:
    """And so it is after it was stopped: what was read is handed out once."""
    metering = Metering()
    found(metering, meter="ina3221", root=str(board))
    with pytest.raises(AgentError, match="the meter is not being read"):
        metering.take(stop=False)
    metering.start()
    metering.take(stop=True)
    with pytest.raises(AgentError, match="the meter is not being read"):
        metering.take(stop=True)


def samplers() -> int:
    """Threads that read a meter now."""
    return sum("_run" in thread.name for thread in threading.enumerate())


@pytest.mark.real
def test_to_start_again_reads_with_one_thread_and_begins_anew(board: Path) -> None:
    """The first one's readings are gone, and it reads no more."""
    metering, before = Metering(), samplers()
    found(metering, meter="ina3221", root=str(board))
    metering.start()
    began_s = time.monotonic()
    metering.start()
    assert samplers() == before + 1
    taken: dict[str, Any] = metering.take(stop=True)
    assert all(t_s >= began_s for t_s in taken["t_s"])
    assert samplers() == before


@pytest.mark.real
@pytest.mark.parametrize("again", [False, True], ids=["closed", "found again"])
def test_what_closes_a_meter_ends_its_thread(again: bool, board: Path) -> None:
    """To find one, too: the one before is given back."""
    metering, before = Metering(), samplers()
    found(metering, meter="ina3221", root=str(board))
    metering.start()
    if again:
        found(metering, meter="ina3221", root=str(board))
    else:
        metering.close()
        metering.close()
    assert samplers() == before
    with pytest.raises(AgentError, match="the meter is not being read"):
        metering.take(stop=True)


def test_a_recording_has_what_was_read_and_the_meter_can_be_read_afterwards(board: Path) -> None:
    """By path below the root; the values are those of what it holds, and the boundary the meter's own."""
    metering = Metering()
    found(metering, meter="auto", root=str(board), boundary="wall")
    told: dict[str, Any] = metering.record()
    milliamps = told["files"]["sys/class/hwmon/hwmon1/curr1_input"]
    assert told["values"] == [pytest.approx(int(milliamps) * VOLTS / 1000)] == [pytest.approx(IDLE_W)]
    assert told["boundary"] == "module"
    metering.start()
    metering.take(stop=True)


@pytest.mark.parametrize("left", ["", "nan", "12 W"])
def test_a_meter_that_died_before_it_was_recorded_is_the_boards_fault(left: str, board: Path) -> None:
    """With the reason; no traceback, and no recording of nothing."""
    metering = Metering()
    found(metering, meter="ina3221", root=str(board))
    (board / "sys/class/hwmon/hwmon1/curr1_input").write_text(left)
    with pytest.raises(AgentError, match="the meter ina3221 cannot be recorded") as refused:
        metering.record()
    assert refused.value.kind == "testbed"
    assert "VDD_IN cannot be read" in str(refused.value.found)


class Odd:
    """A meter that does what `show` does at each reading."""

    facts = MeterFacts(meter="odd", shows=WATTS, boundary="board", channels=(Channel("a"),), period_s=0.05)

    def __init__(self, show: Any) -> None:
        self.asked = threading.Event()
        self._show = show

    def read(self) -> Reading:
        try:
            shown: Reading = self._show()
            return shown
        finally:
            self.asked.set()

    def close(self) -> None:
        """Nothing is held."""


def taken_of(show: Any) -> dict[str, Any]:
    meter = Odd(show)
    sampler = Sampler(meter)
    sampler.start()
    assert meter.asked.wait(30.0)
    sampler.stop()
    told: dict[str, Any] = sampler.take()
    return told


@pytest.mark.real
def test_a_bug_in_a_meter_ends_its_readings_with_its_name() -> None:
    """Else they would end without a word, and a window would look as if the meter had been slow."""

    def show() -> Reading:
        raise ZeroDivisionError("x" * 10_000)

    ended = taken_of(show)["ended"]
    assert ended.startswith("reading it failed with ZeroDivisionError: xxx")
    assert len(ended) <= REASON_LETTERS


@pytest.mark.real
@pytest.mark.parametrize("value", [1e19, -1e300, float("inf")])
def test_a_value_that_no_answer_could_hold_is_a_failed_reading(value: float) -> None:
    """The host would take such an answer for another protocol, and give up the board."""
    told = taken_of(lambda: Reading(1.0, (value,)))
    assert told["t_s"] == []
    assert told["failures"][0][1].endswith("which no meter has")


@pytest.mark.real
def test_texts_of_a_service_are_cut() -> None:
    """A stamp that never ends is no reason to lose a board."""
    told = taken_of(lambda: Reading(1.0, (1.0,), "9" * MAX_LETTERS * 2))
    assert len(told["stamps"][0]) == STAMP_LETTERS


def figure_or_reason(root: Path) -> float | str:
    """What a meter makes of the tree."""
    meter, looked_for = find_meter(Board(root), FindMeter(meter="ina3221"))
    if meter is None:
        return looked_for[0][1]
    try:
        return sum(meter.read().values)
    except ReadingError as problem:
        return str(problem)


def test_a_tree_full_of_nonsense_is_a_meter_or_a_reason(board: Path) -> None:
    """Each file of the chip in turn: empty, no number, huge, bytes that are no text, a folder, a link to itself."""
    chip = board / "sys/class/hwmon/hwmon1"
    for name in sorted(path.name for path in chip.iterdir()):
        path = chip / name
        content = path.read_bytes()
        for damage in (b"", b"nan", b"-" * 100, b"9" * 5000, b"\xff\x00\xfe", b"1e5", b"-1", b"0"):
            path.write_bytes(damage)
            told = figure_or_reason(board)
            assert 0 <= told < 1e6 if isinstance(told, float) else told, (name, damage)
        path.unlink()
        path.symlink_to(path)
        assert figure_or_reason(board), name
        path.unlink()
        path.write_bytes(content)
