"""DevicePool that have their drafts already, as `configspec models push` brings them there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def stock(testbed: Path, environment: Mapping[str, str], *devices: str) -> None:
    """Bring every draft of the testbed in this folder to its `devices`."""
    push = [sys.executable, "-m", "configspec.cli", "models", "push", *devices]
    done = subprocess.run(push, cwd=testbed, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
