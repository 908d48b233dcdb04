"""A testbed of one real device and a small family, in a folder with a cache of its own, that pytest is run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from configspec.records.reader import read_rows
from configspec.records.row import Row

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
BENCHMARK = "import pytest\n\n@pytest.mark.hil\ndef test_configuration(hil_benchmark):\n    hil_benchmark()\n"


class SmallTestbed:
    """The device is `here`, the family `tiny-llama`."""

    def __init__(
        self, folder: Path, *, drafts: Sequence[str], family: str, device: str = "", sweep: str, prompts: int
    ) -> None:
        """`family`, `device` and `sweep` are more of their keys, as devices.yaml has them; of so many prompts."""
        self.folder = folder
        named = ", ".join(f"{draft}: '{FAMILY / draft}'" for draft in drafts)
        (folder / "devices.yaml").write_text(
            f"devices: {{here: {{connection: local, llama_cpp: {{threads: 1, context: 256{device}}}}}}}\n"
            f"families: {{tiny-llama: {{target: {{transformers: '{FAMILY / 'target'}', threads: 1}}, "
            f"drafts: {{{named}}}, {family}}}}}\n"
            f"sweep: {{depth: 32, rounds: 4, warmup_rounds: 1, {sweep}}}\n"
        )
        (folder / "test_bench.py").write_text(BENCHMARK)
        (folder / "pytest.ini").write_text("[pytest]\n")
        some = [{"id": f"p{n}", "prompt": text} for n, text in enumerate(_texts()[:prompts])]
        (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in some))

    def measure(self, results: str, *flags: str) -> tuple[list[Row], str]:
        """One run; its rows, and what it printed."""
        with self.started(results, *flags) as process:
            told, _ = process.communicate()
        assert process.returncode == 0, told
        return list(read_rows(self.folder / results)), told

    def started(self, results: str, *flags: str) -> subprocess.Popen[str]:
        """A run that goes on."""
        own = {"CONFIGSPEC_CACHE_DIR": str(self.folder / "cache"), "CONFIGSPEC_LOCK_FILE": str(self.folder / "lock")}
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", "-m", "hil", "--device", "here", "--end-to-end", "none"),
                *(f"--benchmark-json={results}", *flags),
            ],
            cwd=self.folder,
            env={**os.environ, **own, "HF_HUB_OFFLINE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def journal(self) -> Path:
        """The newest."""
        return max((self.folder / ".configspec" / "journal").glob("*.jsonl"))


def _texts() -> list[str]:
    """Beginnings of files, as unlike each other as such are."""
    path = Path(__file__).parents[2] / "fixtures" / "prompts" / "default.jsonl"
    return [json.loads(line)["prompt"] for line in path.read_text(encoding="utf-8").splitlines()]
