"""What a board answers about its power meter. Times are of its own monotonic clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configspec.devices.bounded_values import (
    Held,
    Hexadecimal,
    Power,
    Seconds,
    Status,
    Text,
)
from configspec.records.bounds import Count
from configspec.records.meter import Boundary, MeterFacts

MOST_LOOKED_FOR = 40  # meters; there are fewer kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMeter:
    """The meter that was found, if any; and those that were looked for before it, each with why it was not taken."""

    facts: MeterFacts | None
    looked_for: tuple[tuple[Text, Text], ...]

    def __post_init__(self) -> None:
        if len(self.looked_for) > MOST_LOOKED_FOR:
            raise ValueError(f"{len(self.looked_for)} meters were looked for; at most {MOST_LOOKED_FOR} can be")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a meter showed, as columns: `values` has one a channel, None where that channel failed.

    `failures` are the first of `failed` readings that failed, with the time and the reason. `ended`: why it is read no
    more. `cpu_s`: seconds of a processor that reading took so far.
    """

    t_s: tuple[Seconds, ...]
    values: tuple[tuple[Power | None, ...], ...]
    stamps: tuple[Text | None, ...] | None
    failures: tuple[tuple[Seconds, Text], ...]
    failed: Count
    ended: Text | None
    cpu_s: Seconds

    def __post_init__(self) -> None:
        columns = [*self.values, *(() if self.stamps is None else (self.stamps,))]
        if any(len(column) != len(self.t_s) for column in columns):
            raise ValueError(f"{len(self.t_s)} times, and columns of other lengths")

    def check_channels(self, facts: MeterFacts) -> None:
        """ValueError where they are those of another meter."""
        if len(self.values) != len(facts.channels):
            raise ValueError(f"readings of {len(self.values)} channels, and the meter has {len(facts.channels)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedMeter:
    """All that reading a meter once reads of its board, and the values; `agent/power/surroundings.py` has the parts.

    `boundary`: what its figure holds by itself, whatever the owner states.
    """

    files: Mapping[Text, str | None]
    links: Mapping[Text, Text]
    programs: tuple[tuple[tuple[Text, ...], Status, str], ...]
    answers: tuple[tuple[Text, Status, str], ...]
    lines: Mapping[Text, tuple[str, ...]]
    ports: tuple[tuple[Hexadecimal, Hexadecimal], ...]
    library: Mapping[Text, tuple[Status, Held | str | None]]
    values: tuple[Power, ...]
    boundary: Boundary

    def __post_init__(self) -> None:
        if not all(command for command, _, _ in self.programs):
            raise ValueError("a program without a name")
