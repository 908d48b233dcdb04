"""Make a release: changelog, version, both distributions, tried in empty environments, and then the tag.

tox -e release -- 0.2.0

All of it happens in a temporary clone. Commits and tag come into this repository, and the distributions into `dist/`,
when everything has passed; before that nothing here changes. Nothing is pushed and nothing is published.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
VERSION_FILE = "configspec/__init__.py"
VERSION = re.compile(r'^__version__ = "(?P<numbers>\d+\.\d+\.\d+)(?P<developing>\.dev0)?"$', re.MULTILINE)
BRANCH = "main"
TRIED = ("py311-first", "py312-first", "py313-first", "py314-first")  # environments of tox.ini


class ReleaseError(Exception):
    """The release cannot begin, or did not pass; the message says what would do."""


def main() -> int:
    """Run the command; returns the exit code."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("version", help="three numbers, such as 0.2.0")
    asked.add_argument("--tried", default=",".join(TRIED), help="environments of tox.ini (default: %(default)s)")
    given = asked.parse_args()
    try:
        refuse_what_is_wrong(ROOT, given.version)
        with TemporaryDirectory() as folder:
            clone = Path(folder) / "release"
            run("git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
            take_identity(ROOT, clone)
            write_release(clone, given.version)
            built = build(clone)
            for file in built:
                try_first_commands(clone, file, given.tried)
            tag(clone, given.version)
            bring_back(clone, ROOT, given.version, built)
    except ReleaseError as refusal:
        print(f"release: {refusal}", file=sys.stderr)
        return 1
    print(f"Version {given.version} is tagged here, and built in dist/.")
    print(f"To publish it: git push --follow-tags origin {BRANCH}")
    return 0


def refuse_what_is_wrong(root: Path, version: str) -> None:
    """What has to be right before anything is made.

    Raises:
        ReleaseError: With the first thing that is wrong.
    """
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", version):
        raise ReleaseError(f"{version!r} is no version: three numbers, such as 0.2.0")
    branch = said("git", "branch", "--show-current", folder=root)
    if branch != BRANCH:
        raise ReleaseError(f"the branch is {branch or 'none'}: git switch {BRANCH}")
    changed = said("git", "status", "--porcelain", folder=root).splitlines()
    if changed:
        raise ReleaseError(f"what is not committed: {changed[0][3:]}, {len(changed)} in all: commit or remove it")
    if said("git", "tag", "--list", f"v{version}", folder=root):
        raise ReleaseError(f"there is a tag v{version}: a version is released once")
    now = found_version(root)
    least, exact = now["numbers"], now["developing"] is None
    if numbers(version) < numbers(least) or (exact and version == least):
        raise ReleaseError(f"{version} does not come after {least}{now['developing'] or ''}, which {VERSION_FILE} has")
    if not [path for path in (root / "changelog.d").glob("*.md") if path.name != "README.md"]:
        raise ReleaseError("changelog.d has no fragment: there is nothing to release")


def write_release(clone: Path, version: str) -> None:
    """Version and changelog, as one commit."""
    write_version(clone, version)
    run(sys.executable, "-m", "towncrier", "build", "--yes", "--version", version, folder=clone)
    commit(clone, f"Version {version}")


def build(clone: Path) -> list[Path]:
    """The source distribution and the wheel, checked as the package index checks them."""
    run(sys.executable, "-m", "build", "--outdir", "dist", ".", folder=clone)
    built = sorted((clone / "dist").iterdir())
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, built), folder=clone)
    return built


def try_first_commands(clone: Path, file: Path, environments: str) -> None:
    """Install a distribution into empty environments, and run there what a newcomer runs first."""
    folder = ("--workdir", str(clone / ".tox"))  # not that of the tox in which this may run
    run(sys.executable, "-m", "tox", "run", "-e", environments, *folder, "--installpkg", str(file), folder=clone)


def tag(clone: Path, version: str) -> None:
    """Tag the commit, and begin the next version: what a checkout measures later is not of this one."""
    run("git", "tag", "--annotate", f"v{version}", "--message", f"Version {version}", folder=clone)
    major, minor, _ = numbers(version)
    write_version(clone, f"{major}.{minor + 1}.0.dev0")
    commit(clone, f"After version {version}")


def bring_back(clone: Path, root: Path, version: str, built: list[Path]) -> None:
    """Commits and tag, as a fast-forward; the distributions in place of older ones."""
    run("git", "fetch", "--quiet", str(clone), BRANCH, folder=root)
    run("git", "merge", "--quiet", "--ff-only", "FETCH_HEAD", folder=root)
    run("git", "fetch", "--quiet", str(clone), "tag", f"v{version}", folder=root)
    shutil.rmtree(root / "dist", ignore_errors=True)
    (root / "dist").mkdir()
    for file in built:
        shutil.copy(file, root / "dist")


def take_identity(root: Path, clone: Path) -> None:
    """Commits and tags are made by whoever makes them in this repository, and signed where theirs are."""
    for key in ("user.name", "user.email", "user.signingKey", "commit.gpgSign", "tag.gpgSign", "gpg.format"):
        found = subprocess.run(["git", "config", key], cwd=root, capture_output=True, text=True, check=False).stdout
        if found.strip():
            run("git", "config", key, found.strip(), folder=clone)


def found_version(root: Path) -> re.Match[str]:
    """The line of the version, read."""
    path = root / VERSION_FILE
    found = VERSION.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        raise ReleaseError(f"{VERSION_FILE} has no version of the form 1.2.3 or 1.2.3.dev0")
    return found


def write_version(root: Path, version: str) -> None:
    """Put it into the package, in place of the one that is there."""
    path = root / VERSION_FILE
    path.write_text(VERSION.sub(f'__version__ = "{version}"', path.read_text(encoding="utf-8")), encoding="utf-8")


def numbers(version: str) -> tuple[int, int, int]:
    """To compare by."""
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def commit(clone: Path, message: str) -> None:
    """Everything that differs, without hooks: what the release changes is made by tools."""
    run("git", "commit", "--quiet", "--all", "--no-verify", "--message", message, folder=clone)


def run(*command: str, folder: Path | None = None) -> None:
    """Run a step; what it prints is shown.

    Raises:
        ReleaseError: It failed.
    """
    if subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False).returncode:
        shown = [Path(command[0]).name, *command[1:]]
        raise ReleaseError(f"this failed, and nothing was changed: {' '.join(shown)}")


def said(*command: str, folder: Path) -> str:
    """What a command of git prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.rstrip()


if __name__ == "__main__":
    raise SystemExit(main())
