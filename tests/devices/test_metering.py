"""Who reads the meter of a device: the device, or this host, whose clock is mapped onto the device's."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from answering import Answering, as_line
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.power.meter import WATTS, Channel, Reading, ReadingError
from configspec.agent.power.meter import MeterFacts as AgentFacts
from configspec.devices.metering import ASKED, BY_DEVICE, BY_HOST, MOST_APART_S, HostMeter, Metering, offset
from configspec.devices.transport.client import AgentClient, Limits
from configspec.errors import ConfigspecError, TestbedError, UsageError
from configspec.records.meter import MeterFacts
from configspec.testbed.power_spec import PowerSpec

NONE = {"facts": None, "looked_for": [["command", "reader: No such file or directory"]]}
FACTS: dict[str, object] = {
    **{"meter": "command", "shows": "watts", "boundary": "wall", "channels": ["watts"], "adds": [True]},
    **{"period_s": 1.0, "lag_s": 0.0, "step": 0.0, "range_j": None, "supply_w": None, "sensor": {}},
}
AWAY_S = 5000.0  # of the device's clock from this host's


def client_of(*oks: object) -> AgentClient:
    """An agent that gives these answers, one after the other; an error where one is a text."""
    waiting = iter(oks)

    def answer(request: dict[str, Any]) -> bytes:
        ok = next(waiting)
        if isinstance(ok, str):
            error = {"kind": "usage", "what": ok, "found": None, "hint": None}
            return as_line({"id": request["id"], "error": error})
        return as_line({"id": request["id"], "ok": ok})

    client = AgentClient(Answering(answer), device="orin", limits=Limits(grace_s=0.0))
    client.greet(sha256="this", deadline_s=1.0)
    return client


def metering(*oks: object) -> Metering:
    return Metering(client_of(*oks), lambda: time.monotonic() + AWAY_S)


def printing(text: str, **more: Any) -> tuple[PowerSpec, dict[str, object]]:
    """A command meter that prints so, and its options."""
    command = [sys.executable, "-S", "-c", f"print({text!r})"]
    options: dict[str, object] = {"command": command, "key": "watts", "unit": "W", "period_s": 0.05}
    return PowerSpec(meter="command", boundary="board", options=options, **more), options


def test_a_meter_that_the_device_can_read_is_read_there() -> None:
    """One clock, and no word of this host."""
    spec, options = printing('{"watts": 6.5}')
    found = metering({"facts": FACTS, "looked_for": []}).find(spec, options, uses_gpu=False)
    assert found.meter is not None
    assert (found.meter.clock, found.looked_for) == (BY_DEVICE, ())


@pytest.mark.real
def test_a_meter_on_the_network_that_the_device_cannot_read_is_read_here() -> None:
    """The record says so, with why the device could not; the boundary is the owner's."""
    spec, options = printing('{"watts": 6.5}')
    found = metering(NONE).find(spec, options, uses_gpu=False)
    assert found.meter is not None
    assert (found.meter.clock, found.meter.facts.boundary) == (BY_HOST, "board")
    assert [one.reason for one in found.looked_for] == ["from the device: reader: No such file or directory"]


def test_who_reads_it_may_be_declared() -> None:
    """`device`: this host does not try. `host`: the device is not asked, and would not answer."""
    spec, options = printing('{"watts": 6.5}', read_by="device")
    found = metering(NONE).find(spec, options, uses_gpu=False)
    assert (found.meter, len(found.looked_for)) == (None, 1)


@pytest.mark.real
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no JSON", "from this host: the program prints no JSON: 'no JSON'"),
        ('{"watt": 6.5}', "from this host: the output has no watts: nothing is at 'watts'. Did you mean 'watt'?"),
        ('{"watts": -6.5}', "from this host: watts is negative: power flows back"),
    ],
)
def test_a_meter_that_this_host_cannot_read_either_is_none_with_both_reasons(text: str, reason: str) -> None:
    """Nothing is an error: throughput is measured without."""
    spec, options = printing(text, read_by="host")
    found = metering().find(spec, options, uses_gpu=False)
    assert found.meter is None
    assert [one.reason[: len(reason)] for one in found.looked_for] == [reason]


