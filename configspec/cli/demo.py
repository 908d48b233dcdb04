"""`configspec demo`: the paper's boards, replayed in a folder: what is measured, ranked and chosen, in seconds."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.output import complain, say, say_text

if TYPE_CHECKING:
    from configspec.scaffold.demo import Step

FOLDER = "configspec-demo"


def add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    demo = add_command(
        commands,
        "demo",
        "show what configspec does, on the paper's boards, in seconds",
        "Replay the paper's three boards in a new folder, rank their configurations and choose one for a board. Each "
        "command is shown as you would type it, and the folder is kept. This needs no model, compiler or board.",
        "configspec demo\nconfigspec demo boards",
    )
    demo.add_argument(
        "folder", type=Path, nargs="?", default=Path(FOLDER), help=f"the folder to make (default: {FOLDER})"
    )
    demo.set_defaults(run=_demo)


def _demo(asked: argparse.Namespace) -> int:
    from configspec.scaffold.demo import STEPS, make_demo

    make_demo(asked.folder)
    say(f"In {asked.folder}:")
    for step in STEPS:
        say()
        say(f"# {step.purpose}")
        say(f"$ {step}")
        code = _run(step, asked.folder)
        if code != 0:
            complain(f"{step} ended with exit code {code}")
            return 1
    say()
    say(f"All of it is in {asked.folder}; these commands work there. Boards of your own: configspec init --help")
    return 0


def _run(step: Step, folder: Path) -> int:
    """Run a step; what measuring prints is a line, unless it fails."""
    quiet = step.program == "pytest"
    module = "pytest" if quiet else "configspec.cli"
    done = subprocess.run(
        [sys.executable, "-m", module, *step.arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    text = done.stdout.decode("utf-8", errors="replace")
    if quiet and done.returncode == 0:
        text = text.strip().rpartition("\n")[2].strip("= ")
    say_text(text)
    return done.returncode
