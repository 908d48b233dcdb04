"""`configspec models` against a hub on loopback: fetched, kept, resumed, and refused in one message."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub")
pytest.importorskip("gguf")

from damage import civil
from model_attack import put

from configspec.errors import ConfigspecError, TestbedError
from configspec.families.gguf.gguf_writer import write_gguf
from configspec.families.hub.hub import Hub
from configspec.testbed.family_spec import HubSpec

pytestmark = pytest.mark.real
MakeFolder = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]
GGUF = "model-F16.gguf"


@pytest.fixture
def hub(fake_hub: Any, make_folder: MakeFolder, tmp_path: Path) -> Any:
    """A hub with the transformers model me/big, and me/small as GGUF and as safetensors."""
    big, small = make_folder("big"), make_folder("small", seed=1)
    (big / "original").mkdir()
    (big / "original" / "consolidated.00.pth").write_bytes(b"x" * 2000)
    (big / "pytorch_model.bin").write_bytes(b"x" * 2000)
    fake_hub.put("me/big", big)
    fake_hub.put("me/small", small)
    (tmp_path / "gguf").mkdir()
    write_gguf(small, tmp_path / "gguf" / GGUF)
    (tmp_path / "gguf" / "README.md").write_text("words")
    fake_hub.put("me/small-GGUF", tmp_path / "gguf")
    return fake_hub


@pytest.fixture
def run(hub: Any, tmp_path: Path) -> Run:
    """Runs `configspec models <command>` on an inventory of one family, in an environment with the hub and a cache."""

    def run(
        *command: str,
        target: str = "{hub: me/big}",
        draft: str = "{hub: me/small-GGUF, file: '*{quant}.gguf'}",
        env: dict[str, str] | None = None,
        file_limit_bytes: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        inventory = tmp_path / "devices.yaml"
        inventory.write_text(
            "devices: {host: {connection: local}}\n"
            f"families: {{f: {{target: {target}, drafts: {{xs: {draft}}}, quants: [F16]}}}}\n"
        )
        own = {
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_XET": "1",
            "CONFIGSPEC_CACHE_DIR": str(tmp_path / "cache"),
        }
        others = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (file_limit_bytes or -1,) * 2)
        return subprocess.run(
            [sys.executable, "-m", "configspec.cli", "models", *command, "--inventory", str(inventory)],
            env={**others, **own, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=limit if file_limit_bytes else None,
        )

    return run


def told(done: subprocess.CompletedProcess[str]) -> str:
    """The one message of a command that was refused."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("configspec: ")]
    assert "Traceback" not in done.stderr
    assert len(lines) == 1, done.stderr
    return lines[0].removeprefix("configspec: ")


def test_what_is_needed_is_fetched_once(run: Run, hub: Any) -> None:
    """Configuration, safetensors and tokenizer, no pickles, nothing of original/; a second pull fetches nothing."""
    first = run("pull")
    assert first.returncode == 0, first.stderr
    big = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    assert sorted(hub.downloads()) == sorted([GGUF, *big])
    assert f"of me/small-GGUF at {'a' * 40}" in first.stdout
    hub.asked.clear()
    second = run("pull")
    assert (second.returncode, hub.downloads()) == (0, [])
    assert "fetching" not in second.stdout


def test_a_pinned_revision_that_is_here_asks_no_network(run: Run, hub: Any) -> None:
    """It cannot have changed."""
    pinned = {
        "target": f"{{hub: me/big, revision: {'a' * 40}}}",
        "draft": f"{{hub: me/small-GGUF, revision: {'a' * 40}, file: '*{{quant}}.gguf'}}",
    }
    assert run("pull", **pinned).returncode == 0
    hub.asked.clear()
    assert run("pull", **pinned).returncode == 0
    assert hub.asked == []


def test_a_pull_that_was_cut_short_is_finished(run: Run, hub: Any, tmp_path: Path) -> None:
    """A file of the tokenizer is missing: the model is not taken for whole, pinned or offline."""
    pinned = f"{{hub: me/big, revision: {'a' * 40}}}"
    assert run("pull", target=pinned).returncode == 0
    (missing,) = (tmp_path / "hf").rglob("snapshots/*/tokenizer_config.json")
    missing.unlink()
    offline = run("pull", target=pinned, env={"HF_HUB_OFFLINE": "1"})
    assert "is not on this machine, or not all of it" in told(offline)
    assert json.loads(run("list", "--format", "json", target=pinned).stdout)[0]["state"] == "missing"
    assert run("pull", target=pinned).returncode == 0
    assert missing.is_file()


