"""A whole run whose target is behind a server that wants a key: the key is nowhere in what is written or told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")
pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
SECRET = "sk-quite-a-secret"
INVENTORY = """
devices: {{here: {{connection: local, llama_cpp: {{threads: 1, context: 256}}}}}}
families:
  tiny-llama:
    target: {{openai: '{url}', model: tiny, api_key_env: VERIFIER_KEY, tokenizer: {{transformers: '{family}/target'}}}}
    drafts: {{xs: '{family}/xs'}}
    quants: [Q8_0]
sweep: {{k: 1, prompts: prompts.jsonl, new_tokens: 6, depth: 16, rounds: 3}}
"""


@pytest.mark.parametrize("key", [SECRET, f"{SECRET}-which-is-wrong"])
def test_a_servers_key_is_written_nowhere(serve, tmp_path: Path, key: str) -> None:
    """Accepted or refused; and with --anonymous the server's address is not either."""
    url = serve(logits_all="true", api_key=SECRET)
    (tmp_path / "devices.yaml").write_text(INVENTORY.format(url=url, family=FAMILY))
    (tmp_path / "prompts.jsonl").write_text('{"id": "p", "prompt": "def f(x):"}\n')
    (tmp_path / "test_bench.py").write_text("def test_configuration(hil_benchmark): hil_benchmark()\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    flags = ["--device=here", "--end-to-end=none", "--anonymous", "--benchmark-json=r.json", "--junit-xml=j.xml"]
    own = {
        **{"VERIFIER_KEY": key, "CONFIGSPEC_CACHE_DIR": str(tmp_path / "cache")},
        "CONFIGSPEC_LOCK_FILE": str(tmp_path / "lock"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *flags],
        cwd=tmp_path,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    accepted = key == SECRET
    assert done.returncode == (0 if accepted else 1), told
    assert accepted or "does not accept the key in VERIFIER_KEY" in told
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "devices.yaml"]
    assert written
    assert SECRET not in told + "".join(path.read_bytes().decode("utf-8", "replace") for path in written)
    for results in tmp_path.glob("r.json"):
        assert "OpenAI-compatible server at http://<server>/v1" in results.read_text()
        assert url.partition("//")[2].partition("/")[0] not in results.read_text()
