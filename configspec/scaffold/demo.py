"""The demo: the paper's boards, replayed, in a folder like a testbed of one's own. No model, no compiler, no board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.scaffold.new_files import write_new
from configspec.scaffold.new_testbed import PYTEST_INI
from configspec.scaffold.shipped import shipped
from configspec.theory.objectives.registry import DEFAULT

DEVICES = """\
# Figures instead of boards: what the paper ConfigSpec (arXiv 2604.09722) printed of three boards, replayed.
# A board of yours stands here as `orin: {connection: {ssh: orin-01}}`; `configspec init` writes such a file.

devices:
  rpi4b:
    replay: {profile: profile.json, device: rpi4b}
  rpi5:
    replay: {profile: profile.json, device: rpi5}
  jetson:
    replay: {profile: profile.json, device: jetson}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of the demo, with what it is for; `program` is `pytest` or `configspec`."""

    purpose: str
    program: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        """As it is typed."""
        words = [f"'{word}'" if "*" in word else word for word in self.arguments]
        return " ".join([self.program, *words])


STEPS = (
    Step(
        purpose="Measure: three boards, two targets, every draft and K. Here their printed figures are replayed.",
        program="pytest",
        arguments=("-m", "hil", "--device", "*", "--benchmark-json=results.json"),
    ),
    Step(
        purpose="Rank one board by one objective.",
        program="configspec",
        arguments=(
            "rank",
            "results.json",
            "--device",
            "rpi5",
            "--family",
            "llama*",
            "--objective",
            DEFAULT.name,
            "--top",
            "3",
        ),
    ),
    Step(
        purpose="Choose for each board: the fastest that takes at most a joule a token.",
        program="configspec",
        arguments=(
            "choose",
            "results.json",
            "--family",
            "llama*",
            "--device",
            "rpi5",
            "--max-energy",
            "1.0",
            "--top",
            "2",
        ),
    ),
    Step(
        purpose="Write all of it as one page, to look at and to forward: open report.html in a browser.",
        program="configspec",
        arguments=("report", "results.json", "-o", "report.html"),
    ),
)


def demo_files() -> Mapping[str, bytes]:
    """What the folder holds before the first step."""
    return {
        "devices.yaml": DEVICES.encode(),
        "profile.json": shipped("profile.json"),
        "pytest.ini": PYTEST_INI.encode(),
        "benchmarks/test_configurations.py": shipped("test_configurations.py"),
    }


def make_demo(folder: Path) -> None:
    """Make the folder, or take one that a demo has made.

    Raises:
        UsageError: It holds another file of such a name, or cannot be written.
    """
    files = demo_files()
    for name in write_new(folder, files).kept:
        try:
            same = (folder / name).read_bytes() == files[name]
        except OSError:
            same = False
        if not same:
            raise UsageError(
                f"{printable(str(folder / name))} is there already, and is not the demo's. "
                "Name another folder: configspec demo FOLDER"
            )
