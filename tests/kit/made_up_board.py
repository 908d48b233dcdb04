"""A board that is not here: files of an INA3221 or of RAPL, which a program of its own writes while a test reads them.

    python made_up_board.py ROOT waveform NAME          a known power over time: WAVEFORMS
    python made_up_board.py ROOT follow MARK            a power that follows the processor time of all processes whose
                                                        command line holds MARK
    python made_up_board.py ROOT count WATTS            a counter of RAPL that rises by that power

It prints one line when it begins, `{"began_s": ...}` of the monotonic clock, and what it has written, a line a value,
`[t_s, watts]`, until its input is closed.
"""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHIP = "sys/devices/i2c-1/1-0040/hwmon/hwmon1"
LINK = "sys/class/hwmon/hwmon1"
VOLTS = 5.0
IDLE_W, BUSY_W = 2.0, 7.0
PERIOD_S = 0.005  # between two values
WAVEFORMS: Mapping[str, Callable[[float], float]] = {
    "constant": lambda _: 6.0,
    "step": lambda t_s: 3.0 if t_s < 8.0 else 9.0,
    "ramp": lambda t_s: 3.0 + 0.3 * t_s,
    "square-0.3": lambda t_s: 9.0 if (t_s * 0.3) % 1.0 < 0.5 else 3.0,
    "square-3": lambda t_s: 9.0 if (t_s * 3.0) % 1.0 < 0.5 else 7.0,
    "square-7": lambda t_s: 9.0 if (t_s * 7.0) % 1.0 < 0.5 else 7.0,
}


class MadeUpChip:
    """The files of one chip with one rail, VDD_IN; each value is whole, whoever reads it when."""

    def __init__(self, root: Path, *, lag_s: float = 0.0) -> None:
        self._chip = root / CHIP
        self._chip.mkdir(parents=True, exist_ok=True)
        (root / LINK).parent.mkdir(parents=True, exist_ok=True)
        if not (root / LINK).is_symlink():
            (root / LINK).symlink_to("../../devices/i2c-1/1-0040/hwmon/hwmon1")
        self._write("name", "ina3221")
        self._write("samples", "512" if lag_s else "1")
        self._write("update_interval", str(round(lag_s * 1000) or 7))
        self._write("in1_label", "VDD_IN")
        self._write("in1_enable", "1")
        self._write("in1_input", str(round(VOLTS * 1000)))
        self._write("shunt1_resistor", "5000")
        self.show(IDLE_W)

    def show(self, watts: float) -> float:
        """Show that power, as near as milliamperes come; what is shown."""
        milliamps = round(watts / VOLTS * 1000)
        self._write("curr1_input", str(milliamps))
        return milliamps * VOLTS / 1000

    def _write(self, name: str, text: str) -> None:
        beside = self._chip / f".{name}"
        beside.write_text(text + "\n")
        os.replace(beside, self._chip / name)


class LowPass:
    """A first-order low-pass of the time constant `lag_s`, as the chip averages; 0: none."""

    def __init__(self, lag_s: float) -> None:
        self._lag_s = lag_s
        self._last: tuple[float, float] | None = None

    def __call__(self, t_s: float, watts: float) -> float:
        """What is shown at `t_s`, where the load is `watts` from now on."""
        if not self._lag_s or self._last is None:
            self._last = t_s, watts
            return watts
        before_s, shown = self._last
        shown = watts + (shown - watts) * math.exp(-(t_s - before_s) / self._lag_s)
        self._last = t_s, shown
        return shown


def processor_s(mark: str) -> float:
    """Seconds of processors that processes with `mark` in their command line have taken so far."""
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                found += sum(int(one.read_text().split()[0]) for one in folder.glob("task/*/schedstat")) / 1e9
        except (OSError, ValueError, IndexError):
            continue
    return found


def following(mark: str) -> Callable[[float], float]:
    """Between idle and busy, by how much of a processor the processes have had since the last value."""
    last = time.monotonic(), processor_s(mark)

    def watts(_: float) -> float:
        nonlocal last
        now = time.monotonic(), processor_s(mark)
        passed_s = max(1e-6, now[0] - last[0])
        share = min(1.0, max(0.0, now[1] - last[1]) / passed_s)
        last = now
        return IDLE_W + (BUSY_W - IDLE_W) * share

    return watts


class MadeUpCounter:
    """The files of RAPL's package zone; `count` is in joules."""

    def __init__(self, root: Path) -> None:
        self._zone = root / "sys/class/powercap/intel-rapl:0"
        self._zone.mkdir(parents=True)
        for name, text in (("name", "package-0"), ("max_energy_range_uj", "262143328850"), ("enabled", "1")):
            (self._zone / name).write_text(text + "\n")
        self.show(0.0)

    def show(self, joules: float) -> None:
        """Have it counted so far."""
        beside = self._zone / ".energy_uj"
        beside.write_text(f"{round(joules * 1e6)}\n")
        os.replace(beside, self._zone / "energy_uj")


def _count(root: Path, watts: float) -> None:
    counter, began_s = MadeUpCounter(root), time.monotonic()
    print(json.dumps({"began_s": began_s}), flush=True)
    while not select.select([sys.stdin], [], [], PERIOD_S)[0]:
        counter.show(watts * (time.monotonic() - began_s))


def _main(root: Path, kind: str, name: str, lag_s: float) -> None:
    if kind == "count":
        _count(root, float(name))
        return
    chip, low_pass = MadeUpChip(root, lag_s=lag_s), LowPass(lag_s)
    load = WAVEFORMS[name] if kind == "waveform" else following(name)
    began_s = time.monotonic()
    print(json.dumps({"began_s": began_s}), flush=True)
    period_s = PERIOD_S if kind == "waveform" else 4 * PERIOD_S
    while not select.select([sys.stdin], [], [], period_s)[0]:
        now_s = time.monotonic()
        shown = chip.show(low_pass(now_s, load(now_s - began_s)))
        print(json.dumps([now_s, shown]), flush=True)


@dataclass(frozen=True, slots=True)
class MadeUpPower:
    """A program that writes; `began_s` is of the monotonic clock. `written` after it has ended."""

    root: Path
    began_s: float
    log: Path

    def written(self) -> list[tuple[float, float]]:
        """What it has shown, and when: each value until the next."""
        lines = self.log.read_text().splitlines()
        return [(t_s, watts) for t_s, watts in map(json.loads, lines[1:])]

    def joules(self, begin_s: float, end_s: float) -> float:
        """The energy of what it has shown between two times."""
        values = self.written()
        ends = [t_s for t_s, _ in values[1:]] + [math.inf]
        return sum(
            watts * max(0.0, min(until_s, end_s) - max(t_s, begin_s))
            for (t_s, watts), until_s in zip(values, ends, strict=True)
        )


@contextmanager
def made_up_power(root: Path, kind: str, name: str, *, lag_s: float = 0.0) -> Iterator[MadeUpPower]:
    """The program, until the context ends."""
    root.mkdir(parents=True, exist_ok=True)
    log = root / "written.jsonl"
    with log.open("w") as out:
        words = [sys.executable, __file__, str(root), kind, name, str(lag_s)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out)
    with process:
        assert process.stdin is not None
        try:
            while not log.read_text().endswith("\n"):
                assert process.poll() is None
                time.sleep(0.01)
            yield MadeUpPower(root, float(json.loads(log.read_text().splitlines()[0])["began_s"]), log)
        finally:
            process.stdin.close()
            process.wait(10.0)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))
