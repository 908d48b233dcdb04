"""What git keeps: a file as it was at a tag or commit, and which release a commit belongs to.

The program `git` is run, with its words in the error where it refuses. Nothing is changed and nothing is fetched.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from configspec.errors import UsageError
from configspec.printable import printable

TIMEOUT_S = 60.0
SHOWN = 80  # letters of a name in a message
MOST_BYTES = 1 << 30  # of a file
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_DESCRIBED = re.compile(r"(.+)-\d+-g[0-9a-f]+")
_AT_ONCE = 500  # commits on one command line


def file_at(folder: Path, name: str) -> bytes:
    """The content of `TAG:PATH`, such as `v1.2:results.json`, in the repository of a folder.

    The path is that from the repository's root, else from the folder.

    Raises:
        UsageError: git is not installed, this is no repository, or it has no such tag or commit, or no such file in it.
    """
    ref, _, path = name.partition(":")
    if _run(folder, "rev-parse", "--git-dir").returncode:
        raise UsageError(
            f"{_shown(name)}: {folder} is in no git repository, so there is no tag {_shown(ref)} to look at"
        )
    commit = _run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if commit.returncode or not ref:
        tags = _run(folder, "tag", "--list", "--sort=-creatordate").stdout.decode("utf-8", "replace").split()
        listed = ", ".join(tags[:5]) + (f" and {len(tags) - 5} more" if len(tags) > 5 else "")
        raise UsageError(
            f"{_shown(name)}: git knows no tag, branch or commit {_shown(ref)}. "
            + (f"Its tags: {printable(listed)}" if tags else "The repository has no tags; git fetch --tags brings them")
        )
    sha = commit.stdout.decode("ascii", "replace").strip()
    return _blob(folder, sha, path, name)


def _blob(folder: Path, sha: str, path: str, name: str) -> bytes:
    for candidate in (path, f"./{path}"):
        size = _run(folder, "cat-file", "-s", f"{sha}:{candidate}")
        if not size.returncode and int(size.stdout) <= MOST_BYTES:
            found = _run(folder, "cat-file", "blob", f"{sha}:{candidate}")
            if not found.returncode:
                return found.stdout
            raise UsageError(f"{_shown(name)}: that is no file: {_words(found)}. Name a file in it")
    ref = _shown(name.partition(":")[0])
    raise UsageError(
        f"{_shown(name)}: there is no file {_shown(path)} at {ref}. What there is: git ls-tree -r --name-only {ref}"
    )


def releases(folder: Path, commits: Iterable[str]) -> Mapping[str, str]:
    """The release of each commit that the repository of a folder knows: its tag, or `TAG+` where it came after one.

    Commits before the first tag have none. Nothing is known where git is not installed, or there is no repository.
    """
    asked = [one for one in dict.fromkeys(commits) if _COMMIT.fullmatch(one)]
    try:
        lines = "".join(f"{one}^{{commit}}\n" for one in asked)
        checked = _run(folder, "cat-file", "--batch-check=%(objectname)", text=lines.encode()) if asked else None
    except UsageError:
        return {}
    if checked is None or checked.returncode:
        return {}
    answers = checked.stdout.decode("ascii", "replace").splitlines()
    known = [one for one, answer in zip(asked, answers, strict=False) if _COMMIT.fullmatch(answer)]
    found: dict[str, str] = {}
    for begin in range(0, len(known), _AT_ONCE):
        found |= _described(folder, known[begin : begin + _AT_ONCE])
    return found


def _described(folder: Path, commits: Sequence[str]) -> Mapping[str, str]:
    said = _run(folder, "describe", "--tags", "--always", "--abbrev=40", *commits)
    found = {}
    for commit, text in zip(commits, said.stdout.decode("utf-8", "replace").splitlines(), strict=False):
        after = _DESCRIBED.fullmatch(text)
        if after is not None:
            found[commit] = f"{after[1]}+"
        elif not _COMMIT.fullmatch(text):
            found[commit] = text
    return found


def _run(folder: Path, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    line = ["git", "--no-pager", "-C", str(folder), *arguments]
    try:
        return subprocess.run(line, input=text, capture_output=True, timeout=TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise UsageError("git is not installed here, and a tag names what it keeps. Name a file instead") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git took more than {TIMEOUT_S:.0f} s to say what it has. Name a file instead") from None
    except (OSError, ValueError) as problem:  # a NUL in a name
        raise UsageError(f"git cannot be run: {problem}") from None


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    return printable(done.stderr.decode("utf-8", "replace").strip(), at_most=200) or "nothing more is known"


def _shown(text: str) -> str:
    return printable(text, at_most=SHOWN)
