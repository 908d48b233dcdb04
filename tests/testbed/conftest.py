"""A testbed folder with empty models, into which a test writes its `devices.yaml`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

WriteInventory = Callable[[str | bytes], Path]

REPLAYED = {"configspec_profile": 1, "devices": {"rpi5": {}, "jetson": {}}}
GOOD = """
devices:
  board: {connection: local}
families:
  tiny:
    target: {transformers: models/target}
    drafts: {xs: models/xs}
    quants: [Q4_K_M]
"""


@pytest.fixture
def write_inventory(tmp_path: Path) -> WriteInventory:
    """Writes `devices.yaml` beside models/{target,xs,s}, ready.gguf, prompts.jsonl, one.json and two.json."""
    for model in ("target", "xs", "s"):
        (tmp_path / "models" / model).mkdir(parents=True)
    (tmp_path / "ready.gguf").write_bytes(b"GGUF")
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "x"}\n')
    (tmp_path / "two.json").write_text(json.dumps(REPLAYED))
    (tmp_path / "one.json").write_text(json.dumps({**REPLAYED, "devices": {"rpi5": {}}}))

    def write(text: str | bytes) -> Path:
        path = tmp_path / "devices.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def good() -> str:
    """A whole file without an error: one board, one family."""
    return GOOD
