"""The command line starts without what only some commands need."""

from __future__ import annotations

import subprocess
import sys

import pytest
from made_runs import made_rows, write_run

ENDED = (
    "import atexit, gc; from configspec.cli import process; "
    "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count())); process()"
)
HEAVY = ("numpy", "pydantic", "yaml", "rich", "pytest", "torch", "transformers", "llama_cpp", "sqlite3", "pyarrow")
PROGRAM = "import sys, configspec.cli as cli; cli.parser(); print(*(one for one in sys.argv[1:] if one in sys.modules))"
COMPARED = (
    "import sys; from configspec.cli import main; main(['compare', *sys.argv[1:3]]); "
    "print('loaded:', *(one for one in sys.argv[3:] if one in sys.modules))"
)


@pytest.mark.real
def test_all_commands_are_known_before_anything_large_is_imported():
    """`configspec --help` and shell completion wait for none of it; a command imports what it uses."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM, *HEAVY], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


@pytest.mark.real
def test_a_comparison_imports_what_it_shows_and_no_more(tmp_path):
    """Two files of 500 rows are compared in less time than some of these take to import."""
    runs = [write_run(tmp_path / f"{day}.json", day, rows=made_rows(times)) for day, times in ((1, 1.0), (2, 1.2))]
    unused = (
        *(one for one in HEAVY if one != "numpy"),
        *("numpy.ma", "jsonschema", "configspec.testbed", "configspec.pytest_plugin", "configspec.families"),
        *(f"configspec.records.{name}" for name in ("opening", "journal", "row_file")),
        *("configspec.reporting.rows_to_rank", "configspec.reporting.shown_facts"),
        *(f"configspec.selection.{name}" for name in ("filling", "k_advice", "next_measurement", "other_bests")),
    )
    ended = subprocess.run([sys.executable, "-c", COMPARED, *runs, *unused], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[0] == "runs"
    assert ended.stdout.splitlines()[-1].split() == ["loaded:"]


@pytest.mark.real
def test_a_process_ends_without_a_look_for_garbage():
    """What is left is the system's to take back."""
    ended = subprocess.run([sys.executable, "-c", ENDED, "--version"], capture_output=True, text=True, check=True)
    enabled, frozen = ended.stdout.splitlines()[-1].split()
    assert enabled == "False"
    assert int(frozen) > 0
