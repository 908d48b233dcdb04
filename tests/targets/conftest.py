"""One small target three times: in transformers, in llama.cpp, and behind the server of llama-cpp-python."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configspec.targets.registry import TARGETS, open_target
from configspec.targets.target import Target
from configspec.testbed.family_spec import ServerSpec, TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

FOLDER = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama" / "target"
ONE_THREAD = LlamaCppSpec(threads=1)  # tests share the machine
START_S = 60.0


@pytest.fixture(scope="session")
def target_folder() -> Path:
    """The target as transformers reads it."""
    return FOLDER


@pytest.fixture(scope="session")
def target_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in F16, as llama.cpp reads it."""
    pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")
    from configspec.families.gguf.gguf_writer import write_gguf

    path = tmp_path_factory.mktemp("targets") / "target-F16.gguf"
    write_gguf(FOLDER, path)
    return path


@pytest.fixture(scope="session")
def transformers_target() -> Iterator[Target]:
    """Run by transformers."""
    pytest.importorskip("transformers", reason="needs transformers: pip install 'configspec[transformers]'")
    target = open_target(TargetSpec(transformers=FOLDER, llama_cpp=ONE_THREAD))
    yield target
    target.close()


@pytest.fixture(scope="session")
def llama_target(target_gguf: Path) -> Iterator[Target]:
    """Run by llama.cpp."""
    pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
    target = open_target(TargetSpec(gguf=target_gguf, llama_cpp=ONE_THREAD))
    yield target
    target.close()


# By the variant's source. A variant without a target here fails the contract tests.
OF_VARIANT = {"transformers": "transformers_target", "gguf": "llama_target", "openai": "server_target"}


@pytest.fixture(params=[variant.source for variant in TARGETS])
def any_target(request: pytest.FixtureRequest) -> Target:
    """One target of each variant."""
    found: Target = request.getfixturevalue(OF_VARIANT[request.param])
    return found


@pytest.fixture(params=["transformers", "gguf"])
def target(request: pytest.FixtureRequest) -> Target:
    """Each that this process runs, which gives whole distributions."""
    found: Target = request.getfixturevalue(OF_VARIANT[request.param])
    return found


@pytest.fixture(scope="session")
def serve(target_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start the server of llama-cpp-python with the given options; returns its URL."""
    pytest.importorskip("fastapi", reason="needs llama-cpp-python[server]")
    folder = tmp_path_factory.mktemp("servers")
    running: list[subprocess.Popen[bytes]] = []

    def start(**options: Any) -> str:
        port = _free_port()
        named = {"model": target_gguf, "model_alias": "tiny", "port": port, "n_ctx": 512, "n_threads": 1} | options
        words = [word for name, value in named.items() for word in (f"--{name}", str(value))]
        log = folder / f"{port}.log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--verbose", "false", *words],
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        running.append(server)
        url = f"http://127.0.0.1:{port}/v1"
        end_s = time.monotonic() + START_S
        while not _answers(url):
            assert server.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end_s, log.read_text(errors="replace")
            time.sleep(0.1)
        return url

    yield start
    for server in running:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def server_url(serve: Callable[..., str]) -> str:
    """A server of the small target that can tell log-probabilities."""
    return serve(logits_all="true")


@pytest.fixture(scope="session")
def server_target(server_url: str) -> Iterator[Target]:
    """The same target behind a server, with the tokenizer that lies in its folder."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
    target = open_target(TargetSpec(server=ServerSpec(url=server_url, model="tiny", tokenizer=FOLDER)))
    yield target
    target.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=1):
            return True
    except urllib.error.HTTPError:  # it wants a key
        return True
    except (urllib.error.URLError, OSError):
        return False


class Loopback:
    """An HTTP server on this machine whose every answer a test decides.

    `answer` is given the path and the JSON that was sent (None for a GET), and returns a Reply. `asked` keeps the
    paths, `keys` the keys that came with them, `headers` all that came with the last one, by names in small letters.
    """

    def __init__(self, answer: Callable[[str, Any], Reply]) -> None:
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.headers: dict[str, str] = {}
        self.release = threading.Event()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer: of two, the second waits for the other side's say

            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, sent: Any) -> None:
                loopback.asked.append(self.path)
                loopback.keys.append(self.headers.get("Authorization", ""))
                loopback.headers = {name.lower(): value for name, value in self.headers.items()}
                reply = answer(self.path, sent)
                if reply.hangs:
                    loopback.release.wait()
                if reply.raw:
                    self._send_raw(reply)
                    return
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body) + reply.missing_bytes))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = reply.missing_bytes > 0

            def _send_raw(self, reply: Reply) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError):  # the other side has had enough
                    self.connection.sendall(reply.raw)
                    while reply.then and not loopback.release.wait(reply.every_s):
                        self.connection.sendall(reply.then)

            def log_message(self, *_: Any) -> None:
                """Nothing: the test tells what went wrong."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        """Let hanging answers go, and stop."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. `hangs`: it is not sent before the test is over. `missing_bytes`: announced, but not sent.

    `raw` goes out as it is instead of all that, and `then` again and again after it, until nobody listens.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    missing_bytes: int = 0
    raw: bytes = b""
    then: bytes = b""
    every_s: float = 0.0


