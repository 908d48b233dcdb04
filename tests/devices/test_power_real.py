"""Power the whole way: real files of a made-up chip, a real agent, a real draft; the truth is what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_up_board import WAVEFORMS, LowPass, MadeUpChip, made_up_power

from configspec.agent.power import ina3221
from configspec.agent.power.surroundings import Board
from configspec.devices.device import Device, open_device
from configspec.profiling.meters import Meters
from configspec.profiling.power_figures import judged, window_rounds_s
from configspec.profiling.power_window import WINDOW, Load, measure_power, traits_of
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import PowerSpec
from configspec.theory.power.doubts import Doubt
from configspec.theory.power.estimate import window_power
from configspec.theory.power.samples import Samples, Window

pytestmark = pytest.mark.real
LAG_S = 0.43


def test_a_made_up_chip_shows_what_it_is_told(tmp_path: Path) -> None:
    """Within what milliamperes at 5 V can show: 5 mW."""
    chip = MadeUpChip(tmp_path)
    shown = chip.show(6.1234)
    assert list(ina3221.find(Board(tmp_path), {}).read().values) == pytest.approx([shown])
    assert shown == pytest.approx(6.1234, abs=0.0026)


def test_a_low_pass_comes_as_near_as_its_time_constant_says() -> None:
    """After one, 63 % of a step; after five, 99 %."""
    low_pass = LowPass(LAG_S)
    low_pass(0.0, 0.0)
    assert low_pass(LAG_S, 1.0) == pytest.approx(0.632, abs=0.001)
    assert low_pass(5 * LAG_S, 1.0) == pytest.approx(0.993, abs=0.001)


@pytest.mark.parametrize("lag_s", [0.0, LAG_S], ids=["prompt", "low-pass"])
@pytest.mark.parametrize("name", WAVEFORMS)
def test_the_energy_of_a_known_waveform_is_right_within_a_hundredth(
    name: str, lag_s: float, tmp_path: Path, agent_cache: Path
) -> None:
    """10 s at 20 Hz: within 1 % of what the files held, and within the interval that is told.

    Above 1 Hz the load swings by a quarter, as that of a board that drafts may. Twenty readings a second of a load that
    swings by all of its power seven times a second say less; the interval says so.
    """
    with made_up_power(tmp_path, "waveform", name, lag_s=lag_s) as power, _device(tmp_path, agent_cache) as device:
        meter = Meters({}).of(device).meter
        assert meter is not None
        meter.start()
        device.metering.idle(0.5)
        span = device.metering.idle(10.0)
        device.metering.idle(0.5)
        read = meter.stop().readings
    samples = Samples(t_s=read.t_s, values=_without_gaps(read.values), shows=meter.facts.shows)
    found = window_power(samples, Window(begin_s=span.begin_s, end_s=span.end_s), traits_of(meter.facts))
    assert not isinstance(found, Doubt)
    shown_j = found.energy.energy_j - found.energy.lag_j
    truth_j = power.joules(span.begin_s, span.end_s)
    assert shown_j == pytest.approx(truth_j, rel=0.01)
    assert found.watts.low <= (truth_j + found.energy.lag_j) / found.energy.window_s <= found.watts.high


def test_the_power_of_a_draft_is_what_its_meter_was_told(tmp_path: Path, agent_cache: Path, tiny_gguf: Path) -> None:
    """Through idle, load and idle again: watts within 1 % of what the files held, idle lower, tokens of one window."""
    pytest.importorskip("llama_cpp")
    with made_up_power(tmp_path, "follow", "configspec") as power, _device(tmp_path, agent_cache) as device:
        metered = Meters({}).of(device)
        assert metered.meter is not None
        device.open_model(tiny_gguf)
        device.prefill((1, 2, 3, 4))
        visit = measure_power(device, metered.meter, Load(k=4, budget_s=60.0, asked_s=3.0))
    found, idle = judged(visit)
    assert found.power is not None
    begin_s, end_s = visit.spans_s[WINDOW]
    truth_w = power.joules(begin_s, end_s) / (end_s - begin_s)
    assert found.power.energy.mean_w == pytest.approx(truth_w, rel=0.01)
    assert idle.mean_w is not None
    assert idle.mean_w < truth_w
    assert sum(window_rounds_s(visit)) == pytest.approx(end_s - begin_s, rel=0.1)


@contextmanager
def _device(root: Path, cache: Path) -> Iterator[Device]:
    spec = DeviceSpec(name="made-up", connection="local", power=PowerSpec(meter="auto", root=str(root)))
    with open_device(spec, cache) as device:
        yield device


def _without_gaps(values: Sequence[Sequence[float | None]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(one for one in column if one is not None) for column in values)
