"""`configspec devices`: what it refuses before any board is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import civil

from configspec.cli import main


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "-inf", "1e308", "3601", "9" * 5000, "1e999"])
def test_a_time_limit_has_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    """Longer than a thread can wait is a traceback of the library that waits."""
    (tmp_path / "devices.yaml").write_text("devices: {a: {connection: local, python: /nowhere}}\n")
    code = main(["devices", "--inventory", str(tmp_path / "devices.yaml"), f"--timeout={seconds}"])
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    civil(code, told.err)
    assert "--timeout is" in told.err
    assert "more than 0 and 3600 at most" in told.err
