"""Setting one board up: it is looked at, a plan is made, and each step that is not done yet is done.

The board's locks are held from the first change to the last, so no run measures while it compiles. What was done stays
done: a set-up that was cut off goes on where it was, and what it was compiling there ends with it.
"""

from __future__ import annotations

import posixpath
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from configspec.cache import Store
from configspec.content_hash import file_sha256
from configspec.devices.lock import hold_on_host, take_board
from configspec.devices.lock_wait import LockWait
from configspec.devices.model_folder import ModelFolder
from configspec.devices.setup.board import Accelerator, Board
from configspec.devices.setup.build_options import accelerator, cmake_args
from configspec.devices.setup.downloads import Downloads
from configspec.devices.setup.fetch import fetch
from configspec.devices.setup.place import Environment, environment
from configspec.devices.setup.plan import BUILT, Plan, Step, check_python, make_plan
from configspec.devices.setup.shell import BoardShell, board_shell
from configspec.devices.setup.step_faults import step_fault
from configspec.devices.setup.wheel import KIND, SUFFIX, kept_wheel, wheel_name
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient
from configspec.devices.transport.connect import Start, connect
from configspec.errors import ConfigspecError
from configspec.testbed.device_spec import DeviceSpec, SshSpec

HELLO_DEADLINE_S = 60.0
LOOK_LIMIT_S = 120.0  # for a test whether a step is done: it may import llama_cpp from a slow card


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a board is to get.

    `requirement`: of llama-cpp-python, as pip takes it. `accelerator` None: what the board has the tools for.
    `offline`: it asks no index, and this host sends all; so it is where `wheels`, a folder of this host, is given, from
    which everything comes.
    """

    requirement: str
    accelerator: Accelerator | None = None
    offline: bool = False
    wheels: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Whom progress is told: a line; a step's name with the last line that it wrote; a file's name, for its bytes."""

    line: Callable[[str], None]
    step: Callable[[str, str], None]
    file: Callable[[str], Callable[[int, int], None]]


def set_up(spec: DeviceSpec, wanted: Wanted, cache: Path, tell: Tell) -> Environment:
    """Do what is left to do on the device; the environment that it then has.

    Raises:
        UsageError, TestbedError: What a person has to do first, or what went wrong. The next call goes on from there.
    """
    place = environment(spec)
    with hold_on_host(spec, cache, LockWait()), _looked_at(spec, place, wanted, cache) as (shell, sources, plan):
        tell.line(f"{spec.name}: {summary(plan)}")
        if _is_done(shell, plan.install):
            tell.line(f"{spec.name}: everything is installed in {plan.board.folder}.")
        else:
            with _sender(spec, place, cache) as send:
                SetUp(shell=shell, send=send, sources=sources, plan=plan, tell=tell).do(Store(cache))
    # Only a board's login shell makes `~/` a path.
    return place if isinstance(spec.connection, SshSpec) else replace(place, folder=plan.board.folder)


def rehearse(spec: DeviceSpec, wanted: Wanted, cache: Path) -> Iterator[str]:
    """What would be done, line by line; nothing is changed, on the board or here.

    Raises:
        UsageError, TestbedError: As `set_up`, as far as it can be known before anything is done.
    """
    with _looked_at(spec, environment(spec), wanted, cache) as (shell, sources, plan):
        yield f"{spec.name}: {summary(plan)}"
        if _is_done(shell, plan.install):
            yield f"{spec.name}: everything is installed in {plan.board.folder}: there is nothing to do."
            return
        if sources.llama_cpp is not None:
            yield f"{spec.name}: send {wheel_name(sources.llama_cpp)} to {plan.built}"
        if plan.offline:
            yield f"{spec.name}: send what this host's pip finds for the board to {plan.wheels}"
        for step in steps(plan):
            done = _is_done(shell, step)
            yield f"{spec.name}: {step.name}{': done before' if done else ''}"
            if not done:
                yield f"  {step.script}"


def summary(plan: Plan) -> str:
    """What the board is, and what it gets."""
    board = plan.board
    libc = f"{board.libc} {board.libc_version}".strip()
    source = "from this host" if plan.build is None else "built there"
    index = "sent by this host" if plan.offline else "from the package index"
    return (
        f"Python {board.python}, {board.machine}, {libc}. {plan.requirement} for {plan.accelerator}, {source}; "
        f"the rest {index}; into {board.folder}"
    )


