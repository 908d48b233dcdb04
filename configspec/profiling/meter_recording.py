"""A recording of a power meter on a real board, masked, in the form that the tests of meters read.

`tests/kit/recorded_meters.py` describes the form. What the meter was read from is kept as it was, but for what tells
whose board it is (`masks.py`); keys of `power` that hold an address or a secret are made up, in all that was read too,
so that the recording can be replayed with them. What came over a serial port is kept byte for byte: it is no text.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from configspec.agent.power.metering import kind_named
from configspec.devices.device import Device
from configspec.devices.metering import BoardMeter, Meter
from configspec.devices.replies.power import NotedMeter, Readings
from configspec.errors import TestbedError, UsageError
from configspec.profiling.masks import Masks
from configspec.profiling.meters import Meters
from configspec.records.meter import MeterFacts
from configspec.testbed.power_spec import with_secrets
from configspec.theory.power.doubts import in_words
from configspec.theory.power.quality import wrong_unit

MOST_READINGS = 2000
MADE_UP = {
    "url": "http://plug.invalid",
    "port": "/dev/ttyUSB0",
    "command": "meter",
    "entity": "sensor.plug_power",
    "user": "user",
}
HOST, SECRET = "plug.invalid", "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRecording:
    """One recording, to be written. `doubt`: what the independent meter's figure says of a unit; None: nothing."""

    meter: str
    board: str
    text: Mapping[str, object]
    watts_words: str
    doubt: str | None = None


def record_meter(device: Device, *, seconds: float, state: str, meter_w: float | None) -> MeterRecording:
    """Read the device's meter for so long, and all that it is read from, once.

    Raises:
        UsageError: The device has no meter that can be read; the reason says what was looked for.
        TestbedError: The meter, or the device, did not answer.
    """
    spec = device.spec.power
    assert spec is not None
    metered = Meters(os.environ).of(device)
    meter = metered.meter
    if meter is None:
        raise UsageError(f"{device.name}: {metered.reason}")
    if not isinstance(meter, BoardMeter):
        raise UsageError(f"{device.name}: its meter is read by this host. Write `read_by: device`, or record it there.")
    facts, noted = meter.facts, device.metering.record()
    if len(noted.values) != len(facts.channels):
        raise TestbedError(f"{device.name}: its meter showed {len(noted.values)} values of {len(facts.channels)}.")
    read, board = _read(device, meter, seconds), device.describe()
    name, secrets = board.board or board.cpu_model or board.machine, kind_secrets(facts.meter)
    masks = Masks(_instead(with_secrets(device.name, spec, os.environ), secrets))
    text = {
        "meter": facts.meter,
        "board": name,
        "driver": board.platform,
        "date": datetime.now(UTC).date().isoformat(),
        "origin": "recorded",
        "source": f"configspec record power, {seconds:g} s, {state}; {kind_named(facts.meter).page}",
        "meter_w": meter_w,
        "options": _shown_options(facts.meter, spec.options),
        "expect": _expected(facts, noted),
        **_masked(noted, masks, has_command="command" in spec.options),
        "readings": _readings(read),
    }
    slip = wrong_unit(_mean_w(facts, read), meter_w)
    return MeterRecording(
        meter=facts.meter,
        board=name,
        text=text,
        watts_words=_words(facts, read),
        doubt=None if slip is None else in_words(slip),
    )


def recording_text(recording: MeterRecording) -> str:
    """The file."""
    return json.dumps(recording.text, indent=1, ensure_ascii=False) + "\n"


def kind_secrets(meter: str) -> frozenset[str]:
    """The keys of that kind of meter that hold secrets."""
    return frozenset(option.name for option in kind_named(meter).options if option.secret)


def _read(device: Device, meter: Meter, seconds: float) -> Readings:
    meter.start()
    try:
        device.metering.idle(seconds)
    finally:
        sampled = meter.stop()
    return sampled.readings


def _shown_options(meter: str, options: Mapping[str, object]) -> dict[str, object]:
    """Those of the meter that was found; addresses and secrets made up."""
    known, secrets = {option.name for option in kind_named(meter).options}, kind_secrets(meter)
    return {
        name: SECRET if name in secrets else MADE_UP.get(name, value)
        for name, value in options.items()
        if name in known
    }


def _instead(options: Mapping[str, object], secrets: frozenset[str]) -> dict[str, str]:
    """What takes the place of each text that an option of the owner's may have left in what was read."""
    texts = {name: value for name, value in options.items() if isinstance(value, str)}
    found = {value: SECRET if name in secrets else MADE_UP[name] for name, value in texts.items() if name in MADE_UP}
    found |= {value: SECRET for name, value in texts.items() if name in secrets}
    host = urlsplit(texts.get("url", "")).hostname
    return {**found, host: HOST} if host else found


def _expected(facts: MeterFacts, noted: NotedMeter) -> dict[str, object]:
    """What the meter must make of the recording; the boundary is its own, and not the one that the owner states."""
    added = sum(value for value, adds in zip(noted.values, facts.adds, strict=True) if adds)
    channels = dict(zip(facts.channels, noted.values, strict=True))
    return {"boundary": noted.boundary, facts.shows: added, "channels": channels}


def _masked(noted: NotedMeter, masks: Masks, *, has_command: bool) -> dict[str, object]:
    """What was read, without `values`, each text masked."""
    plain = msgspec.to_builtins(noted)
    plain = {name: value for name, value in plain.items() if name not in ("values", "boundary")}
    ports = plain.pop("ports")
    if has_command:  # the owner's words may hold an address, or a password
        plain["programs"] = [[[MADE_UP["command"]], status, text] for _, status, text in plain["programs"]]
        lines = [line for printed in plain["lines"].values() for line in printed]
        plain["lines"] = {MADE_UP["command"]: lines} if lines else {}
    return {**{name: masks.of(inner) for name, inner in plain.items()}, "ports": ports}


def _readings(read: Readings) -> dict[str, object]:
    first = read.t_s[0] if read.t_s else 0.0
    return {
        "t_s": [round(t_s - first, 4) for t_s in read.t_s[:MOST_READINGS]],
        "values": [list(column[:MOST_READINGS]) for column in read.values],
        "failed": read.failed,
        "left_out": max(0, len(read.t_s) - MOST_READINGS),
    }


def _sums(facts: MeterFacts, read: Readings) -> list[tuple[float, float]]:
    """Of each reading that is whole, its time and what adds up."""
    columns = [column for column, adds in zip(read.values, facts.adds, strict=True) if adds] if read.values else []
    rows = zip(read.t_s, *columns, strict=True) if columns else ()
    return [(t_s, sum(row)) for t_s, *row in rows if None not in row]


def _mean_w(facts: MeterFacts, read: Readings) -> float:
    """The mean power shown; 0 where nothing tells it."""
    sums = _sums(facts, read)
    if facts.shows == "watts":
        return sum(value for _, value in sums) / len(sums) if sums else 0.0
    (first_s, first_j), (last_s, last_j) = (sums[0], sums[-1]) if len(sums) > 1 else ((0.0, 0.0), (0.0, 0.0))
    return (last_j - first_j) / (last_s - first_s) if last_s > first_s else 0.0


def _words(facts: MeterFacts, read: Readings) -> str:
    sums = [value for _, value in _sums(facts, read)]
    if not sums:
        return "no reading"
    unit = "W" if facts.shows == "watts" else "J"
    mean_w = _mean_w(facts, read)
    mean = f", {mean_w:.4g} W on average" if mean_w > 0 else ""
    return f"{len(sums)} readings, {min(sums):.4g} to {max(sums):.4g} {unit}{mean} ({facts.boundary})"
