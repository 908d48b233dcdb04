"""The hub's cache on disk, laid out by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from damage import civil
from model_attack import NO_FILES, at_once, put

from configspec.errors import UsageError
from configspec.families.hub.hub import Hub
from configspec.families.hub.hub_cache import check_blob, files_in, hub_origin, is_pinned
from configspec.testbed.family_spec import HubSpec

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def cached(root: Path, name: str, content: bytes, etag: str) -> Path:
    repository = root / "models--me--small-GGUF"
    blob, link = repository / "blobs" / etag, repository / "snapshots" / COMMIT / name
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(Path("../" * (2 + name.count("/"))) / "blobs" / etag)
    return link


def test_a_cached_file_tells_its_repository_and_commit(tmp_path: Path) -> None:
    """Read from the path, so that a record can hold it; other paths tell nothing."""
    path = cached(tmp_path, "sub/a.gguf", b"x", "e" * 64)
    assert hub_origin(path) == HubSpec(repo="me/small-GGUF", revision=COMMIT, file="sub/a.gguf")
    assert hub_origin(path.parents[1]) == HubSpec(repo="me/small-GGUF", revision=COMMIT, file=None)
    assert hub_origin(tmp_path / "a.gguf") is None
    assert files_in(path.parents[1]) == ("sub/a.gguf",)


def test_a_commit_is_pinned_and_a_branch_is_not() -> None:
    """Forty hexadecimal digits."""
    assert is_pinned(HubSpec(repo="me/m", revision=COMMIT))
    assert not is_pinned(HubSpec(repo="me/m"))
    assert not is_pinned(HubSpec(repo="me/m", revision=COMMIT[:12]))


def test_a_large_file_is_held_against_its_sha256(tmp_path: Path) -> None:
    """The name of the blob that it links to."""
    check_blob(cached(tmp_path, "right.gguf", b"x", hashlib.sha256(b"x").hexdigest()))
    with pytest.raises(UsageError, match=r"wrong\.gguf is damaged: its SHA-256 is .* Delete .*blobs/f{64} and run"):
        check_blob(cached(tmp_path, "wrong.gguf", b"x", "f" * 64))


def test_a_small_file_is_held_against_gits_hash(tmp_path: Path) -> None:
    """`printf {} | git hash-object --stdin` prints 9e26dfeeb6e641a33dae4961196235bdb965b21b."""
    check_blob(cached(tmp_path, "config.json", b"{}", "9e26dfeeb6e641a33dae4961196235bdb965b21b"))
    with pytest.raises(UsageError, match="its git SHA-1 is"):
        check_blob(cached(tmp_path, "other.json", b"{} ", "9e26dfeeb6e641a33dae4961196235bdb965b21c"))


def test_what_has_no_known_hash_is_let_be(tmp_path: Path) -> None:
    """A copy instead of a link, and a file that is not of the cache."""
    copy = cached(tmp_path, "a", b"x", "unknown")
    check_blob(copy)
    copy.unlink()
    copy.write_bytes(b"x")
    check_blob(copy)
    check_blob(tmp_path / "none")


@pytest.mark.parametrize("ref", [b"../../../elsewhere", b"\xff\xfe", b"a\0b", b"main", b"[" * 5000])
def test_a_damaged_note_of_the_cache_is_told_or_ignored(tmp_path: Path, ref: bytes) -> None:
    """Which commit a branch is: what leads elsewhere is not followed."""
    pytest.importorskip("huggingface_hub")
    link = cached(tmp_path, "a.gguf", b"x", "e" * 64)
    (tmp_path / "elsewhere").mkdir()
    note = link.parents[2] / "refs" / "main"
    note.parent.mkdir()
    note.write_bytes(ref)
    spec = HubSpec(repo="me/small-GGUF")
    try:
        assert Hub(cache=tmp_path).cached(spec) is None
    except UsageError as problem:
        said = str(problem)
    else:
        said = "me/small-GGUF"
    assert "me/small-GGUF" in said
    civil(2, said)


@pytest.mark.parametrize("tree", ["[]", "3", "{", '{"format_version": 1, "files": []}', "[" * 100_000])
def test_a_damaged_listing_of_a_commit_is_told_or_ignored(tmp_path: Path, tree: str) -> None:
    """What the repository holds is then what is here."""
    pytest.importorskip("huggingface_hub")
    folder = cached(tmp_path, "a.gguf", b"x", "e" * 64).parent
    listing = folder.parents[1] / "trees" / f"{COMMIT}.json"
    listing.parent.mkdir()
    listing.write_text(tree)
    try:
        found = Hub(cache=tmp_path).known_files(HubSpec(repo="me/small-GGUF", revision=COMMIT), folder)
    except UsageError as problem:
        civil(2, str(problem))
    else:
        assert found == ("a.gguf",)


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("note", ["refs/main", f"trees/{COMMIT}.json"])
def test_a_note_of_the_cache_that_is_no_file_is_told_at_once(tmp_path: Path, note: str, kind: str) -> None:
    """huggingface_hub would wait for whoever writes into a FIFO, and read a device without end."""
    pytest.importorskip("huggingface_hub")
    folder = cached(tmp_path, "a.gguf", b"x", "e" * 64).parent
    path = folder.parents[1] / note
    for place in (folder.parents[1] / "refs" / "main", path):
        place.parent.mkdir(exist_ok=True)
        place.write_text(COMMIT)
    put(kind, path)
    hub, spec = Hub(cache=tmp_path, endpoint="http://127.0.0.1:9"), HubSpec(repo="me/small-GGUF")
    asked = (lambda: hub.cached(spec), lambda: hub.known_files(spec, folder), lambda: hub.fetch(spec, ["a.gguf"]))
    for ask in asked:
        with at_once(), pytest.raises(UsageError, match=rf"cache on this machine is damaged: .*{note}") as told:
            ask()
        civil(2, str(told.value))


@pytest.mark.parametrize(
    "name", ["../../../elsewhere.gguf", "/etc/model.gguf", "a//b.gguf", "./a.gguf", "", "a\0.gguf"]
)
def test_a_listing_leads_to_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    """Its names become paths, which are opened."""
    pytest.importorskip("huggingface_hub")
    folder = cached(tmp_path, "a.gguf", b"x", "e" * 64).parent
    listing = folder.parents[1] / "trees" / f"{COMMIT}.json"
    listing.parent.mkdir()
    listing.write_text(json.dumps({"format_version": 1, "files": {name: {"size": 1, "blob_id": "e" * 40}}}))
    with pytest.raises(UsageError, match="which is no name of a file there") as told:
        Hub(cache=tmp_path).known_files(HubSpec(repo="me/small-GGUF", revision=COMMIT), folder)
    civil(2, str(told.value))
