"""What a shell is answered when it asks what may follow, by argcomplete's own protocol."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

INVENTORY = """\
devices: {orin: {connection: local}, pi-5: {connection: local}}
families: {llama-3: {target: {transformers: t}, drafts: {s: s}, quants: [Q8_0]}}
"""


def answers(folder: Path, line: str) -> list[str]:
    """What may follow at the end of a line."""
    told = folder / "told"
    asking = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(told),
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    done = subprocess.run(
        [sys.executable, "-m", "configspec.cli"], cwd=folder, env=os.environ | asking, capture_output=True, check=False
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    return told.read_text(encoding="utf-8").split("\n")


@pytest.mark.real
@pytest.mark.parametrize(
    ("line", "follow"),
    [
        ("configspec expl", ["explain"]),
        ("configspec choose r.json --minimax", ["--minimax-regret"]),
        ("configspec rank r.json --device ", ["orin", "pi-5"]),
        ("configspec rank r.json --family ", ["llama-3"]),
        ("configspec devices p", ["pi-5"]),
        ("configspec devices setup o", ["orin"]),
        ("configspec rank r.json --format j", ["json"]),
    ],
)
def test_a_shell_completes_commands_options_and_names(tmp_path, line, follow):
    """Names are those of the devices.yaml of the folder."""
    (tmp_path / "devices.yaml").write_text(INVENTORY, encoding="utf-8")
    assert answers(tmp_path, line) == follow


@pytest.mark.real
@pytest.mark.parametrize("content", [None, "devices: [", "devices: 3", "\0"])
def test_without_a_file_that_can_be_read_there_are_no_names(tmp_path, content):
    """And no message in the middle of what somebody types."""
    if content is not None:
        (tmp_path / "devices.yaml").write_text(content, encoding="utf-8")
    assert answers(tmp_path, "configspec rank r.json --device o") == [""]
