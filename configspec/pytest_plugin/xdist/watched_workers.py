"""The controller's side of watching: a worker that has fallen silent is ended, and its test says so."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass

from configspec.pytest_plugin import private_xdist
from configspec.pytest_plugin.private_xdist import Worker
from configspec.pytest_plugin.xdist.watch import GONE_STATUS, Channel, OtherSide

KILL_WAIT_S = 10.0  # a process that waits for a dead disk, or is in a frozen cgroup of version 1, does not die
EXIT_WAIT_S = 0.5  # between the end of a process's pipes and its status


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """What happened to a worker, and what it may come from."""

    what: str
    hint: str


class WatchedWorkers:
    """The workers of a run; each is watched by a thread, from its start to its end."""

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, Death] = {}

    def watch(self, worker: Worker) -> Channel | None:
        """The channel for the worker's beats; None where this process did not start the worker."""
        process = private_xdist.process_of(worker)
        if process is None:
            return None
        self._processes[worker.gateway.id] = process
        channel: Channel = worker.gateway.newchannel()
        other = OtherSide(channel, process.pid, silence_s=self._silence_s)
        threading.Thread(target=self._end_when_silent, args=(worker, process, other), daemon=True).start()
        return channel

    def death_of(self, worker: Worker) -> Death | None:
        """Why a worker ended that has just gone, if it is known."""
        name: str = worker.gateway.id
        process = self._processes.get(name)
        if name in self._deaths or process is None:
            return self._deaths.get(name)
        with suppress(subprocess.TimeoutExpired):
            if process.wait(EXIT_WAIT_S) == GONE_STATUS:
                what = f"worker {name} has heard nothing of this process for {self._silence_s:g} s and ended itself"
                self._deaths[name] = Death(what=what, hint="Was this process stopped?")
        return self._deaths.get(name)

    def _end_when_silent(self, worker: Worker, process: subprocess.Popen[bytes], other: OtherSide) -> None:
        if not other.falls_silent():
            return
        name: str = worker.gateway.id
        silent = f"worker {name} has said nothing for {self._silence_s:g} s"
        self._deaths[name] = Death(what=f"{silent}; it was ended", hint="Was it stopped, by a signal or a debugger?")
        process.kill()
        try:
            process.wait(KILL_WAIT_S)
        except subprocess.TimeoutExpired:
            hint = f"Process {process.pid} may still hold its devices."
            self._deaths[name] = Death(what=f"{silent}, and SIGKILL does not end it; it was given up", hint=hint)
            private_xdist.give_up(worker)
