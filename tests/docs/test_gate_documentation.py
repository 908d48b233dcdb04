"""What docs/gate.md shows is what the gate reads, says and takes."""

from __future__ import annotations

import re
from pathlib import Path

from judged_runs import made_run

from configspec.histories.floors import NAMES, parse_floors
from configspec.histories.judging import CheckRequest, checked
from configspec.regression.states import COMPARED, MAY_FAIL, STATES
from configspec.reporting.verdicts_json import checked_json

PAGE = (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
TOML = dict(re.findall(r"<!-- toml: (\w+) -->\n```toml\n(.*?)```", PAGE, re.DOTALL))


def test_every_state_is_described():
    """With those that fail by choice; the first six are what counts as compared."""
    rows = {name: line for line in PAGE.splitlines() for name in re.findall(r"^\| `([A-Z_]+)` \|", line)}
    assert tuple(rows) == STATES
    assert [name for name, line in rows.items() if "if asked" in line or "unless" in line] == sorted(
        MAY_FAIL, key=STATES.index
    )
    assert STATES[:6] == COMPARED


def test_every_key_of_the_json_is_described():
    """Of the whole, and of a series."""
    found = checked_json(checked([made_run(1)], [made_run(0)], CheckRequest()))
    series = found["series"]
    assert isinstance(series, list)
    assert all(f"`{key}`" in PAGE for key in (*found, *series[0]))


def test_the_floors_that_are_shown_are_floors():
    """Each in the table, and on the command line above it."""
    shown = re.findall(r"^\| `((?:\w+):\S+)` \|", PAGE, re.MULTILINE)
    assert len(shown) == 4
    assert set(re.findall(r"--fail-on (\S+)", PAGE))
    for text in (*shown, *re.findall(r"--fail-on (\S+)", PAGE)):
        parse_floors(text.strip("`"))
    assert all(f"`{name}" in PAGE or f"{name}:" in PAGE for name in NAMES)
