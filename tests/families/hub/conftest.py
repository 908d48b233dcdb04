"""A hub on loopback: the part of the Hugging Face hub's API that a download needs, with its ways to refuse.

https://huggingface.co/docs/hub/api; headers as huggingface_hub reads them in `get_hf_file_metadata`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

LARGE_BYTES = 1024  # files from here on are in "large-file storage": their etag is a SHA-256


@dataclass
class Repository:
    """One repository at one commit; `main` is its only branch."""

    files: dict[str, bytes]
    commit: str = "a" * 40
    gated: bool = False


@dataclass
class FakeHub:
    """What the server serves, how it misbehaves, and what it was asked."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    status: int | None = None  # answered to everything
    says: object = None  # about every repository, in place of the truth
    cut: dict[str, list[int]] = field(default_factory=dict)  # file -> where its next connections are dropped
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)  # method, path, Range
    endpoint: str = ""

    def put(self, repo: str, folder: Path) -> Repository:
        """Serve the files of a folder."""
        files = {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
        self.repositories[repo] = Repository(files=files)
        return self.repositories[repo]

    def downloads(self) -> list[str]:
        """The names of the files whose content was asked for."""
        return [
            path.split("/resolve/")[1].split("/", 1)[1]
            for method, path, _ in self.asked
            if method == "GET" and "/resolve/" in path
        ]


def etag(content: bytes) -> str:
    """What the hub calls a file's content."""
    if len(content) >= LARGE_BYTES:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._route()

        def do_GET(self) -> None:
            self._route()

        def _route(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((self.command, path, self.headers.get("Range")))
            if hub.status is not None:
                self._refuse(hub.status, "")
            elif path.startswith("/api/models/"):
                owner, name, what, revision = path.removeprefix("/api/models/").split("/")[:4]
                self._about(f"{owner}/{name}", what, revision)
            elif "/resolve/" in path:
                owner, name, _, revision, file = path.removeprefix("/").split("/", 4)
                self._file(f"{owner}/{name}", revision, file)
            else:
                self._refuse(404, "")

        def _repository(self, repo: str, revision: str) -> Repository | None:
            found = hub.repositories.get(repo)
            if found is None:
                self._refuse(401, "RepoNotFound")
            elif revision not in ("main", found.commit):
                self._refuse(404, "RevisionNotFound")
                return None
            return found

        def _about(self, repo: str, what: str, revision: str) -> None:
            found = self._repository(repo, revision)
            if found is None:
                return
            if hub.says is not None:
                self._json(hub.says)
            elif what == "revision":
                siblings = [{"rfilename": name} for name in found.files]
                self._json({"id": repo, "modelId": repo, "sha": found.commit, "siblings": siblings})
            else:
                self._json([_tree_entry(name, content) for name, content in found.files.items()])

        def _file(self, repo: str, revision: str, file: str) -> None:
            found = self._repository(repo, revision)
            if found is None:
                return
            if found.gated and self.headers.get("Authorization") != "Bearer good":
                self._refuse(403, "GatedRepo")
            elif file not in found.files:
                self._refuse(404, "EntryNotFound")
            else:
                self._content(file, found.files[file], found.commit)

        def _content(self, file: str, content: bytes, commit: str) -> None:
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            self.send_response(206 if begin else 200)
            self.send_header("ETag", f'"{etag(content)}"')
            self.send_header("X-Repo-Commit", commit)
            self.send_header("X-Linked-Size", str(len(content)))
            self.send_header("Content-Length", str(len(content) - begin))
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if self.command == "GET":
                cuts = hub.cut.get(file)
                cut = cuts.pop() if cuts else None
                self.wfile.write(content[begin:cut])
                self.close_connection = cut is not None

        def _json(self, answer: object) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def _tree_entry(name: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
    if len(content) >= LARGE_BYTES:
        entry["lfs"] = {"oid": etag(content), "size": len(content), "pointerSize": 130}
    return entry


@pytest.fixture
def fake_hub() -> Iterator[FakeHub]:
    """A hub without repositories, listening on loopback."""
    hub = FakeHub()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) as server:
        server.daemon_threads = True
        hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield hub
        server.shutdown()
        thread.join()
