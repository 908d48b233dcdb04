"""The hub's cache on this machine, laid out by hand, and a hub that is read from folders instead of the network.

The layout is that of https://huggingface.co/docs/huggingface_hub/guides/manage-cache, with files in place of links.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from configspec.families.hub.hub import Hub, Listing
from configspec.families.hub.hub_cache import files_in
from configspec.testbed.family_spec import HubSpec

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def put_in_cache(cache: Path, repo: str, files: Mapping[str, Path], *, listed: Iterable[str] = ()) -> Path:
    """The folder of a repository's one commit, of which `main` is the branch, with copies of `files` by their names.

    `listed`: names that the cache knows to be in the repository besides; without any it knows what is here only.
    """
    repository = cache / f"models--{repo.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, snapshot / name)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(COMMIT)
    names = tuple(listed)
    if names:
        (repository / "trees").mkdir(exist_ok=True)
        entries = {name: {"size": 1, "blob_id": "e" * 40} for name in (*files, *names)}
        (repository / "trees" / f"{COMMIT}.json").write_text(json.dumps({"format_version": 1, "files": entries}))
    return snapshot


def files_of(folder: Path) -> dict[str, Path]:
    """The files of a model folder by their names."""
    return {name: folder / name for name in files_in(folder)}


class FolderHub(Hub):
    """A hub whose repositories are folders of this machine: what is fetched is copied into the cache."""

    def __init__(self, cache: Path, repositories: Mapping[str, Path]) -> None:
        super().__init__(cache=cache)
        self._into = cache
        self._repositories = repositories
        self.fetched: list[str] = []

    def listing(self, spec: HubSpec) -> Listing:
        """The files of its folder."""
        return Listing(files=files_in(self._repositories[spec.repo]), commit=COMMIT)

    def fetch(self, spec: HubSpec, files: Sequence[str]) -> Path:
        """The folder in the cache, with copies of the files."""
        self.fetched.append(spec.repo)
        return put_in_cache(self._into, spec.repo, {name: self._repositories[spec.repo] / name for name in files})
