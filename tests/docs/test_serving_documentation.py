"""What docs/serving.md says there is, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from configspec.cli import main
from configspec.testbed.inventory import json_schema
from configspec.testbed.read import read_inventory
from configspec.theory.serving.billing import BILLING
from configspec.theory.serving.charges import CHARGES
from configspec.theory.serving.jitter import JITTERS
from configspec.theory.serving.keywords import QUANTITIES, WORDS
from configspec.theory.serving.payload import PAYLOADS
from configspec.theory.serving.verification import VERIFICATION as LAWS

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
FIRST_CELLS = re.findall(r"^\| `?([^|`]+?)`? \|", PAGE, re.MULTILINE)


def test_every_scheme_is_described():
    """In a row of its own."""
    names = {one.name for each in (BILLING, CHARGES, JITTERS, PAYLOADS, LAWS) for one in each}
    assert names - set(FIRST_CELLS) == set()


def test_every_option_is_described(capsys):
    """And those that are named exist."""
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert {one.option for one in QUANTITIES} | {one.option for one in WORDS} <= named
    with pytest.raises(SystemExit):
        main(["rank", "--help"])
    assert named - set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) == set()


def test_every_key_is_described():
    """Of `serving` and what it holds."""
    kinds = json_schema()["$defs"]
    of_linear = {"base_s", "s_per_token", "s_per_context_token"}
    keys = {key for kind in ("ServingSpec", "AssumedLinkSpec", "PriceSpec") for key in kinds[kind]["properties"]}
    assert {key for key in keys | of_linear if not re.search(rf"\b{key}\b", PAGE)} == set()


def test_what_is_shown_is_read(tmp_path: Path):
    """As part of a devices.yaml."""
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "devices.yaml").write_text(f"devices: {{a: {{connection: local}}}}\n{shown}", encoding="utf-8")
    serving = read_inventory(tmp_path / "devices.yaml").serving
    assert serving.batch == 4
    assert serving.server_s_at(4) == pytest.approx(0.045 + 4 * (5 * 0.0006 + 512 * 2e-6))
    assert serving.link_s_at(4) == pytest.approx(0.048 + 8 * 16 / 20e6)
