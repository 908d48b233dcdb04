"""What to do on a board, in order, from what it is: steps as values, so that they can be shown and not only run.

Everything is below one folder, the environment's: `wheels/` holds what is installed from, `tmp/` is the build's, since
/tmp may be small, in memory, or of programs that may not be run. Each step looks first whether it is done, so a set-up
that was interrupted continues where it was.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from configspec.devices.setup.board import Accelerator, Board, numbers
from configspec.devices.setup.build_options import cmake_args, jobs
from configspec.errors import TestbedError, UsageError
from configspec.theory.sizes import shown_bytes

OLDEST_PYTHON = (3, 8)
OLDEST_PIP = (21,)  # 20.3 is the first that knows the wheels of today: https://peps.python.org/pep-0600/
BUILD_LIMIT_S, LIMIT_S = 6 * 3600.0, 1800.0
MEGABYTE = 1_000_000
INSTALLED_BYTES = 300 * MEGABYTE  # the environment with numpy and llama.cpp
BUILD_BYTES: dict[Accelerator, int] = {"cpu": 900 * MEGABYTE, "vulkan": 1500 * MEGABYTE, "cuda": 3000 * MEGABYTE}
BUILT = "llama_cpp_python-*.whl"
PATHS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/cuda/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`script` is for `sh` on the board; `done` is a test of the same kind, true where there is nothing to do."""

    name: str
    script: str
    done: str
    limit_s: float = LIMIT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a board gets: the environment first, then files from this host into `wheels`, then the rest.

    `key` is the same for boards that can use each other's llama.cpp; `built` is the folder on the board where it lies,
    a wheel of it. `build` None: it is sent. `offline`: everything is sent, and no index is asked.
    """

    board: Board
    requirement: str
    accelerator: Accelerator
    key: str
    offline: bool
    environment: Step
    pip: Step | None
    build: Step | None
    install: Step

    @property
    def wheels(self) -> str:
        """The folder for what is sent."""
        return f"{self.board.folder}/wheels"

    @property
    def built(self) -> str:
        """The folder for llama.cpp as it was built for such a board."""
        return built_folder(self.board, self.key)

    @property
    def python(self) -> str:
        """The interpreter that comes out of it."""
        return f"{self.board.folder}/bin/python"


def make_plan(board: Board, requirement: str, chosen: Accelerator, key: str, *, build: bool, offline: bool) -> Plan:
    """The steps for a board.

    Args:
        board: What it is.
        requirement: Of llama-cpp-python, as pip takes it: `llama-cpp-python==0.3.36`.
        chosen: What llama.cpp is built for.
        key: Of the llama.cpp that it gets (`Board.key`).
        build: Whether that is built there.
        offline: Whether the board asks no index.

    Raises:
        UsageError: Something has to be installed there, or made room for, by a person.
        TestbedError: Its disk is too full.
    """
    args = cmake_args(board, chosen)
    check_python(board)
    check_means(board, chosen, build=build)
    return Plan(
        board=board,
        requirement=requirement,
        accelerator=chosen,
        key=key,
        offline=offline,
        environment=_environment(board),
        pip=_newer_pip(board, offline) if numbers(board.pip or "") < OLDEST_PIP else None,
        build=None if not build else _build(board, requirement, args, key, offline, jobs(board, chosen)),
        install=_install(board, requirement, key, offline),
    )


def check_python(board: Board) -> None:
    """Whether its Python can make an environment in its folder.

    Raises:
        UsageError: A person has to do something first.
    """
    minor = ".".join(map(str, board.python_version))
    if board.python_version < OLDEST_PYTHON:
        raise UsageError(
            f"its {board.executable} is Python {board.python}; 3.8 or later is needed. Install a newer one there and "
            "name it as `python`, or flash a newer image."
        )
    if board.content == "other":
        raise UsageError(
            f"{board.folder} on the board has files that are no environment. Move them, or name another folder as "
            "`python: ~/NAME/bin/python`."
        )
    if board.pip is None:
        raise UsageError(
            f"its Python {minor} cannot make an environment (the modules venv and ensurepip are missing). There: "
            f"sudo apt install python3-venv (or python{minor}-venv)."
        )


def check_means(board: Board, chosen: Accelerator, *, build: bool) -> None:
    """Whether there is room for what comes into the folder, and what builds it.

    Raises:
        UsageError, TestbedError: As `make_plan`.
    """
    if not board.writable:
        raise UsageError(
            f"{board.parent} on the board cannot be written by this account. Name another folder as `agent_folder`."
        )
    if build and board.compiler is None:
        raise UsageError("there is no C++ compiler to build llama.cpp with. There: sudo apt install build-essential.")
    needed = INSTALLED_BYTES + (BUILD_BYTES[chosen] if build else 0)
    if board.content != "environment" and board.free_bytes < needed:
        found = f"{board.parent} on the board has {shown_bytes(board.free_bytes)} free"
        raise TestbedError(f"{found}, and about {shown_bytes(needed)} are needed. Free some space there.")


def built_folder(board: Board, key: str) -> str:
    """Where llama.cpp for such boards lies: for others it is another folder."""
    return f"{board.folder}/wheels/{key[:16]}"


def in_environment(board: Board) -> str:
    """What each script begins with."""
    temporary = shlex.quote(f"{board.folder}/tmp")
    return (
        f'export PATH="$PATH:{PATHS}" TMPDIR={temporary} PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1; '
        f"mkdir -p {temporary}; "
    )


def _environment(board: Board) -> Step:
    folder, python = shlex.quote(board.folder), _python(board)
    make = f"mkdir -p {folder}/wheels && {shlex.quote(board.executable)} -m venv {folder}"
    return Step(
        name="environment", script=in_environment(board) + make, done=f"{python} -m pip --version >/dev/null 2>&1"
    )


def _newer_pip(board: Board, offline: bool) -> Step:
    newest = ".".join(map(str, OLDEST_PIP))
    return Step(
        name="pip",
        script=f"{in_environment(board)}{_pip(board)} install --upgrade {_source(board, offline)}pip",
        done=f"{_python(board)} -c 'import pip; raise SystemExit(int(pip.__version__.split(\".\")[0]) < {newest})'",
    )


def _build(board: Board, requirement: str, args: str, key: str, offline: bool, compilers: int) -> Step:
    built = shlex.quote(built_folder(board, key))
    settings = f"CMAKE_ARGS={shlex.quote(args)} CMAKE_BUILD_PARALLEL_LEVEL={compilers}"
    # pip's cache may have a wheel of it that was built with other options: it does not compare them.
    wheel = (
        f"{settings} {_pip(board)} wheel --verbose --no-cache-dir --no-deps --no-binary llama-cpp-python "
        f"{_source(board, offline)}--wheel-dir {built}/new {shlex.quote(requirement)} && "
        f"mv {built}/new/{BUILT} {built}/"
    )
    return Step(
        name="llama.cpp",
        script=f"{in_environment(board)}mkdir -p {built} && {wheel}",
        done=_is_there(f"{built}/{BUILT}"),
        limit_s=BUILD_LIMIT_S,
    )


def _install(board: Board, requirement: str, key: str, offline: bool) -> Step:
    folder, built = shlex.quote(board.folder), shlex.quote(built_folder(board, key))
    itself = f"{_pip(board)} install --no-deps --no-index --force-reinstall {built}/{BUILT}"
    the_rest = f"{_pip(board)} install {_source(board, offline)}{shlex.quote(requirement)}"
    return Step(
        name="install",
        script=f"{in_environment(board)}{itself} && {the_rest} && "
        f"{_python(board)} -c 'import llama_cpp' && echo {key} >{folder}/installed && rm -rf {folder}/tmp",
        done=f'[ "$(cat {folder}/installed 2>/dev/null)" = {key} ] && {_python(board)} -c "import llama_cpp"',
    )


def _python(board: Board) -> str:
    return shlex.quote(f"{board.folder}/bin/python")


def _pip(board: Board) -> str:
    return f"{_python(board)} -m pip"


def _source(board: Board, offline: bool) -> str:
    return f"--no-index --find-links {shlex.quote(board.folder)}/wheels " if offline else ""


def _is_there(pattern: str) -> str:
    """Whether a file matches; a pattern that matches nothing stays as it is."""
    return f'for one in {pattern}; do [ -f "$one" ]; done'
