"""The hub on loopback, spoken to with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real


@pytest.fixture
def hub(fake_hub: Any, tmp_path: Path) -> Any:
    (tmp_path / "sub").mkdir()
    (tmp_path / "small.json").write_bytes(b"{}")
    (tmp_path / "sub" / "large.bin").write_bytes(b"x" * 5000)
    fake_hub.put("me/model", tmp_path)
    return fake_hub


def opened(hub: Any, path: str, **headers: str) -> Any:
    return urllib.request.urlopen(urllib.request.Request(hub.endpoint + path, headers=headers), timeout=10)


def test_a_repository_tells_its_commit_and_files(hub: Any) -> None:
    """By the branch as by the commit."""
    for revision in ("main", "a" * 40):
        about = json.load(opened(hub, f"/api/models/me/model/revision/{revision}"))
        assert about["sha"] == "a" * 40
        assert {one["rfilename"] for one in about["siblings"]} == {"small.json", "sub/large.bin"}


def test_a_range_is_the_rest_of_the_file(hub: Any) -> None:
    """From the byte that was asked for, with the size of the whole."""
    with opened(hub, "/me/model/resolve/main/sub/large.bin", Range="bytes=4000-") as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == "bytes 4000-4999/5000"
        assert len(answer.read()) == 1000


def test_a_cut_connection_is_cut_once(hub: Any) -> None:
    """The second time the file comes whole."""
    hub.cut["sub/large.bin"] = [100]
    with pytest.raises(http.client.IncompleteRead):
        opened(hub, "/me/model/resolve/main/sub/large.bin").read()
    assert len(opened(hub, "/me/model/resolve/main/sub/large.bin").read()) == 5000


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/models/me/none/revision/main", 401, "RepoNotFound"),
        ("/api/models/me/model/revision/v9", 404, "RevisionNotFound"),
        ("/me/model/resolve/main/none.json", 404, "EntryNotFound"),
    ],
)
def test_what_is_not_there_is_refused_as_the_hub_does(hub: Any, path: str, status: int, code: str) -> None:
    """By status and X-Error-Code."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        opened(hub, path)
    assert (refused.value.code, refused.value.headers["X-Error-Code"]) == (status, code)


def test_a_gated_file_needs_the_token(hub: Any) -> None:
    """Its existence is public, its content is not."""
    hub.repositories["me/model"].gated = True
    assert opened(hub, "/api/models/me/model/revision/main").status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opened(hub, "/me/model/resolve/main/small.json")
    assert opened(hub, "/me/model/resolve/main/small.json", Authorization="Bearer good").read() == b"{}"
