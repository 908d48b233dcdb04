"""The stand-in for GitHub's program answers and refuses as that does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from stand_in_gh import LONGEST_BODY, StandInGh


def gh(folder: Path, *arguments: str, token: str = "a-token") -> subprocess.CompletedProcess[str]:
    """Call the stand-in."""
    environment = {"GH_TOKEN": token, "GH_REPO": "lab/testbed"}
    command = [str(folder / "gh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.real
def test_the_stand_in_keeps_issues_as_gh_does(tmp_path: Path):
    """It lists what is open, opens the next number, and takes comments on what there is."""
    stand_in = StandInGh(tmp_path / "gh")
    stand_in.install({3: "An old one"})
    body = tmp_path / "body.md"
    body.write_text("why", encoding="utf-8")
    assert gh(stand_in.folder, "issue", "create", "--title", "A new one", "--body-file", str(body)).returncode == 0
    listed = gh(stand_in.folder, "issue", "list", "--state", "open", "--json", "number,title").stdout
    assert json.loads(listed) == [{"number": 3, "title": "An old one"}, {"number": 4, "title": "A new one"}]
    assert gh(stand_in.folder, "issue", "comment", "4", "--body-file", str(body)).returncode == 0
    assert stand_in.said() == [("create", "A new one", "why"), ("comment", "4", "why")]


@pytest.mark.real
@pytest.mark.parametrize(
    "arguments",
    [
        ("issue", "create", "--titel", "x", "--body-file", "body.md"),
        ("issue", "comment", "9", "--body-file", "body.md"),
        ("issue", "close", "3"),
        ("issue", "create", "--title", "x", "--body-file", "long.md"),
    ],
)
def test_the_stand_in_refuses_what_gh_refuses(tmp_path: Path, arguments: tuple[str, ...]):
    """A mistyped option, an issue that is not there, a command that it does not know, a text that is too long."""
    stand_in = StandInGh(tmp_path / "gh")
    stand_in.install({3: "An old one"})
    (tmp_path / "body.md").write_text("why", encoding="utf-8")
    (tmp_path / "long.md").write_text("x" * (LONGEST_BODY + 1), encoding="utf-8")
    named = [str(tmp_path / one) if one.endswith(".md") else one for one in arguments]
    assert gh(stand_in.folder, *named).returncode == 1
    assert gh(stand_in.folder, "issue", "list", "--state", "open", token="").returncode == 1
    assert stand_in.said() == []
