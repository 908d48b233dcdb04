"""The profiles that the README shows are what is printed."""

from __future__ import annotations

import re
from pathlib import Path

from example_rows import replayed_row

from configspec.records.profile_file import read_profile
from configspec.reporting.document import Document
from configspec.reporting.positions import Positions
from configspec.reporting.profile_cells import family_profiles
from configspec.reporting.profile_section import profile_section
from configspec.reporting.rows_to_rank import ranked_row
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query

ROOT = Path(__file__).parents[2]


def test_the_profiles_in_the_readme_are_what_is_printed():
    """The Pi 5 with the Llama target. Where this fails, put the text that it expects into README.md."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    configurations = profile.configurations("rpi5", as_name="paper-rpi5")
    measured = [one for one in configurations if one.family == "llama-3.1-70b"]
    rows = [ranked_row()(replayed_row(one, profile.serving[one.family])) for one in measured]
    section = profile_section(family_profiles(rows, Query()), Positions(None))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- example: profiles -->\n```text\n(.*?)```", readme, re.DOTALL)
    assert shown
    assert shown[1] == as_text(Document(sections=(section,)))
