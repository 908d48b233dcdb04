"""NVML: the counter before the power, which card, where it counts as absent, and every status as words."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from fake_nvml import (
    DRIVER_NOT_LOADED,
    FIRST_HANDLE,
    INSUFFICIENT_SIZE,
    INVALID_ARGUMENT,
    NOT_SUPPORTED,
    UNINITIALIZED,
    FakeCard,
    FakeNvml,
)
from hypothesis import given
from hypothesis import strategies as st
from recorded_meters import Recording, Replayed, recordings

from configspec.agent.power.channels.libraries import Library
from configspec.agent.power.meter import JOULES, WATTS, Meter, NoMeterError, ReadingError
from configspec.agent.power.metering import check_options
from configspec.agent.power.nvml import KIND, LIBRARY, find
from configspec.agent.power.surroundings import Board, Noted
from configspec.agent.protocol import AgentError

NO_LIBRARY = replace(recordings("nvml")[0], library={})
COUNTING = FakeCard(energy_mj=81_234_567, power_mw=41_500)


def board(folder: Path, library: FakeNvml, recording: Recording = NO_LIBRARY, *, uses_gpu: bool = True) -> Replayed:
    """A board that has this library."""
    around = Replayed(folder, recording, uses_gpu=uses_gpu)
    around.libraries[LIBRARY] = cast("Library", library)
    return around


def found(folder: Path, library: FakeNvml, options: Mapping[str, object] | None = None) -> Meter:
    """The meter of a board that has this library, and drafts on its GPU."""
    return find(board(folder, library), options or {})


def test_the_counter_is_taken_where_there_is_one(tmp_path: Path):
    """Its mJ are joules, it comes anew every 0.1 s, and it has no lag."""
    meter = found(tmp_path, FakeNvml(COUNTING))
    assert meter.read().values == pytest.approx((81234.567,))
    facts = meter.facts
    assert (facts.shows, facts.boundary, facts.period_s, facts.lag_s) == (JOULES, "module", 0.1, 0.0)
    assert facts.range_j is None


def test_the_power_is_taken_where_there_is_no_counter(tmp_path: Path):
    """Its mW are watts, and a mean of a second."""
    meter = found(tmp_path, FakeNvml(FakeCard(power_mw=41_500)))
    assert meter.read().values == pytest.approx((41.5,))
    assert (meter.facts.shows, meter.facts.period_s, meter.facts.lag_s) == (WATTS, 0.1, 1.0)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_every_number_that_the_library_can_write_is_read(energy_mj: int, power_mw: int):
    """A counter of 64 bits and a power of 32 bits arrive whole; a true 0 stays 0."""
    card = FakeCard(energy_mj=energy_mj, power_mw=power_mw)
    around = Replayed(Path("/nowhere"), replace(NO_LIBRARY, files={}), uses_gpu=True)
    around.libraries[LIBRARY] = cast("Library", FakeNvml(card))
    counting = find(around, {})
    assert counting.read().values == pytest.approx((energy_mj / 1000,), rel=1e-12)
    card.energy_mj = None
    assert find(around, {}).read().values == pytest.approx((power_mw / 1000,), rel=1e-12)


def test_a_counter_goes_on(tmp_path: Path):
    """Each reading asks again, at the middle of the call."""
    card = FakeCard(energy_mj=1000)
    around = board(tmp_path, FakeNvml(card))
    meter = find(around, {})
    first = meter.read()
    card.energy_mj, around.clock_s = 3500, 1004.0
    second = meter.read()
    assert (second.values[0] - first.values[0], second.t_s - first.t_s) == (2.5, 4.0)


@pytest.mark.parametrize(
    ("name", "share"),
    [("NVIDIA A100-SXM4-40GB", 0.25), ("NVIDIA H100 PCIe", 0.25), ("NVIDIA GeForce RTX 4090", None)],
)
def test_a_card_that_looks_at_a_quarter_of_the_time_says_so(tmp_path: Path, name: str, share: float | None):
    """A100 and H100 need several seconds, several times: the facts tell."""
    meter = found(tmp_path, FakeNvml(replace(COUNTING, name=name)))
    sensor = meter.facts.sensor or {}
    assert (sensor["model"], sensor["gpu"], sensor.get("seen_share")) == (name, 0, share)


def test_a_card_that_is_named_is_read(tmp_path: Path):
    """`power.gpu` counts as nvidia-smi does."""
    library = FakeNvml(FakeCard(energy_mj=1), FakeCard(energy_mj=2000))
    meter = found(tmp_path, library, {"gpu": 1})
    assert meter.read().values == (2.0,)
    assert (meter.facts.sensor or {})["gpu"] == 1


def test_of_several_cards_one_has_to_be_named(tmp_path: Path):
    """Which of two drafts is not guessed, and the library is given back."""
    library = FakeNvml(COUNTING, COUNTING)
    with pytest.raises(NoMeterError, match=r"there are 2 cards: name one in power.gpu, 0 to 1"):
        found(tmp_path, library)
    assert library.opened == 0


def test_a_card_that_is_not_there_is_the_owners_mistake(tmp_path: Path):
    """With what there is; the library is given back."""
    library = FakeNvml(COUNTING, COUNTING)
    with pytest.raises(AgentError, match=r"power\.gpu is 2") as refused:
        found(tmp_path, library, {"gpu": 2})
    assert (refused.value.kind, refused.value.hint) == ("usage", "There are: 0 to 1.")
    assert library.opened == 0


def test_a_jetson_board_has_no_nvml(tmp_path: Path):
    """There the library loads and counts a card, and then shows nothing."""
    tegra = replace(
        NO_LIBRARY,
        files={"proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234"},
    )
    with pytest.raises(NoMeterError, match="Jetson"):
        find(board(tmp_path, FakeNvml(COUNTING), tegra), {"gpu": 0})


def test_a_device_that_drafts_on_its_processor_is_not_measured_by_its_card(tmp_path: Path):
    """Unless the owner names the card."""
    with pytest.raises(NoMeterError, match="without a GPU"):
        find(board(tmp_path / "auto", FakeNvml(COUNTING), uses_gpu=False), {})
    assert find(board(tmp_path / "named", FakeNvml(COUNTING), uses_gpu=False), {"gpu": 0}).read().values


@pytest.mark.parametrize(
    ("library", "reason"),
    [
        (FakeNvml(), "no card"),
        (
            FakeNvml(COUNTING, init_status=DRIVER_NOT_LOADED),
            r"nvmlInit_v2: the NVIDIA driver is not loaded .NVML status 9",
        ),
        (FakeNvml(COUNTING, init_status=18), "restart the board"),
        (FakeNvml(COUNTING, init_status=999), r"it failed \(NVML status 999\)"),
        (FakeNvml(FakeCard()), "nvmlDeviceGetPowerUsage: this card does not support it"),
        (FakeNvml(FakeCard(fails=4)), "nvmlDeviceGetName: the user has no permission"),
    ],
)
def test_a_card_that_cannot_be_read_is_no_meter_for_a_reason_in_words(tmp_path: Path, library: FakeNvml, reason: str):
    """And the library is given back."""
    with pytest.raises(NoMeterError, match=reason):
        found(tmp_path, library)
    assert library.opened == 0


def test_a_driver_that_is_not_installed_is_told(tmp_path: Path):
    """There is no library, and no traceback either."""
    with pytest.raises(NoMeterError, match=r"libnvidia-ml.so.1 of the NVIDIA driver is not installed"):
        find(Replayed(tmp_path, NO_LIBRARY, uses_gpu=True), {})


@pytest.mark.parametrize("missing", ["nvmlInit_v2", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetCount_v2"])
def test_a_driver_without_a_function_is_too_old(tmp_path: Path, missing: str):
    """A function that the library lacks is told, and nothing else is called in its place."""
    recording = next(one for one in recordings("nvml") if one.name.endswith("gtx1080-load"))
    old = {name: answer for name, answer in recording.library.items() if name != missing}
    with pytest.raises(NoMeterError, match=f"{missing}: this driver is too old"):
        find(Replayed(tmp_path, replace(recording, library=old)), {"gpu": 0})


def test_a_driver_without_the_counter_shows_the_power(tmp_path: Path):
    """An old driver has no such function; the power is read."""
    recording = next(one for one in recordings("nvml") if one.name.endswith("gtx1080-load"))
    old = {name: answer for name, answer in recording.library.items() if "Total" not in name}
    assert find(Replayed(tmp_path, replace(recording, library=old)), {"gpu": 0}).read().values == (151.25,)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (4, "the user has no permission"),
        (6, "it was not found"),
        (9, "the NVIDIA driver is not loaded"),
        (13, "this driver is too old for it"),
        (15, "the card is lost"),
        (16, "the card must be reset"),
        (18, "restart the board"),
        (-1, "it failed"),
    ],
)
def test_a_card_that_fails_later_is_a_failed_reading(tmp_path: Path, status: int, words: str):
    """Never 0, nor the last value; the status is told in words, and the next reading may succeed."""
    card = replace(COUNTING)
    meter = found(tmp_path, FakeNvml(card))
    card.fails = status
    with pytest.raises(ReadingError, match=f"Consumption: .*{words}.*status {status}"):
        meter.read()
    card.fails = 0
    assert meter.read().values == (81234.567,)


def test_it_is_looked_for_and_takes_a_cards_number():
    """A number, and no name."""
    check_options(KIND, {"gpu": 1})
    with pytest.raises(AgentError, match=r"power\.gpu must be a whole number"):
        check_options(KIND, {"gpu": "1"})
    assert (KIND.auto, KIND.boundary) == (True, "module")


def test_the_library_is_given_back_once(tmp_path: Path):
    """However often the meter is closed: another one may have it open."""
    library = FakeNvml(COUNTING)
    first, second = found(tmp_path / "first", library), found(tmp_path / "second", library)
    first.close()
    first.close()
    assert library.opened == 1
    second.close()
    assert library.opened == 0


def test_a_recording_of_a_card_replays_to_the_same_figure(tmp_path: Path):
    """What `Noted` keeps of the library's functions is a recording's `library`."""
    noted = Noted(board(tmp_path / "board", FakeNvml(COUNTING)))
    meter = find(noted, {})
    values = meter.read().values
    meter.close()
    again = Replayed(tmp_path / "again", replace(NO_LIBRARY, library=noted.notes.library))
    assert find(again, {"gpu": 0}).read().values == values
    assert noted.notes.as_json()["library"] == {name: list(one) for name, one in noted.notes.library.items()}


def test_a_library_that_is_none_is_an_error_of_the_system():
    """As a file that is not there is."""
    with pytest.raises(OSError, match="libno-such-thing"):
        Board().library("libno-such-thing.so.1")


def test_the_stand_in_refuses_before_it_is_opened_and_after():
    """As the real library does."""
    library, number = FakeNvml(COUNTING), ctypes.c_uint()
    assert library.nvmlDeviceGetCount_v2(ctypes.pointer(number)) == UNINITIALIZED
    assert library.nvmlShutdown() == UNINITIALIZED
    assert library.nvmlInit_v2() == 0
    assert library.nvmlDeviceGetCount_v2(ctypes.pointer(number)) == 0
    assert number.value == 1
    assert library.nvmlShutdown() == 0
    assert library.nvmlDeviceGetCount_v2(ctypes.pointer(number)) == UNINITIALIZED


def test_the_stand_in_knows_its_handles_and_the_room_for_a_name():
    """A number or a handle of no card is refused, and so is an array that is too short."""
    library, handle, number = FakeNvml(COUNTING), ctypes.c_void_p(), ctypes.c_uint()
    library.nvmlInit_v2()
    assert library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(1), ctypes.pointer(handle)) == INVALID_ARGUMENT
    assert library.nvmlDeviceGetPowerUsage(handle, ctypes.pointer(number)) == INVALID_ARGUMENT
    assert library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(0), ctypes.pointer(handle)) == 0
    assert handle.value == FIRST_HANDLE
    name = ctypes.create_string_buffer(4)
    assert library.nvmlDeviceGetName(handle, name, ctypes.c_uint(4)) == INSUFFICIENT_SIZE
    library.cards[0] = FakeCard()
    assert library.nvmlDeviceGetPowerUsage(handle, ctypes.pointer(number)) == NOT_SUPPORTED
