"""Requests about the board's power meter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .forms import FLAG, OPTIONS, TEXT, Request, takes


@dataclass(frozen=True)
class FindMeter(Request):
    """Find a power meter of that kind, or `auto`: the first that is here, in place of the one before.

    `root` stands for `/`. `boundary` is what the owner says that its figure holds; None: it is known. `uses_gpu`:
    drafts have layers on a GPU.
    """

    op = "find_meter"
    meter: str = field(metadata=takes(TEXT))
    root: str = field(default="/", metadata=takes(TEXT))
    boundary: str | None = field(default=None, metadata=takes(TEXT))
    uses_gpu: bool = field(default=False, metadata=takes(FLAG))
    options: Mapping[str, object] = field(default_factory=dict, metadata=takes(OPTIONS))


@dataclass(frozen=True)
class StartMeter(Request):
    """Read the meter from now on, as often as it has something new to show."""

    op = "start_meter"


@dataclass(frozen=True)
class TakeReadings(Request):
    """What was read since the last time; `stop`: and read no more."""

    op = "take_readings"
    stop: bool = field(default=False, metadata=takes(FLAG))


@dataclass(frozen=True)
class RecordMeter(Request):
    """All that the meter reads, once, as a recording has it."""

    op = "record_meter"
