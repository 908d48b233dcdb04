"""What reading a power meter costs, and whether energy over real decoding is what the profile predicts.

    sampler     processor time of reading a made-up INA3221, 20 times a second, as a share of one processor
    drafting    tokens/s with the meter read and without, in turns
    night       the visit of a cell with a counter as its meter against one without, in turns
    energy      J/token over real speculative decoding, waiting included, predicted and measured; the made-up board's
                power follows the processor time of its agent

The made-up boards are real files, which a program of its own writes (`tests/kit/made_up_board.py`).
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from comparison import Line, Pair, compare, enough
from machine import Watch

from configspec.cache import Store
from configspec.devices.device import Device, open_device
from configspec.profiling.meters import Meters
from configspec.profiling.power_window import Load, measure_power
from configspec.profiling.session import ProfilingSession, SessionOptions
from configspec.records.row import Row
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import DraftSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.power_spec import PowerSpec
from configspec.theory.ids import Cell, Drafter

BOARD = Path(__file__).resolve().parents[2] / "tests" / "kit" / "made_up_board.py"
MOST_TIMES = 3
K, ROUNDS, SECONDS = 10, 40, 60.0
SAMPLED_S = 10.0
CPU_AT_MOST, SPEED_AT_LEAST, NIGHT_AT_MOST = 0.01, 0.995, 1.3
ENERGY_AT_MOST = 0.03
NIGHT_ROUNDS, NIGHT_WARMUP = 20, 2
WIDE, QUANT, KS = "wide", "Q8_0", (2, 4)


def sampling(name: str, model: Path, context: Sequence[int], cache: Path, *, threads: int, pairs: int) -> list[Line]:
    """What 20 readings a second cost, on the smallest draft."""
    with made_up("waveform", "ramp") as root, metered_device(root, "ina3221", cache) as device:
        device.open_model(model, LlamaCppSpec(threads=threads, context=len(context) + K))
        device.prefill(context)
        return [_processor(device), _drafting(name, device, pairs)]


def night(model: Path, context: Sequence[int], cache: Path, *, threads: int, pairs: int) -> Line:
    """The visit of one cell, of a draft as slow as a real one, with a counter and without."""
    with made_up("count", "6.0") as root, metered_device(root, "rapl", cache) as device:
        device.open_model(model, LlamaCppSpec(threads=threads, context=len(context) + K))
        taken: list[Pair] = []
        while not enough(taken, least=pairs, most=pairs * MOST_TIMES):
            watch = Watch()
            without_s, with_s = _visit_s(device, context, metered=False), _visit_s(device, context, metered=True)
            taken.append(Pair(peer=without_s, ours=with_s, waited=watch.waited()))
    both = compare("a visit with a counter, Llama-3.2-1B's shape", "s", taken, least=pairs, at_least=0.0)
    return replace(both, bound=NIGHT_AT_MOST, better="lower")


def energy(inventory: Inventory, family: str, device: str, store: Store, say: Callable[[str], None]) -> Line:
    """How far predicted joules a token are from measured ones, of a random draft that takes its share of a round."""
    declared = inventory.families[family]
    smallest = next(iter(declared.drafts.values())).safetensors
    assert smallest is not None
    cell = Cell(device=device, family=family, drafter=Drafter(draft=WIDE, quant=QUANT))
    with made_up("follow", str(store.root)) as root, tempfile.TemporaryDirectory(prefix="draft-") as folder:
        widened(smallest, Path(folder))
        power = PowerSpec(meter="ina3221", root=str(root))
        metered = replace(inventory.devices[device], power=power)
        drafts = {WIDE: DraftSpec(name=WIDE, safetensors=Path(folder))}
        testbed = replace(
            inventory,
            devices={**inventory.devices, device: metered},
            families={family: replace(declared, drafts=drafts, quants=(QUANT,))},
        )
        with ProfilingSession(testbed, store, say, SessionOptions(host_threads=1)) as session:
            rows = [session.end_to_end(cell.at(k), KS) for k in KS]
    return _energy_line(rows)


def widened(smallest: Path, folder: Path) -> None:
    """A model of random weights with the vocabulary of the smallest draft, as slow as a draft on a board."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(smallest)
    config.update({"hidden_size": 512, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 8})
    config.update({"intermediate_size": 1536, "head_dim": 64})
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    for path in smallest.glob("*token*"):
        shutil.copy(path, folder)


