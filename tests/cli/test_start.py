"""The command line starts without what only some commands need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "pydantic", "yaml", "rich", "pytest", "torch", "transformers", "llama_cpp", "sqlite3", "pyarrow")
PROGRAM = "import sys, configspec.cli as cli; cli.parser(); print(*(one for one in sys.argv[1:] if one in sys.modules))"


@pytest.mark.real
def test_all_commands_are_known_before_anything_large_is_imported():
    """`configspec --help` and shell completion wait for none of it; a command imports what it uses."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM, *HEAVY], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
