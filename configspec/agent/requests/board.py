"""Requests about the board itself: its lock, its state, its heat, its processors and its memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from .forms import FLAG, MAX_THREADS, TEXT, Request, number, takes, whole


@dataclass(frozen=True)
class Lock(Request):
    """Hold the board for the run `run`; the other fields say whose run that is."""

    op = "lock"
    user: str = field(metadata=takes(TEXT))
    host: str = field(metadata=takes(TEXT))
    pid: int = field(metadata=takes(whole(0)))
    since: str = field(metadata=takes(TEXT))
    run: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class Holder(Request):
    """Who holds the board."""

    op = "holder"


@dataclass(frozen=True)
class Health(Request):
    """How the board is at this moment; `models` is the folder whose disk counts."""

    op = "health"
    models: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class ProcessorTimes(Request):
    """What the board's processors have done so far."""

    op = "processor_times"


@dataclass(frozen=True)
class ReadMemory(Request):
    """Read the board's memory for `seconds`, with `threads`."""

    op = "read_memory"
    threads: int = field(metadata=takes(whole(1, MAX_THREADS)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Reap(Request):
    """End the agent of that mark, which its host has lost."""

    op = "reap"
    mark: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class Describe(Request):
    """What kind of board it is."""

    op = "describe"


@dataclass(frozen=True)
class Heat(Request):
    """What its temperatures, clocks and counters are now. `watch`: note the maximum from now on, until asked again.

    `root` stands for `/`.
    """

    op = "heat"
    root: str = field(default="/", metadata=takes(TEXT))
    watch: bool = field(default=False, metadata=takes(FLAG))


@dataclass(frozen=True)
class Idle(Request):
    """Do nothing for `seconds`."""

    op = "idle"
    seconds: float = field(metadata=takes(number(0.0)))