def test_what_is_asked_wrongly_of_this_host_is_a_usage_error() -> None:
    """As of a device: an option names what is not there."""
    spec, options = printing("{}", read_by="host")
    with pytest.raises(UsageError, match=r"power.unit is 'MW'. There are: uW"):
        metering().find(spec, {**options, "unit": "MW"}, uses_gpu=False)


def test_a_meter_of_the_board_is_not_looked_for_here() -> None:
    """The one that this host has would be another machine's."""
    found = metering({"facts": None, "looked_for": [["ina3221", "none"]]}).find(PowerSpec(), {}, uses_gpu=False)
    assert (found.meter, [one.reason for one in found.looked_for]) == (None, ["none"])


def test_a_wrong_option_that_the_device_finds_is_told_and_loses_nothing() -> None:
    """The person changes it; the device goes on."""
    client = client_of("power.rails: ina3221 has no rail 'X'")
    with pytest.raises(UsageError, match=r"^orin: power.rails: ina3221 has no rail 'X'"):
        Metering(client, lambda: 0.0).find(PowerSpec(), {"rails": ["X"]}, uses_gpu=False)
    assert not client.lost


delays_s = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=ASKED, max_size=ASKED)


@given(delays_s, st.floats(-1e6, 1e6))
def test_a_clock_is_known_within_what_is_said_of_it(delays: list[tuple[float, float]], apart_s: float) -> None:
    """However long the way there and the way back take, and however uneven they are: half of the shortest round trip.

    The device's clock is `apart_s` ahead, exactly.
    """
    ways = iter(delays)
    here_s = 1e4

    def device_s() -> float:
        nonlocal here_s
        there_s, back_s = next(ways)
        here_s += there_s
        told_s = here_s + apart_s
        here_s += back_s
        return told_s

    shift_s, doubt_s = offset(device_s, lambda: here_s)
    assert abs(shift_s - apart_s) <= doubt_s + 1e-6
    assert doubt_s <= min(there_s + back_s for there_s, back_s in delays) / 2 + 1e-6


class Steady:
    """A meter of this host; `show` gives its value or raises. `read_often` is set when it was read ten times."""

    facts = AgentFacts(meter="command", shows=WATTS, boundary="wall", channels=(Channel("watts"),), period_s=0.05)

    def __init__(self, show: Callable[[], float] = lambda: 6.5) -> None:
        self.read_often = threading.Event()
        self._show = show
        self._count = 0

    def read(self) -> Reading:
        self._count += 1
        if self._count == 10:
            self.read_often.set()
        return Reading(time.monotonic(), (self._show(),))

    def close(self) -> None:
        """Nothing is held."""


def read_facts() -> MeterFacts:
    return MeterFacts(
        meter="command",
        shows="watts",
        boundary="wall",
        channels=("watts",),
        adds=(True,),
        period_s=0.05,
        lag_s=0.0,
        step=0.0,
        range_j=None,
        supply_w=None,
    )


def sampled(meter: Steady, steps_s: Iterator[float]) -> Any:
    """What a host's meter shows, where the device's clock is away by the next of `steps_s` each time it is asked."""
    host = HostMeter(meter, read_facts(), lambda: time.monotonic() + next(steps_s))
    host.start()
    assert meter.read_often.wait(30.0)
    return host.stop()


def steps(first_s: float, then_s: float) -> Iterator[float]:
    """ASKED times the one, then the other."""
    yield from [first_s] * ASKED
    while True:
        yield then_s


