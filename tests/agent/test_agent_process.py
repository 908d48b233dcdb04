"""The agent's process: one hello, one answer to each request, and nothing that makes it fall over."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from configspec.agent.protocol import MAX_LINE_BYTES, PROTOCOL_VERSION
from configspec.agent.requests.forms import Request
from configspec.agent.requests.model import Distribution, Draft, Prefill, Rollback, Rounds, Score
from configspec.devices.transport.archive import build_agent_archive

pytestmark = pytest.mark.real

Talk = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def agent_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_agent_archive().place_in(tmp_path_factory.mktemp("agent"))


@pytest.fixture(scope="session")
def talk(agent_zip: Path) -> Talk:
    """Send lines to a new agent, close its stdin, and return all it says, the hello first."""

    def talk(*lines: bytes | dict[str, Any]) -> list[dict[str, Any]]:
        sent = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        ended = subprocess.run(
            [sys.executable, str(agent_zip)],
            input=b"".join(line + b"\n" for line in sent),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return talk


def test_hello_names_the_archive_and_the_interpreter(talk: Talk, agent_zip: Path) -> None:
    """The first line tells which agent this is, and under which Python."""
    (hello,) = talk()
    assert hello["configspec_agent"] == PROTOCOL_VERSION
    assert hello["sha256"] == hashlib.sha256(agent_zip.read_bytes()).hexdigest()
    assert hello["python"] == ".".join(map(str, sys.version_info[:3]))
    assert hello["clock_s"] > 0


def test_describe_tells_the_board_and_a_reason_for_what_is_missing(talk: Talk) -> None:
    """`describe` works without a model, and what is null has its reason."""
    facts = talk({"id": 1, "op": "describe"})[1]["ok"]
    assert facts["cores"] >= 1
    assert facts["memory_bytes"] > 0
    assert (facts["governor"] is None) == (facts["governor_reason"] is not None)
    assert (facts["llama_cpp_version"] is None) == (facts["llama_cpp_reason"] is not None)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"{", "Expecting property name"),
        (b"\xff\xfe", "can't decode byte"),
        (b"[" * 200_000, "recursion"),
        (b"[1]", "list"),
        (b'{"op": "describe"}', "nothing"),
        (b'{"id": true, "op": "describe"}', "True"),
        (b'{"id": 1}', "nothing"),
        (b'{"id": 1, "op": 5}', "5"),
        (b'{"id": 1, "op": "fly"}', "'fly'"),
        (b'{"id": 1, "op": "describe", "deadline_s": "soon"}', "'soon'"),
        (b'{"id": 1, "op": "describe", "depth": 3}', "'depth'"),
        (b'{"id": 1, "op": "open", "path": 5}', "5"),
        (b'{"id": 1, "op": "open", "threads": 4294967297}', "4294967297"),
        (b'{"id": 1, "op": "\\ud800"}', "ud800"),
        (b'{"id": 1, "op": "find_file", "name": "\\u0000", "size": 1}', "x00"),
        (b'{"id": 1, "op": "prefill", "tokens": ' + b"[" * 900 + b"]" * 900 + b"}", "[[["),
        (b'{"id": 1, "op": "find_file", "name": "n", "size": 1' + b"0" * 400 + b"}", "1000"),
    ],
    ids=["not-json", "not-utf8", "too-deep", "list", "no-id", "id-bool", "no-op", "op-number", "unknown", "deadline",
         "unknown-argument", "path-number", "threads", "surrogate", "nul", "deep", "digits"],
)  # fmt: skip
def test_a_bad_request_is_answered_and_the_next_one_served(talk: Talk, line: bytes, found: str) -> None:
    """A request that is wrong in any way gets a usage error that shows what was found."""
    _, error, after = talk(line, {"id": 2, "op": "close"})
    assert error["error"]["kind"] == "usage"
    assert found.lower() in error["error"]["found"].lower()
    assert after == {"id": 2, "ok": {}}


def test_a_line_over_the_limit_is_an_error_and_not_a_memory_leak(talk: Talk) -> None:
    """A line too long is refused as a whole."""
    _, error, after = talk(b" " * (MAX_LINE_BYTES + 1), {"id": 2, "op": "close"})
    assert error["id"] is None
    assert str(MAX_LINE_BYTES) in error["error"]["what"]
    assert after == {"id": 2, "ok": {}}


@pytest.mark.parametrize(
    "asked",
    [
        Prefill(tokens=(1,)),
        Draft(k=1),
        Rounds(k=1, rounds=1, warmup=0, seconds=1.0),
        Score(start=1),
        Rollback(keep=1),
        Distribution(index=0),
    ],
)
def test_an_operation_on_no_model_says_so(talk: Talk, asked: Request) -> None:
    """Without an open model, the operations on one are usage errors."""
    assert "no model is open" in talk({"id": 1, "op": asked.op, **asked.as_json()})[1]["error"]["what"]


def test_what_a_library_prints_does_not_reach_the_protocol(agent_zip: Path, tmp_path: Path) -> None:
    """A `llama_cpp` that prints to stdout when it is imported disturbs nothing."""
    (tmp_path / "llama_cpp.py").write_text("import os\nprint('a banner')\nos.system('echo from C')\nraise ValueError\n")
    request = json.dumps({"id": 1, "op": "describe"}) + "\n"
    ended = subprocess.run(
        [sys.executable, str(agent_zip)],
        input=request,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/bin:/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [next(iter(json.loads(line))) for line in ended.stdout.splitlines()] == ["configspec_agent", "id"]
    assert "a banner" in ended.stderr
    assert "from C" in ended.stderr


def test_a_name_that_is_not_utf8_does_not_end_the_list(talk: Talk, tmp_path: Path) -> None:
    """A folder may hold it; the other names are told."""
    for name in (b"draft.gguf", b"\xff.gguf"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    assert talk({"id": 1, "op": "list_files", "folder": str(tmp_path)})[1]["ok"]["names"] == ["draft.gguf", "?.gguf"]


@pytest.mark.parametrize("asked", [{"op": "find_file", "size": 0}, {"op": "open"}], ids=["find", "open"])
def test_a_model_that_is_a_fifo_is_refused_at_once(talk: Talk, tmp_path: Path, asked: dict[str, Any]) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "draft.gguf")
    place = {"name": "draft.gguf", "folder": str(tmp_path)}
    opening = {"path": str(tmp_path / "draft.gguf"), "context": 8, "gpu_layers": 0, "batch": 8}
    error = talk({"id": 1, **asked, **(opening if asked["op"] == "open" else place)})[1]["error"]
    assert (error["kind"], "FIFO" in error["found"] or "llama_cpp" in error["what"]) == ("usage", True)