def _energy_line(rows: Sequence[Row]) -> Line:
    found = [(row, row.end_to_end) for row in rows if row.end_to_end is not None]
    errors = [one.energy_error for _, one in found if one.energy_error is not None]
    notes = tuple(
        f"{row.draft} K={row.k}: {one.energy_reason or f'predicted {one.energy_error:+.1%}'}; drafting is "
        f"{one.drafting_s / one.total_s:.0%} of the time, the link {one.link_s / one.total_s:.0%}"
        for row, one in found
    )
    sizes = [abs(one) for one in errors] or [float("inf")]
    return Line(
        name="energy of real decoding: worst error of the prediction",
        unit="",
        peer=0.0,
        ours=max(sizes),
        judged=max(sizes),
        judged_unit="of the measured",
        low=min(sizes),
        high=max(sizes),
        n=len(errors),
        bound=ENERGY_AT_MOST,
        better="lower",
        notes=notes,
    )


def _processor(device: Device) -> Line:
    """Seconds of a processor that the sampler takes in ten."""
    meter = Meters({}).of(device).meter
    assert meter is not None
    meter.start()
    span = device.metering.idle(SAMPLED_S)
    read = meter.stop().readings
    share = read.cpu_s / (span.end_s - span.begin_s)
    return Line(
        name="reading an INA3221 20 times a second",
        unit="of a core",
        peer=0.0,
        ours=share,
        judged=share,
        judged_unit="of a core",
        low=share,
        high=share,
        n=len(read.t_s),
        bound=CPU_AT_MOST,
        better="lower",
    )


def _drafting(name: str, device: Device, pairs: int) -> Line:
    meter = Meters({}).of(device).meter
    assert meter is not None
    taken: list[Pair] = []
    while not enough(taken, least=pairs, most=pairs * MOST_TIMES):
        figures: dict[bool, float] = {}
        watch = Watch()
        for read in (False, True) if len(taken) % 2 else (True, False):
            if read:
                meter.start()
            timed = device.timed_rounds(K, rounds=ROUNDS, warmup=5, seconds=SECONDS)
            if read:
                meter.stop()
            figures[read] = K / statistics.median(stamps[-1] - stamps[0] for stamps in timed.stamps_s)
        taken.append(Pair(peer=figures[False], ours=figures[True], waited=watch.waited()))
    return compare(f"{name}, tokens/s with the meter read", "tokens/s", taken, least=pairs, at_least=SPEED_AT_LEAST)


def _visit_s(device: Device, context: Sequence[int], *, metered: bool) -> float:
    began_s = time.monotonic()
    device.prefill(context)
    device.timed_rounds(K, rounds=NIGHT_ROUNDS, warmup=NIGHT_WARMUP, seconds=SECONDS)
    if metered:
        meter = Meters({}).of(device).meter
        assert meter is not None
        measure_power(device, meter, Load(k=K, budget_s=SECONDS))
    return time.monotonic() - began_s


@contextmanager
def metered_device(root: Path, meter: str, cache: Path) -> Iterator[Device]:
    """The machine that this runs on, with a made-up meter."""
    spec = DeviceSpec(name="local", connection="local", power=PowerSpec(meter=meter, root=str(root)))
    with open_device(spec, cache) as device:
        yield device


@contextmanager
def made_up(kind: str, name: str) -> Iterator[Path]:
    """The root of a made-up board, written until the context ends."""
    with tempfile.TemporaryDirectory(prefix="board-") as folder:
        words = [sys.executable, str(BOARD), folder, kind, name, "0.0"]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)  # what it says is not read
        process.stdout.close()
        try:
            yield Path(folder)
        finally:
            process.stdin.close()
            process.wait(10.0)
            drain.wait(10.0)
