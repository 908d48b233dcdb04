"""What is tried once more after the link was lost, and what the rows say of the attempts that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from configspec.devices.faults import LinkLost
from configspec.records.row import Row
from configspec.theory.flags import flag

Found = TypeVar("Found")


class Devices(Protocol):
    """What is asked of the devices of a run, as `DevicePool` answers."""

    def may_return(self, name: str) -> bool:
        """Whether it was lost, for the first time."""

    def failures(self, name: str) -> list[str]:
        """Why attempts to open it failed since this was asked last."""


def attempted(pool: Devices, device: str, measure: Callable[[], Found]) -> tuple[Found, list[str]]:
    """What `measure` returns; after a lost link it is tried once more. With it why attempts failed.

    Raises:
        LinkLost: It was lost a second time, or the device gets no more work.
    """
    failures: list[str] = []
    try:
        found = measure()
    except LinkLost as lost:
        failures = [*pool.failures(device), str(lost)]
        if not pool.may_return(device):
            raise
        found = measure()
    finally:
        failures += pool.failures(device)
    return found, failures


def retried(row: Row, failures: Sequence[str]) -> Row:
    """The row, which it took more than one attempt to measure; why the first one failed stays with it."""
    attempts, first_cause = row.attempts + len(failures), row.first_cause or failures[0]
    again = row.flagged(flag("retried", attempts=attempts, cause=first_cause))
    return replace(again, attempts=attempts, first_cause=first_cause)


def retried_rows(rows: dict[int, Row], failures: Sequence[str]) -> dict[int, Row]:
    """The rows of a cell by K; as they are where no attempt failed."""
    return {k: retried(row, failures) for k, row in rows.items()} if failures else rows