def steps(plan: Plan) -> tuple[Step, ...]:
    """The steps on the board, in order."""
    return tuple(step for step in (plan.environment, plan.pip, plan.build, plan.install) if step is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where files for the board come from: this host's pip, and a wheel of llama.cpp, if there is one already."""

    downloads: Downloads
    llama_cpp: Path | None


Bytes: TypeAlias = Callable[[int, int], None]  # how many bytes are there, and of how many
Sender: TypeAlias = Callable[[Path, str, str, Bytes], None]  # a file of this host, its name and folder there


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """One board's set-up under way."""

    shell: BoardShell
    send: Sender
    sources: Sources
    plan: Plan
    tell: Tell

    def do(self, store: Store) -> None:
        """All that is left to do."""
        plan, ready = self.plan, self.sources.llama_cpp
        if plan.offline:
            self._send_all()
        self._do(plan.environment)
        if plan.pip is not None:
            self._do(plan.pip)
        if ready is not None:
            self._send(ready, wheel_name(ready), plan.built)
        elif plan.build is not None:
            self._do(plan.build)
            self._keep(store)
        self._do(plan.install)

    def _send_all(self) -> None:
        """To a board that asks no index."""
        downloads, plan, device = self.sources.downloads, self.plan, self.shell.device
        self.tell.line(f"{device}: looking for what it needs, here")
        downloads.libraries(pip=plan.pip is not None)
        if plan.build is not None:
            for tool in downloads.source(plan.requirement):
                self.tell.line(f"{device}: there is no {tool} for it: the build takes the board's own.")
        for path in sorted(one for one in downloads.folder.iterdir() if one.is_file()):
            self._send(path, path.name, plan.wheels)

    def _send(self, path: Path, name: str, folder: str) -> None:
        self.send(path, name, folder, self.tell.file(f"{self.shell.device}: {name}"))

    def _do(self, step: Step) -> None:
        device = self.shell.device
        if _is_done(self.shell, step):
            self.tell.line(f"{device}: {step.name}: done before")
            return
        self.tell.step(step.name, "")
        ended = self.shell.run(step.script, limit_s=step.limit_s, heard=lambda line: self.tell.step(step.name, line))
        fault = step_fault(device, step, ended)
        if fault is not None:
            raise fault
        self.tell.line(f"{device}: {step.name}: done")

    def _keep(self, store: Store) -> None:
        """Copy the wheel that was built to this host, for the board's equals."""
        told = self.shell.run(f"echo {shlex.quote(self.plan.built)}/{BUILT}", limit_s=LOOK_LIMIT_S).output.splitlines()
        path = next((line for line in reversed(told) if line.startswith(self.plan.built)), self.plan.built)
        progress = self.tell.file(f"{self.shell.device}: {posixpath.basename(path)}, for its equals")

        def build(entry: Path) -> None:
            with entry.open("wb") as file:
                fetch(self.shell, path, file, progress)
            wheel_name(entry)

        store.ensure(KIND, self.plan.key, SUFFIX, build)


@contextmanager
def _looked_at(
    spec: DeviceSpec, place: Environment, wanted: Wanted, cache: Path
) -> Iterator[tuple[BoardShell, Sources, Plan]]:
    """The board's shell, what there is for it, and the plan. Errors begin with the device's name."""
    try:
        with board_shell(spec, place.base) as shell, tempfile.TemporaryDirectory() as folder:
            board = shell.look(place.folder)
            downloads = Downloads(board=board, folder=Path(folder), wheels=wanted.wheels)
            yield shell, *_planned(board, wanted, downloads, Store(cache))
    except ConfigspecError as problem:
        told = str(problem)
        raise type(problem)(told if told.startswith(f"{spec.name}: ") else f"{spec.name}: {told}") from None


def _planned(board: Board, wanted: Wanted, downloads: Downloads, store: Store) -> tuple[Sources, Plan]:
    """What an equal of the board has built, or somebody put into `wheels`, is taken; else it is built there."""
    check_python(board)
    chosen, requirement = accelerator(board, wanted.accelerator), wanted.requirement
    given = downloads.llama_cpp(requirement)
    what = requirement if given is None else f"{requirement} {file_sha256(given)}"
    key = board.key(what, chosen, cmake_args(board, chosen))
    ready = given or kept_wheel(store, key)
    offline = wanted.offline or wanted.wheels is not None or not board.online
    plan = make_plan(board, requirement, chosen, key, build=ready is None, offline=offline)
    return Sources(downloads=downloads, llama_cpp=ready), plan


def _is_done(shell: BoardShell, step: Step) -> bool:
    return shell.run(step.done, limit_s=LOOK_LIMIT_S).status == 0


@contextmanager
def _sender(spec: DeviceSpec, place: Environment, cache: Path) -> Iterator[Sender]:
    """The board's lock, held; and what sends a file of this host to one of its folders, if it is not there yet."""
    bare = replace(spec, python=place.base.words, link=None)
    archive = build_agent_archive()
    with connect(Start(spec=bare, archive=archive), cache) as connection:
        client = AgentClient(connection, device=spec.name)
        client.greet(sha256=archive.sha256, deadline_s=HELLO_DEADLINE_S)
        take_board(client, device=spec.name, wait=LockWait())

        def send(path: Path, name: str, folder: str, progress: Bytes) -> None:
            there, sha256 = ModelFolder(client, folder), file_sha256(path)
            if there.find(name, path.stat().st_size).sha256 != sha256:
                there.push(path, name, sha256, replace=True, progress=progress)

        yield send
