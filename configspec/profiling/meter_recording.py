"""A recording of a power meter on a real board, masked, in the form that the tests of meters read.

`tests/kit/recorded_meters.py` describes the form. What the meter was read from is kept as it was; serial numbers, MAC
addresses and names of hosts in it are replaced, and keys of `power` that hold an address or a secret are made up.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from configspec.agent.power.metering import kind_named
from configspec.devices.device import Device
from configspec.devices.metering import BoardMeter, Meter
from configspec.devices.replies import NotedMeter, Readings
from configspec.errors import UsageError
from configspec.profiling.meters import Meters
from configspec.records.meter import MeterFacts

MOST_READINGS = 2000
MADE_UP = {"url": "http://plug.invalid", "port": "/dev/ttyUSB0", "command": "meter", "entity": "sensor.plug_power"}
_MASKS = (
    (re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"), "00:00:00:00:00:00"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), "192.0.2.1"),
    (re.compile(r"(?i)\b(serial(?:[_ ]?(?:no|number))?\W{1,4})[\w-]{4,}"), r"\g<1>0000"),
    (re.compile(r"\b[0-9A-Fa-f]{12,}\b"), "000000000000"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRecording:
    """One recording, ready to be written."""

    meter: str
    board: str
    text: Mapping[str, object]
    watts_words: str


def record_meter(device: Device, *, seconds: float, state: str, meter_w: float | None) -> MeterRecording:
    """Read the device's meter for so long, and all that it is read from, once.

    Raises:
        UsageError: The device has no meter that can be read; the reason says what was looked for.
    """
    spec = device.spec.power
    assert spec is not None
    metered = Meters(os.environ).of(device)
    meter = metered.meter
    if meter is None:
        raise UsageError(f"{device.name}: {metered.reason}")
    if not isinstance(meter, BoardMeter):
        raise UsageError(f"{device.name}: its meter is read by this host. Write `read_by: device`, or record it there.")
    noted = device.metering.record()
    read = _read(device, meter, seconds)
    facts, board = meter.facts, device.describe()
    kind = kind_named(facts.meter)
    options = {name: _shown(name, value, kind_secrets(facts.meter)) for name, value in spec.options.items()}
    head = {
        "meter": facts.meter,
        "board": board.board or board.cpu_model or board.machine,
        "driver": board.platform,
        "date": datetime.now(UTC).date().isoformat(),
        "origin": "recorded",
        "source": f"configspec record power, {seconds:g} s, {state}; {kind.page}",
        "meter_w": meter_w,
        "options": options,
        "expect": _expected(facts, noted.values),
    }
    return MeterRecording(
        meter=facts.meter,
        board=str(head["board"]),
        text={**head, **_masked(noted, has_command="command" in options), "readings": _readings(read)},
        watts_words=_words(facts, read),
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


def _shown(name: str, value: object, secrets: frozenset[str]) -> object:
    return "secret" if name in secrets else MADE_UP.get(name, value)


def _expected(facts: MeterFacts, values: tuple[float, ...]) -> dict[str, object]:
    added = sum(value for value, adds in zip(values, facts.adds, strict=True) if adds)
    figure = "watts" if facts.shows == "watts" else "joules"
    return {"boundary": facts.boundary, figure: added, "channels": dict(zip(facts.channels, values, strict=True))}


def _masked(noted: NotedMeter, *, has_command: bool) -> dict[str, object]:
    """What was read, without `values`, each text masked."""
    plain = msgspec.to_builtins(noted)
    plain.pop("values")
    if has_command:  # the owner's words may hold an address, or a password
        plain["programs"] = [[[MADE_UP["command"]], status, text] for _, status, text in plain["programs"]]
        plain["lines"] = dict.fromkeys([MADE_UP["command"]], next(iter(plain["lines"].values()), []))
    return {name: _mask(inner) for name, inner in plain.items()}


def _mask(value: object) -> object:
    if isinstance(value, str):
        for pattern, instead in _MASKS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {key: _mask(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(inner) for inner in value]
    return value


def _readings(read: Readings) -> dict[str, object]:
    first = read.t_s[0] if read.t_s else 0.0
    return {
        "t_s": [round(t_s - first, 4) for t_s in read.t_s[:MOST_READINGS]],
        "values": [list(column[:MOST_READINGS]) for column in read.values],
        "failed": read.failed,
        "left_out": max(0, len(read.t_s) - MOST_READINGS),
    }


def _words(facts: MeterFacts, read: Readings) -> str:
    columns = [column for column, adds in zip(read.values, facts.adds, strict=True) if adds] if read.values else []
    sums = [sum(row) for row in zip(*columns, strict=True) if None not in row]
    if not sums:
        return "no reading"
    unit = "W" if facts.shows == "watts" else "J"
    return f"{len(sums)} readings, {min(sums):.4g} to {max(sums):.4g} {unit} ({facts.boundary})"