@pytest.mark.real
def test_times_of_this_host_become_the_devices() -> None:
    """Each reading lies between the moments of starting and stopping, by the device's clock."""
    began_s = time.monotonic() + AWAY_S
    found = sampled(Steady(), steps(AWAY_S, AWAY_S))
    ended_s = time.monotonic() + AWAY_S
    assert len(found.readings.t_s) >= 10
    assert all(began_s - found.uncertainty_s <= t_s <= ended_s + found.uncertainty_s for t_s in found.readings.t_s)
    assert 0 < found.uncertainty_s < 0.5
    assert found.clock_reason is None


@pytest.mark.real
@pytest.mark.parametrize("by_s", [2.0, -30.0])
def test_a_clock_that_steps_is_a_reason_with_how_far(by_s: float) -> None:
    """Of no time it is known on which side of the step it lies."""
    found = sampled(Steady(), steps(AWAY_S, AWAY_S + by_s))
    assert found.clock_reason == f"the clocks of device and host moved {abs(by_s):.3g} s apart"
    assert found.moved_s == pytest.approx(abs(by_s), abs=0.1)


@pytest.mark.real
def test_clocks_that_drift_a_little_are_within_what_is_said() -> None:
    """Half of what they drifted is added to the doubt, and the mean is taken for the shift."""
    by_s = MOST_APART_S / 2
    found = sampled(Steady(), steps(AWAY_S, AWAY_S + by_s))
    assert found.clock_reason is None
    assert found.uncertainty_s >= by_s / 2 - 0.01


@pytest.mark.real
def test_failures_of_this_hosts_meter_are_on_the_devices_clock() -> None:
    """As its readings: they are looked for inside the window."""

    def show() -> float:
        raise ReadingError("the plug is off")

    began_s = time.monotonic() + AWAY_S
    found = sampled(Steady(show), steps(AWAY_S, AWAY_S))
    assert found.readings.failed >= 10
    assert all(t_s >= began_s - found.uncertainty_s for t_s, _ in found.readings.failures)


@pytest.mark.real
def test_a_device_that_is_lost_while_this_host_reads_is_lost() -> None:
    """The thread that reads ends all the same."""
    before = threading.active_count()
    away = steps(AWAY_S, AWAY_S)
    lost = threading.Event()

    def clock_s() -> float:
        if lost.is_set():
            raise TestbedError("orin: the link was lost.")
        return time.monotonic() + next(away)

    meter = Steady()
    host = HostMeter(meter, read_facts(), clock_s)
    host.start()
    assert meter.read_often.wait(30.0)
    lost.set()
    with pytest.raises(TestbedError, match="the link was lost"):
        host.stop()
    assert threading.active_count() == before


@pytest.mark.real
def test_a_program_of_the_owners_is_read_by_this_host(tmp_path: Path) -> None:
    """The whole way: found, started, stopped; watts as it prints them, times of the device."""
    log = tmp_path / "runs"
    program = f"import json; open({str(log)!r}, 'a').write('x'); print(json.dumps(dict(watts=6.5)))"
    options: dict[str, object] = {"command": [sys.executable, "-S", "-c", program], "key": "watts", "unit": "W"}
    spec = PowerSpec(meter="command", boundary="board", read_by="host", options={**options, "period_s": 0.05})
    meter = metering().find(spec, spec.options, uses_gpu=False).meter
    assert meter is not None
    meter.start()
    end_s = time.monotonic() + 30.0
    while log.stat().st_size < 3 and time.monotonic() < end_s:  # once to find it
        threading.Event().wait(0.02)
    found = meter.stop()
    assert {value for column in found.readings.values for value in column} == {6.5}
    assert found.readings.t_s[0] == pytest.approx(time.monotonic() + AWAY_S, abs=30.0)


def test_a_host_without_the_device_is_no_other_error() -> None:
    """A device that cannot tell its clock raises what it raises; nothing is made up."""

    def clock_s() -> float:
        raise TestbedError("orin: offline.")

    with pytest.raises(ConfigspecError, match=r"orin: offline."):
        offset(clock_s)
