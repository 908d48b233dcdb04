"""The hub's cache as it lies on disk: which commit a file is of, and whether it is what the hub has.

`models--OWNER--REPO/snapshots/<commit>/<file>` is a link to `blobs/<etag>`; the etag is the file's SHA-256 where the
hub keeps it in its large-file storage, else its SHA-1 as git counts it.
https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from configspec.content_hash import file_sha256
from configspec.errors import UsageError
from configspec.testbed.family_spec import HubSpec
from configspec.untrusted import NotJson, open_regular, parse_json, read_bounded

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BLOCK_BYTES = 1 << 20
_REPOSITORY = "models--"
_NOTE_BYTES = 1024  # a commit
_TREE_BYTES = 64 << 20  # the listing of a commit: some 150 bytes a file


def is_pinned(spec: HubSpec) -> bool:
    """Whether the revision is a commit, which always means the same files."""
    return _COMMIT.fullmatch(spec.revision) is not None


def repository_folder(cache: Path, spec: HubSpec) -> Path:
    """Where a repository lies in the cache."""
    return cache.expanduser() / f"{_REPOSITORY}{spec.repo.replace('/', '--')}"


def check_notes(repository: Path, revision: str) -> None:
    """What huggingface_hub notes of a repository, and opens without a look: a branch's commit, a commit's listing.

    Of a FIFO it would wait for a writer, and a listing of another shape ends in an exception of any kind.

    Raises:
        OSError: One of them is no regular file, too large, or no such listing; `filename` and `strerror` say which.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        read_bounded(repository / "refs" / revision, at_most_bytes=_NOTE_BYTES)
    for path in sorted((repository / "trees").glob("*.json")):
        if not _is_tree(read_bounded(path, at_most_bytes=_TREE_BYTES)):
            raise OSError(errno.EINVAL, "it is no listing of a repository", str(path))


def _is_tree(content: bytes) -> bool:
    try:
        tree = parse_json(content)
    except NotJson:
        return False
    files = tree.get("files", {}) if isinstance(tree, dict) else None
    return isinstance(files, dict) and all(isinstance(one, dict) for one in files.values())


def no_file_name(names: Iterable[str]) -> str | None:
    """The first of a repository's names that is none: one that leads out of its folder, for one."""
    for name in names:
        if "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
            return name
    return None


def hub_origin(path: Path) -> HubSpec | None:
    """What a file or folder of the cache is of: the repository, pinned to its commit; None for any other path."""
    parts = path.parts
    for index, part in enumerate(parts[:-2]):
        if part.startswith(_REPOSITORY) and parts[index + 1] == "snapshots":
            repo = part.removeprefix(_REPOSITORY).replace("--", "/")
            return HubSpec(repo=repo, revision=parts[index + 2], file="/".join(parts[index + 3 :]) or None)
    return None


def files_in(snapshot: Path) -> tuple[str, ...]:
    """The files of a cached commit, by their names in the repository, sorted."""
    return tuple(sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()))


def check_blob(path: Path) -> None:
    """A UsageError where a file of the cache is not what the hub has; a file without such a link is not checked."""
    if hub_origin(path) is None or not path.is_symlink():
        return
    blob = path.parent / os.readlink(path)  # one step: a blob may itself link to a store of several repositories
    known = blob.name
    if re.fullmatch(r"[0-9a-f]{64}", known):
        found, kind = file_sha256(path), "SHA-256"
    elif _COMMIT.fullmatch(known):
        found, kind = _git_sha1(path), "git SHA-1"
    else:
        return
    if found != known:
        raise UsageError(
            f"{path} is damaged: its {kind} is {found}, the hub's is {known}. Delete {os.path.normpath(blob)} and run "
            "`configspec models pull`."
        )


def _git_sha1(path: Path) -> str:
    """As `git hash-object` counts it."""
    try:
        with open_regular(path) as file:
            digest = hashlib.sha1(b"blob %d\0" % os.fstat(file.fileno()).st_size, usedforsecurity=False)
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}. Run `configspec models pull`.") from None
    return digest.hexdigest()
