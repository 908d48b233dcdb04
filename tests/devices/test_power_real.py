"""Power the whole way: real files of a made-up chip, a real agent, a real draft; the truth is what was written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import msgspec
import pytest
from made_up_board import WAVEFORMS, LowPass, MadeUpChip, MadeUpPower, made_up_power

from configspec.agent.power import ina3221
from configspec.agent.power.meter import Meter as AgentMeter
from configspec.agent.power.sampler import Sampler
from configspec.agent.power.surroundings import Board
from configspec.devices.device import Device, open_device
from configspec.devices.replies.power import Readings
from configspec.profiling.meters import Meters
from configspec.profiling.power_figures import judged, window_rounds_s
from configspec.profiling.power_window import WINDOW, Load, measure_power
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import PowerSpec
from configspec.theory.power.doubts import Doubt
from configspec.theory.power.estimate import WindowPower, window_power
from configspec.theory.power.samples import MeterTraits, Samples, Window

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


@dataclass(frozen=True, slots=True)
class Shown:
    """What a meter showed of a waveform in ten seconds, and how much energy its files held."""

    power: WindowPower
    truth_j: float


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, float], Shown]:
    """Every waveform, with a prompt chip and with one that averages, read by the agent's own sampler at one time."""
    with ExitStack() as stack:
        running = {}
        for name, lag_s in product(WAVEFORMS, (0.0, LAG_S)):
            root = tmp_path_factory.mktemp("board")
            power = stack.enter_context(made_up_power(root, "waveform", name, lag_s=lag_s))
            meter = ina3221.find(Board(root), {})
            sampler = Sampler(meter)
            sampler.start()
            running[name, lag_s] = power, meter, sampler
        time.sleep(0.5)
        begin_s = time.monotonic()
        time.sleep(10.0)
        end_s = time.monotonic()
        time.sleep(0.5)
        for _, _, sampler in running.values():
            sampler.stop()
    return {key: _shown(*one, Window(begin_s=begin_s, end_s=end_s)) for key, one in running.items()}


def _shown(power: MadeUpPower, meter: AgentMeter, sampler: Sampler, window: Window) -> Shown:
    facts, read = meter.facts, msgspec.convert(sampler.take(), Readings)
    watts = tuple(tuple(one for one in column if one is not None) for column in read.values)
    samples = Samples(t_s=read.t_s, values=watts, shows="watts")
    found = window_power(samples, window, MeterTraits(period_s=facts.period_s, lag_s=facts.lag_s, step=facts.step))
    assert not isinstance(found, Doubt)
    return Shown(found, power.joules(window.begin_s, window.end_s))


@pytest.mark.parametrize("lag_s", [0.0, LAG_S], ids=["prompt", "low-pass"])
@pytest.mark.parametrize("name", WAVEFORMS)
def test_the_energy_of_a_known_waveform_is_right_within_a_hundredth(
    name: str, lag_s: float, shown: dict[tuple[str, float], Shown]
) -> None:
    """10 s at 20 Hz: within 1 % of what the files held, and within the interval that is told.

    Above 1 Hz the load swings by a quarter, as that of a board that drafts may. Twenty readings a second of a load that
    swings by all of its power seven times a second say less; the interval says so.
    """
    power, truth_j = shown[name, lag_s].power, shown[name, lag_s].truth_j
    assert power.energy.energy_j - power.energy.lag_j == pytest.approx(truth_j, rel=0.01)
    truth_w = (truth_j + power.energy.lag_j) / power.energy.window_s
    assert power.watts.low <= truth_w <= power.watts.high


def test_the_power_of_a_draft_is_what_its_meter_was_told(tmp_path: Path, agent_cache: Path, tiny_gguf: Path) -> None:
    """Through idle, load and idle again: watts as the files held, idle lower, tokens of one window.

    Within 5 %: beside other tests the agent has now more and now less of a processor; three seconds hold 60 readings.
    """
    pytest.importorskip("llama_cpp")
    with made_up_power(tmp_path, "follow", str(agent_cache)) as power, _device(tmp_path, agent_cache) as device:
        metered = Meters({}).of(device)
        assert metered.meter is not None
        device.open_model(tiny_gguf)
        device.prefill((1, 2, 3, 4))
        visit = measure_power(device, metered.meter, Load(k=4, budget_s=60.0, asked_s=3.0))
    found, idle = judged(visit)
    assert found.power is not None
    begin_s, end_s = visit.spans_s[WINDOW]
    truth_w = power.joules(begin_s, end_s) / (end_s - begin_s)
    assert found.power.energy.mean_w == pytest.approx(truth_w, rel=0.05)
    assert idle.mean_w is not None
    assert idle.mean_w < truth_w
    # The one round that had begun before the window is none of its own, however long a busy machine made it.
    before_s, first_s = next(pair for pair in pairwise(visit.stamps_s) if pair[1] >= begin_s)
    assert before_s < begin_s <= first_s < end_s
    assert sum(window_rounds_s(visit)) == pytest.approx(end_s - first_s)


@contextmanager
def _device(root: Path, cache: Path) -> Iterator[Device]:
    spec = DeviceSpec(name="made-up", connection="local", power=PowerSpec(meter="auto", root=str(root)))
    with open_device(spec, cache) as device:
        yield device