def test_the_list_asks_no_network_and_tells_what_is_here(run: Run, hub: Any) -> None:
    """Before a pull and after it; the commit is that of the files."""
    before = json.loads(run("list", "--format", "json").stdout)
    assert hub.asked == []
    assert [(one["model"], one["state"], one["commit"]) for one in before] == [
        ("target", "missing", None),
        ("xs", "missing", None),
    ]
    run("pull")
    hub.asked.clear()
    after = json.loads(run("list", "--format", "json", env={"HF_HUB_OFFLINE": "1"}).stdout)
    assert hub.asked == []
    assert [(one["state"], one["commit"]) for one in after] == [("here", "a" * 40)] * 2
    assert Path(after[1]["path"]).stat().st_size == after[1]["size_bytes"]


def test_what_was_pulled_is_used_offline(run: Run, hub: Any) -> None:
    """By HF_HUB_OFFLINE, and by a hub that does not answer; both build without asking."""
    run("pull")
    hub.asked.clear()
    offline = run("build", env={"HF_HUB_OFFLINE": "1"})
    assert (offline.returncode, hub.asked) == (0, []), offline.stderr
    hub.status = 503
    assert run("pull").returncode == 0


def test_a_draft_of_safetensors_is_converted_here(run: Run) -> None:
    """A hub repository without GGUF needs no `file`."""
    built = run("build", draft="{hub: me/small}")
    assert built.returncode == 0, built.stderr
    assert "converting" in built.stdout
    assert "f [1/1] xs F16" in built.stdout


def test_a_repository_of_gguf_only_needs_no_pattern(run: Run, hub: Any) -> None:
    """The file whose name holds the quantisation is taken."""
    assert run("pull", draft="{hub: me/small-GGUF}").returncode == 0
    assert GGUF in hub.downloads()


def test_building_drafts_leaves_the_targets_weights_where_they_are(run: Run, hub: Any) -> None:
    """Its tokenizer alone says whether a draft fits."""
    assert run("build").returncode == 0
    assert sorted(hub.downloads()) == sorted([GGUF, "config.json", "tokenizer.json", "tokenizer_config.json"])


def test_a_servers_tokenizer_is_fetched_without_weights(run: Run, hub: Any) -> None:
    """The server has those."""
    server = "{openai: 'http://127.0.0.1:9/v1', model: big, tokenizer: {hub: me/big}}"
    assert run("pull", target=server).returncode == 0
    assert "model.safetensors" not in hub.downloads()
    assert "tokenizer.json" in hub.downloads()
    assert run("verify", target=server).returncode == 0


def test_a_dropped_connection_is_taken_up_where_it_broke(run: Run, hub: Any) -> None:
    """The rest is asked for by its range (huggingface_hub keeps pieces of 10 MiB), and the file is whole."""
    hub.repositories["me/small-GGUF"].files[GGUF] += bytes(12 << 20)
    hub.cut[GGUF] = [11 << 20]
    done = run("pull")
    assert done.returncode == 0, done.stderr
    ranges = [wanted for method, path, wanted in hub.asked if path.endswith(GGUF) and method == "GET"]
    assert ranges == [None, f"bytes={10 << 20}-"]
    assert run("verify").returncode == 0


def test_a_connection_that_keeps_dropping_is_the_testbeds_fault(run: Run, hub: Any) -> None:
    """After huggingface_hub's own attempts; no part of the file is taken for the file."""
    hub.cut[GGUF] = [1000] * 10
    done = run("pull", "--draft", "xs")
    assert done.returncode == 3
    assert "me/small-GGUF@main: the hub cannot be reached, or the connection broke off" in told(done)
    assert json.loads(run("list", "--format", "json").stdout)[1]["state"] == "missing"


def test_files_that_were_whole_are_kept_when_the_rest_fails(run: Run, hub: Any) -> None:
    """The target is gated, its drafts come nevertheless, and the message says what to do."""
    hub.repositories["me/big"].gated = True
    done = run("pull")
    assert done.returncode == 2
    assert "me/big@main is gated: accept its licence" in told(done)
    assert "HF_TOKEN" in told(done)
    assert "f xs F16: " in done.stdout
    hub.asked.clear()
    assert run("pull", env={"HF_TOKEN": "good"}).returncode == 0
    assert GGUF not in hub.downloads()


@pytest.mark.parametrize(
    ("target", "draft", "message"),
    [
        ("{hub: me/none}", None, "the hub has no repository me/none, or it is private"),
        ("{hub: me/big, revision: v9}", None, "me/big has no revision 'v9'"),
        ("{hub: me/small-GGUF}", None, "me/small-GGUF@main holds no model for transformers"),
        (
            None,
            "{hub: me/small-GGUF, file: '*Q8_0.gguf'}",
            "has no GGUF file that matches '*Q8_0.gguf'. Known: model-F16.gguf",
        ),
    ],
)
def test_what_the_hub_has_not_is_told_in_one_message(
    run: Run, target: str | None, draft: str | None, message: str
) -> None:
    """A repository, a revision, a model of this kind, a file."""
    given = {key: value for key, value in (("target", target), ("draft", draft)) if value is not None}
    done = run("pull", **given)
    assert done.returncode == 2
    assert message in told(done)


