"""`configspec devices setup`: a bare board gets its Python environment and llama.cpp."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command

if TYPE_CHECKING:
    from configspec.devices.setup.procedure import Wanted
    from configspec.testbed.device_spec import DeviceSpec

TIMEOUT_S = 60.0  # for the state at the end: a slow card's first import


def add_devices_setup(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    setup = add_command(
        commands,
        "devices setup",
        "prepare a bare board for measuring",
        "Make a Python environment on each device and install llama-cpp-python there, built for the board: with CUDA "
        "if it has nvcc, with Vulkan if it has Vulkan's tools, otherwise for its processor. Nothing is installed "
        "outside one folder, and no administrator rights are used. Builds are kept on this host and sent to equal "
        "boards; a board without internet is sent everything it needs. Run it again to continue after an interruption.",
        "configspec devices setup orin --dry-run\nconfigspec devices setup orin",
    )
    setup.add_argument("names", nargs="+", metavar="NAME", help="name, tag or glob")
    setup.add_argument("--dry-run", action="store_true", help="show each step's command, and change nothing")
    setup.add_argument(
        "--accelerator",
        choices=("cuda", "vulkan", "cpu"),
        help="what llama.cpp is built for (default: what the board has the tools for)",
    )
    setup.add_argument("--offline", action="store_true", help="the board asks no package index: this host sends all")
    setup.add_argument(
        "--wheels", type=Path, metavar="FOLDER", help="a folder of wheels to take everything from, instead of an index"
    )
    setup.add_argument(
        "--inventory", type=Path, default=Path("devices.yaml"), metavar="FILE", help="default: devices.yaml"
    )
    setup.set_defaults(run=_setup)


def _setup(asked: argparse.Namespace) -> int:
    from configspec.cache import default_root
    from configspec.cli.all_problems import raise_all
    from configspec.cli.output import say
    from configspec.devices.setup.procedure import Wanted, rehearse
    from configspec.errors import ConfigspecError, UsageError
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices

    if asked.wheels is not None and not asked.wheels.is_dir():
        raise UsageError(f"--wheels is {asked.wheels}, which is no folder.")
    inventory, problems, code = read_inventory(asked.inventory), list[ConfigspecError](), 0
    wanted = Wanted(
        requirement=requirement(), accelerator=asked.accelerator, offline=asked.offline, wheels=asked.wheels
    )
    for spec in select_devices(inventory, asked.names):
        try:
            if asked.dry_run:
                for line in rehearse(spec, wanted, default_root()):
                    say(line)
            else:
                code = max(code, _set_up(spec, wanted, inventory.path))
        except ConfigspecError as problem:
            problems.append(problem)
    raise_all(problems)
    return code


def requirement() -> str:
    """The llama-cpp-python that boards get: this host's version, else what configspec's extra asks for."""
    from importlib.metadata import requires

    from configspec.errors import UsageError
    from configspec.families.llama_cpp_version import llama_cpp_version

    try:
        return f"llama-cpp-python=={llama_cpp_version('Setting a board up')}"
    except UsageError:
        named = [one.partition(";")[0].strip() for one in requires("configspec") or []]
        return next(one for one in named if one.startswith("llama-cpp-python"))


def _set_up(spec: DeviceSpec, wanted: Wanted, path: Path) -> int:
    """Do it, and show the device's state as `configspec devices` does; the exit code is that command's."""
    from dataclasses import replace

    from configspec.cache import default_root
    from configspec.cli.devices import WIDTH, as_text, models_of, status
    from configspec.cli.output import error_stream, goes_to_a_terminal, say, say_text
    from configspec.cli.step_progress import StepProgress
    from configspec.cli.transfer_progress import TransferProgress
    from configspec.devices.probe import probe
    from configspec.devices.setup.procedure import Tell, set_up
    from configspec.testbed.read import read_inventory

    progress = StepProgress(spec.name, error_stream())

    def line(text: str) -> None:
        progress.end()
        say(text)

    tell = Tell(line=line, step=progress, file=lambda name: TransferProgress(name, error_stream()))
    try:
        environment = set_up(spec, wanted, default_root(), tell)
    finally:
        progress.end()
    if spec.python != (environment.python,):
        say(f"Write into {path}, at devices.{spec.name}:")
        say(f"  python: {environment.python}")
    ready = replace(spec, python=(environment.python,))
    models = models_of(read_inventory(path), [ready])
    with probe([ready], default_root(), timeout_s=TIMEOUT_S, models=models) as found:
        say_text(as_text(found, None if goes_to_a_terminal() else WIDTH))
        return status(found)