@pytest.fixture
def loopback() -> Iterator[Callable[[Callable[[str, Any], Reply]], Loopback]]:
    """Start a server that answers as a test decides."""
    running: list[Loopback] = []

    def start(answer: Callable[[str, Any], Reply]) -> Loopback:
        running.append(Loopback(answer))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def reply() -> type[Reply]:
    """Makes answers."""
    return Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteModel:
    """A model whose tokens are bytes, and whose next token depends on the last alone; served in three dialects.

    `dialect` is "vllm" (ids out as token_id:N), "llama-server" (logprobs.content) or "text". `processed` tells
    log-probabilities after temperature. `ends_at` makes it write its end token, 0, after a text that ends so.
    """

    dialect: str = "vllm"
    takes_ids: bool = True
    scores: bool = True
    processed: bool = False
    ends_at: bytes = b"\xff"
    end_shown: bool = True
    loses_a_row: bool = False

    def best_after(self, ids: Sequence[int]) -> int:
        """The likeliest token after a text."""
        return 0 if bytes(ids).endswith(self.ends_at) else 97 + (5 * ids[-1] + 3) % 26

    def logprobs_after(self, ids: Sequence[int], temperature: float = 1.0) -> Any:
        """Natural logarithms of the probabilities of all 128 tokens."""
        distance = (np.arange(128) - self.best_after(ids)) % 128
        logits = -0.25 * distance / (temperature or 1.0)
        return logits - np.log(np.exp(logits).sum())

    def answer(self, path: str, sent: Any) -> Reply:
        """What a server of this model answers."""
        if path == "/v1/models":
            return Reply(body={"data": [{"id": "bytes", "max_model_len": 4096}]})
        if path == "/tokenize":
            return Reply(body={"tokens": list(sent["content"].encode())})
        if path == "/detokenize":
            return Reply(body={"content": bytes(sent["tokens"]).decode()})
        assert path == "/v1/completions"
        if isinstance(sent["prompt"], list) and not self.takes_ids:
            return Reply(status=422, body={"detail": "prompt: Input should be a valid string"})
        if sent.get("echo") and not self.scores:
            return Reply(status=500, body={"error": {"message": "Only no echo is supported"}})
        return Reply(body=self._complete(sent))

    def _complete(self, sent: Any) -> dict[str, Any]:
        prompt = sent["prompt"]
        ids = list(prompt.encode()) if isinstance(prompt, str) else list(prompt)
        length, generated = len(ids), 0
        while generated < sent["max_tokens"] and ids[-1:] != [0]:
            ids.append(self.best_after(ids))
            generated += 1
        stopped = ids[-1] == 0
        shown = ids if self.end_shown or not stopped else ids[:-1]
        told = length + generated - (len(ids) - len(shown))
        first = 0 if sent.get("echo") else length
        temperature = sent["temperature"] if self.processed else 1.0
        rows = [(shown[q], self.logprobs_after(shown[:q], temperature) if q else None) for q in range(first, told)]
        if self.loses_a_row:
            rows.pop()
        return {
            "choices": [
                {
                    "text": bytes(shown[first:told]).decode(),
                    "logprobs": self._logprobs(rows, sent["logprobs"]) if sent.get("logprobs") is not None else None,
                    "finish_reason": "stop" if stopped else "length",
                }
            ],
            "usage": {"prompt_tokens": length, "completion_tokens": told - length},
        }

    def _logprobs(self, rows: list[tuple[int, Any]], count: int) -> dict[str, Any]:
        tops = [
            None if after is None else [int(token) for token in np.argsort(-after, kind="stable")[:count]]
            for _, after in rows
        ]
        if self.dialect == "llama-server":
            return {
                "content": [
                    {
                        "id": token,
                        "token": chr(token),
                        "logprob": float(after[token]),
                        "top_logprobs": [{"id": t, "token": chr(t), "logprob": float(after[t])} for t in top or ()],
                    }
                    for (token, after), top in zip(rows, tops, strict=True)
                ]
            }

        def named(token: int) -> str:
            return f"token_id:{token}" if self.dialect == "vllm" else chr(token)

        return {
            "tokens": [named(token) for token, _ in rows],
            "token_logprobs": [None if after is None else float(after[token]) for token, after in rows],
            "top_logprobs": [
                None if top is None else {named(t): float(after[t]) for t in [token, *top]}
                for (token, after), top in zip(rows, tops, strict=True)
            ],
        }


@pytest.fixture
def byte_model() -> type[ByteModel]:
    """Makes models to be served."""
    return ByteModel


@pytest.fixture
def byte_folder(tmp_path: Path) -> Path:
    """The byte model's tokenizer, as a model's folder has it."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs tokenizers: pip install 'configspec[server]'")
    letters = {chr(code): code for code in range(128)}
    reader = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=letters, merges=[]))
    reader.decoder = tokenizers.decoders.Fuse()
    reader.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": 0}))
    return tmp_path