def test_offline_and_nothing_cached_is_told(run: Run, hub: Any) -> None:
    """With the variable that forbids it; nothing is asked."""
    done = run("pull", "--draft", "xs", env={"HF_HUB_OFFLINE": "1"})
    assert (done.returncode, hub.asked) == (2, [])
    assert "is not on this machine, or not all of it, and HF_HUB_OFFLINE forbids" in told(done)


def test_no_network_and_nothing_cached_is_the_testbeds_fault(run: Run) -> None:
    """Nothing listens there."""
    done = run("pull", "--draft", "xs", env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 3
    assert "me/small-GGUF@main: the hub cannot be reached" in told(done)


def test_a_hub_in_trouble_is_told_with_its_status(run: Run, hub: Any) -> None:
    """And nothing is said about the repository's name, which may be right."""
    hub.status = 500
    done = run("pull", "--draft", "xs")
    assert done.returncode == 3
    assert "the hub answered with status 500" in told(done)


def test_a_full_disk_is_the_testbeds_fault(run: Run) -> None:
    """No half file is left to be taken for a model."""
    done = run("pull", "--draft", "xs", file_limit_bytes=100_000)
    assert done.returncode == 3
    assert "could not be kept" in told(done)
    assert json.loads(run("list", "--format", "json").stdout)[1]["state"] == "missing"


def test_a_file_that_changed_on_disk_is_bad(run: Run, tmp_path: Path) -> None:
    """One bit, no size: only the hub's hash knows."""
    run("pull")
    assert run("verify").returncode == 0
    (path,) = (tmp_path / "hf").rglob(GGUF)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.resolve().write_bytes(content)
    done = run("verify")
    assert done.returncode == 1
    assert "f xs F16: bad: " in done.stdout
    assert "is damaged: its SHA-256 is" in done.stdout
    path.resolve().unlink()
    assert run("pull").returncode == 0
    assert run("verify").returncode == 0


def test_what_is_missing_is_bad(run: Run) -> None:
    """Verifying fetches nothing."""
    done = run("verify")
    assert done.returncode == 1
    assert done.stdout.count("is not on this host; `configspec models pull` fetches") == 2


def test_one_damaged_repository_of_the_cache_is_one_line(run: Run, tmp_path: Path) -> None:
    """At once, in every command: the others are listed, fetched and checked, and the file is named."""
    assert run("pull").returncode == 0
    note = tmp_path / "hf" / "hub" / "models--me--small-GGUF" / "refs" / "main"
    put("FIFO", note)
    listed = run("list", "--format", "json")
    assert listed.returncode == 1
    big, small = json.loads(listed.stdout)
    assert (big["state"], big["problem"]) == ("here", None)
    assert (small["state"], small["path"]) == ("damaged", None)
    assert str(note) in small["problem"]
    verified = run("verify")
    assert verified.returncode == 1
    assert "f target: ok: " in verified.stdout
    assert re.search(rf"f xs F16: bad: .*{note}", verified.stdout)
    pulled = run("pull")
    assert pulled.returncode == 2
    assert "f target: " in pulled.stdout
    assert str(note) in told(pulled)
    assert str(note) in told(run("build"))


@pytest.mark.parametrize(
    "says",
    [
        [],
        3,
        {},
        {"id": "me/big", "siblings": [{}]},
        {"id": "me/big", "siblings": 3},
        {"id": "me/big", "siblings": [{"rfilename": "../../config.json"}]},
        {"id": "me/big", "sha": "../..", "siblings": [{"rfilename": "config.json"}]},
        {"id": "me/big", "sha": {"a": 1}, "siblings": [{"rfilename": ["config.json"]}]},
        {"id": "me/big", "siblings": [{"rfilename": "config.json"}]},
    ],
    ids=lambda says: json.dumps(says)[:60],
)
def test_what_is_no_hub_is_told(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: object) -> None:
    """Another program under its address: an error of the testbed, and nothing is written outside the cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # read from the environment at its import
    hub.says = says
    asked = Hub(endpoint=hub.endpoint, cache=tmp_path / "hf")
    before = set(tmp_path.iterdir())
    with pytest.raises(TestbedError, match=r"^me/big@main: .* another form than the hub") as listed:
        asked.listing(HubSpec(repo="me/big"))
    with pytest.raises(ConfigspecError, match=r"^me/big@main: ") as fetched:
        asked.fetch(HubSpec(repo="me/big"), ["config.json"])
    for problem in (listed.value, fetched.value):
        civil(3, str(problem))
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "hf"}


def test_a_token_that_is_no_file_is_told_at_once(run: Run, tmp_path: Path) -> None:
    """huggingface_hub would wait for whoever writes into a FIFO."""
    (tmp_path / "hf").mkdir()
    os.mkfifo(tmp_path / "hf" / "token")
    done = run("pull")
    assert done.returncode == 2
    assert f"{tmp_path}/hf/token, the token for the hub, cannot be read: it is a FIFO" in done.stderr
