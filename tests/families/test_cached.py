"""Hub entries of a family, looked up in the cache of this machine alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub")

from cached_hub import COMMIT, FolderHub, files_of, put_in_cache
from damage import HOSTILE_TEXTS
from model_attack import NO_FILES, at_once, put

from configspec.families.cached import cached_description, cached_draft, cached_target
from configspec.families.hub.hub import Hub
from configspec.families.resolve import resolve_draft, resolve_target
from configspec.progress import silent
from configspec.testbed.family_spec import DraftSpec, HubSpec, ServerSpec, TargetSpec

BIG, GGUFS = HubSpec(repo="me/big"), HubSpec(repo="me/small-GGUF")
PINNED = HubSpec(repo="me/big", revision=COMMIT)
ONE = HubSpec(repo="me/small-GGUF", file="*Q8_0.gguf")
QUANTS = ("Q4_K_M", "Q8_0")
TARGETS = [
    TargetSpec(hub=BIG),
    TargetSpec(hub=PINNED),
    TargetSpec(hub=ONE),
    TargetSpec(server=ServerSpec(url="http://127.0.0.1:9/v1", model="m", tokenizer=BIG)),
]
DRAFTS = [DraftSpec(name="d", hub=spec) for spec in (BIG, PINNED, GGUFS)]


@pytest.fixture
def repositories(make_folder: Callable[..., Path], tmp_path: Path) -> dict[str, Path]:
    """A model for transformers in two parts, and one as GGUF files; what is in the latter nobody looks at."""
    ggufs = tmp_path / "ggufs"
    ggufs.mkdir()
    for name in ("m-Q8_0.gguf", "m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00002.gguf"):
        (ggufs / name).write_bytes(name.encode())
    return {"me/big": make_folder("big", shards=2), "me/small-GGUF": ggufs}


@pytest.fixture
def hub(repositories: dict[str, Path], tmp_path: Path) -> FolderHub:
    """A hub with these repositories, of which nothing is cached."""
    return FolderHub(tmp_path / "cache", repositories)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_found_where_it_was_fetched_to_and_nowhere_before(hub: FolderHub, target: TargetSpec) -> None:
    """As `resolve` finds it; looking it up fetches nothing."""
    assert cached_target(target, hub) is None
    assert hub.fetched == []
    fetched = resolve_target("f", target, silent, hub=hub)
    assert len(hub.fetched) == 1
    assert cached_target(target, hub) == fetched
    assert len(hub.fetched) == 1


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_draft_is_found_where_it_was_fetched_to_and_nowhere_before(hub: FolderHub, draft: DraftSpec) -> None:
    """As `resolve` finds it, in all its quantisations."""
    assert cached_draft(draft, QUANTS, hub) is None
    assert hub.fetched == []
    fetched = resolve_draft("f", draft, QUANTS, silent, hub=hub)
    assert cached_draft(draft, QUANTS, hub) == fetched


def test_what_is_not_of_the_hub_is_itself(tmp_path: Path) -> None:
    """A hub is not needed for it."""
    hub = Hub(cache=tmp_path)
    for target in (TargetSpec(gguf=tmp_path / "t.gguf"), TargetSpec(server=ServerSpec(url="http://v/v1", model="m"))):
        assert cached_target(target, hub) is target
    draft = DraftSpec(name="d", gguf={"Q8_0": tmp_path / "d.gguf"})
    assert cached_draft(draft, ("Q8_0",), hub) is draft


def test_a_draft_lacks_the_quantisations_that_are_not_here(hub: FolderHub) -> None:
    """Those that are here are found without the others."""
    draft = DraftSpec(name="d", hub=GGUFS)
    resolve_draft("f", draft, ("Q8_0",), silent, hub=hub)
    assert cached_draft(draft, QUANTS, hub) is None
    found = cached_draft(draft, ("Q8_0",), hub)
    assert found is not None
    assert found.gguf is not None
    assert [(quant, path.name) for quant, path in found.gguf.items()] == [("Q8_0", "m-Q8_0.gguf")]


@pytest.mark.parametrize("missing", ["config.json", "model-00002-of-00002.safetensors", "tokenizer_config.json"])
def test_a_folder_is_whole_or_not_here(repositories: dict[str, Path], tmp_path: Path, missing: str) -> None:
    """The cache knows what the repository holds."""
    files = files_of(repositories["me/big"])
    snapshot = put_in_cache(tmp_path / "cache", "me/big", files, listed=files)
    hub, draft = Hub(cache=tmp_path / "cache"), DraftSpec(name="d", hub=BIG)
    assert cached_target(TargetSpec(hub=BIG), hub) is not None
    assert cached_draft(draft, QUANTS, hub) is not None
    (snapshot / missing).unlink()
    assert cached_target(TargetSpec(hub=BIG), hub) is None
    assert cached_draft(draft, QUANTS, hub) is None


def everything(hub: Hub) -> list[object]:
    """What all of it finds."""
    return [
        *(cached_target(target, hub) for target in TARGETS),
        *(cached_draft(draft, QUANTS, hub) for draft in DRAFTS),
        *(cached_description(spec, QUANTS, hub) for spec in (BIG, PINNED, GGUFS, ONE)),
    ]


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("note", ["refs/main", f"trees/{COMMIT}.json", "snapshots"])
def test_what_is_damaged_is_not_here(repositories: dict[str, Path], tmp_path: Path, note: str, kind: str) -> None:
    """At once, and without an error: the run that needs it tells what is wrong."""
    for repo, folder in repositories.items():
        repository = put_in_cache(tmp_path / "cache", repo, files_of(folder), listed=["README.md"]).parents[1]
        if note == "snapshots":
            (repository / note).rename(repository / "gone")
        put(kind, repository / note)
    with at_once():
        found = everything(Hub(cache=tmp_path / "cache"))
    pinned = {1, 5, 8}  # of a commit the branch's note is not read
    assert all(one is None for place, one in enumerate(found) if note != "refs/main" or place not in pinned)


@pytest.mark.parametrize(
    "name", [*HOSTILE_TEXTS, "x" * 5000 + ".json", "x" * 5000 + "-Q8_0.gguf", "config.json/a.gguf"]
)
def test_a_listing_may_hold_any_name(repositories: dict[str, Path], tmp_path: Path, name: str) -> None:
    """Nothing is raised, and nothing outside the cache is found."""
    for repo, folder in repositories.items():
        repository = put_in_cache(tmp_path / "cache", repo, files_of(folder)).parents[1]
        entries = {one: {"size": 1, "blob_id": "e" * 40} for one in (name, *files_of(folder))}
        (repository / "trees").mkdir()
        (repository / "trees" / f"{COMMIT}.json").write_text(json.dumps({"format_version": 1, "files": entries}))
    for one in everything(Hub(cache=tmp_path / "cache")):
        assert one is None or str(tmp_path / "cache") in repr(one)


def test_a_cache_that_is_no_folder_holds_nothing(tmp_path: Path) -> None:
    """Nor one that does not exist."""
    (tmp_path / "file").write_text("")
    for cache in (tmp_path / "file", tmp_path / "none"):
        assert not any(everything(Hub(cache=cache)))
