"""The devices of one run: opened when first asked for, reopened once after a loss, and then no more.

A device that is *quarantined* gets no further work in this run: every later test of it gets the first cause. That is
one that cannot be opened, one that was lost and did not come back in time, and one that was lost twice.
"""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from configspec.devices.device import Device, open_device, reap_agent
from configspec.devices.faults import DeviceBusy, DeviceOffline, DeviceUnhealthy, LinkLost
from configspec.devices.lock_wait import LockWait
from configspec.devices.transport.connect import HEARTBEAT, Heartbeat
from configspec.errors import ConfigspecError, TestbedError, UsageError
from configspec.progress import Notice, Progress
from configspec.testbed.device_spec import DeviceSpec, SshSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a board that never answered is tried, and for how long one that was lost, which may be booting."""

    first_attempts: int = 3
    first_pause_s: float = 2.0
    return_s: float = 120.0
    return_pause_s: float = 5.0


RETRY_POLICY = RetryPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An open device, what closes it, and how it is declared."""

    spec: DeviceSpec
    device: Device
    stack: ExitStack


class DevicePool:
    """The open devices by name; close it to release them."""

    def __init__(
        self,
        cache: Path,
        progress: Progress,
        *,
        retry: RetryPolicy = RETRY_POLICY,
        heartbeat: Heartbeat = HEARTBEAT,
        wait: LockWait | None = None,
    ) -> None:
        self._cache = cache
        self._progress = progress
        self._retry_policy = retry
        self._heartbeat = heartbeat
        self._wait = wait or LockWait()
        self._clock = self._wait.clock
        self.opening_s = 0.0  # that opening boards has taken, with all waits for them
        self._held: dict[str, _Held] = {}
        self._causes: dict[str, str] = {}  # of boards that were lost: the first cause
        self._refused: dict[str, ConfigspecError] = {}
        self._failures: dict[str, list[str]] = {}  # attempts to open a board that then came up

    def device(self, spec: DeviceSpec) -> Device:
        """The device, with its agent running.

        Raises:
            UsageError: Something must be changed before it can be opened.
            TestbedError: It does not answer, another run holds it, or it is quarantined.
        """
        self.admit(spec.name)
        held = self._held.get(spec.name)
        if held is not None and not held.device.lost:
            return held.device
        begin_s = self._clock.now_s()
        try:
            return self._open_first(spec) if held is None else self._open_again(held)
        finally:
            self.opening_s += self._clock.now_s() - begin_s

    def admit(self, name: str) -> None:
        """Raise where no further work goes to the board."""
        held = self._held.get(name)
        if held is not None and held.device.lost and name in self._causes:
            self._quarantine(name, self._causes[name])
            self._reap(self._let_go(name))
        if name in self._refused:
            raise self._refused[name].with_traceback(None)

    def check_health(self, device: Device) -> None:
        """Before a cell is measured: the board is still as it must be, and its `health` is that of now.

        What the run itself causes is no fault: the load, and the memory of the model that is open.

        Raises:
            DeviceUnhealthy: It has become too hot, throttles, is in another mode, or has lost memory or disk. All
                of it is told. It is not quarantined: the next cell asks again.
        """
        device.check_health(self._wait)

    def may_return(self, name: str) -> bool:
        """Whether the board was lost, for the first time."""
        held = self._held.get(name)
        return held is not None and held.device.lost and name not in self._causes

    def failures(self, name: str) -> list[str]:
        """Why earlier attempts to open the board failed, if it came up since this was asked last."""
        return self._failures.pop(name, [])

    def close(self) -> None:
        """Release all boards; an agent that was lost, and may still run on its board, is ended."""
        for name in list(self._held):
            held = self._let_go(name)
            if held.device.lost:
                self._reap(held)

    def _open_first(self, spec: DeviceSpec) -> Device:
        failures: list[str] = []
        while True:
            try:
                device = self._open(spec)
            except (DeviceOffline, LinkLost) as problem:
                failures.append(str(problem))
                if len(failures) == self._retry_policy.first_attempts:
                    cause = f"{failures[0]} ({len(failures)} attempts)"
                    self._quarantine(spec.name, cause)
                    raise type(problem)(cause) from None
                self._clock.sleep_s(self._retry_policy.first_pause_s)
            except (DeviceBusy, DeviceUnhealthy) as problem:
                self._quarantine(spec.name, str(problem))
                raise
            except TestbedError as problem:
                self._lost_at_once(spec.name, str(problem))
                raise
            except UsageError as problem:
                self._refused[spec.name] = problem
                raise
            else:
                self._failures[spec.name] = failures
                return device

    def _lost_at_once(self, name: str, cause: str) -> None:
        """The agent came up and was lost before the board was ours: that counts as the first loss, or the second."""
        if name in self._causes:
            self._quarantine(name, self._causes[name])
        self._causes.setdefault(name, cause)

    def _open_again(self, lost: _Held) -> Device:
        name, policy = lost.spec.name, self._retry_policy
        cause = self._causes[name] = str(lost.device.cause)
        self._progress(Notice(f"{cause} It is opened again, within {policy.return_s:g} s."))
        self._let_go(name)
        end_s = self._clock.now_s() + policy.return_s
        while True:
            try:
                return self._open(lost.spec, orphan=_orphan(lost))
            except ConfigspecError as problem:
                may_be_booting = isinstance(problem, DeviceOffline | LinkLost)
                if not may_be_booting or self._clock.now_s() + policy.return_pause_s > end_s:
                    self._quarantine(name, cause, f" It could not be opened again: {_without(name, str(problem))}")
                    raise self._refused[name] from None
            self._clock.sleep_s(policy.return_pause_s)

    def _open(self, spec: DeviceSpec, orphan: str | None = None) -> Device:
        with ExitStack() as stack:
            opening = open_device(
                spec, self._cache, heartbeat=self._heartbeat, wait=self._wait, progress=self._progress, orphan=orphan
            )
            device = stack.enter_context(opening)
            self._held[spec.name] = _Held(spec=spec, device=device, stack=stack.pop_all())
        return device

    def _let_go(self, name: str) -> _Held:
        held = self._held.pop(name)
        held.stack.close()
        return held

    def _reap(self, lost: _Held) -> None:
        """End what may be left of a lost agent; where the board cannot be reached, its own watch does it."""
        orphan = _orphan(lost)
        if orphan is not None:
            with contextlib.suppress(ConfigspecError):
                reap_agent(lost.spec, self._cache, orphan, heartbeat=self._heartbeat)

    def _quarantine(self, name: str, cause: str, more: str = "") -> None:
        self._refused[name] = TestbedError(f"{name}: quarantined: {_without(name, cause)}{more}")


def _orphan(lost: _Held) -> str | None:
    """The mark of the agent that may be left; a local one was ended with its connection."""
    return lost.device.mark if isinstance(lost.spec.connection, SshSpec) else None


def _without(name: str, message: str) -> str:
    return message.removeprefix(f"{name}: ")
