"""A release is made whole, or not begun: on repositories that are made here."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
VERSION = "99.1.0"
IDENTITY = {
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@localhost",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@localhost",
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Checkout:
    """A repository with the release's program in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        return self.call("git", *arguments).stdout.strip()

    def call(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **IDENTITY, "PIP_NO_COMPILE": "1"}  # what is imported is compiled then
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def refused(self, version: str = VERSION) -> str:
        """What is said; nothing may have changed."""
        before = (self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain"))
        said = self.call(sys.executable, "tools/release.py", version, code=1).stderr
        assert (self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")) == before
        assert not (self.root / "dist").exists()
        assert "Traceback" not in said
        return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """With a fragment, on main, and nothing that is not committed: a release could begin."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    found = Checkout(tmp_path / "checkout")
    found.write("configspec/__init__.py", '__version__ = "99.1.0.dev0"\n')
    found.write("changelog.d/README.md", "How fragments are named.\n")
    found.write("changelog.d/+something.feature.md", "Something is new.\n")
    found.write("tools/release.py", (ROOT / "tools" / "release.py").read_text(encoding="utf-8"))
    found.git("init", "--quiet", "--initial-branch=main")
    found.git("add", "--all")
    found.git("commit", "--quiet", "--message", "A state to release")
    return found


@pytest.mark.parametrize(
    "version", ["", "1", "99.1", "99.1.0.1", "v99.1.0", "99.1.0rc1", "099.1.0", "99.1.-1", "٩٩.1.0", "9٩.1.0"]
)
def test_a_version_is_three_numbers(checkout, version):
    """Nothing else becomes a tag."""
    assert "is no version" in checkout.refused(version)


@pytest.mark.parametrize("version", ["0.1.0", "99.0.9"])
def test_an_older_version_is_refused(checkout, version):
    """Versions go up."""
    assert "does not come after 99.1.0.dev0" in checkout.refused(version)


def test_the_version_that_the_package_has_already_is_refused(checkout):
    """Without `.dev0` it has been released."""
    checkout.write("configspec/__init__.py", '__version__ = "99.1.0"\n')
    checkout.git("commit", "--quiet", "--all", "--message", "As after a release")
    assert "does not come after 99.1.0" in checkout.refused()


@pytest.mark.parametrize("name", ["changelog.d/+something.feature.md", "new.txt"])
def test_what_is_not_committed_is_refused(checkout, name):
    """A changed file, and a new one; by name."""
    checkout.write(name, "Changed.\n")
    assert name in checkout.refused()


def test_a_tag_that_exists_is_refused(checkout):
    """A version is released once."""
    checkout.git("tag", f"v{VERSION}")
    assert f"there is a tag v{VERSION}" in checkout.refused()


def test_an_empty_changelog_is_refused(checkout):
    """Its README is no fragment."""
    checkout.git("rm", "--quiet", "changelog.d/+something.feature.md")
    checkout.git("commit", "--quiet", "--message", "Nothing to tell")
    assert "changelog.d has no fragment" in checkout.refused()


def test_another_branch_is_refused(checkout):
    """A release is made of main."""
    checkout.git("switch", "--quiet", "--create", "other")
    assert "the branch is other" in checkout.refused()


def test_a_package_without_a_version_is_refused(checkout):
    """The script looks for one line."""
    checkout.write("configspec/__init__.py", "__version__ = version()\n")
    checkout.git("commit", "--quiet", "--all", "--message", "Another form")
    assert "has no version of the form" in checkout.refused()


def test_a_step_that_fails_changes_nothing(checkout):
    """There is no pyproject.toml here, so towncrier has no configuration."""
    assert "this failed, and nothing was changed: python" in checkout.refused()


@pytest.mark.real
def test_a_release_of_this_repository_is_made_whole(tmp_path):
    """Changelog, version, tag, both distributions; each is installed into an empty environment, and tried there."""
    missing = [name for name in ("build", "towncrier", "tox", "twine") if importlib.util.find_spec(name) is None]
    if missing or not shutil.which("git"):
        pytest.skip(f"not installed: {', '.join(missing) or 'git'}: pip install --group release")
    checkout = Checkout(tmp_path / "checkout")
    shutil.copytree(ROOT, checkout.root, ignore=ignored, symlinks=True)
    fragment = "Something of this test is new."
    checkout.write("changelog.d/+of-this-test.feature.md", f"{fragment}\n")  # after a release there is no other
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", "--message", "This repository")

    environment = f"py3{sys.version_info.minor}-first"
    done = checkout.call(sys.executable, "-P", "tools/release.py", VERSION, "--tried", environment)

    assert done.stdout.endswith("git push --follow-tags origin main\n")
    assert checkout.git("tag") == f"v{VERSION}"
    assert f'__version__ = "{VERSION}"' in checkout.git("show", f"v{VERSION}:configspec/__init__.py")
    assert '__version__ = "99.2.0.dev0"' in (checkout.root / "configspec" / "__init__.py").read_text(encoding="utf-8")
    changelog = (checkout.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {VERSION} (" in changelog
    assert fragment in changelog
    assert [path.name for path in (checkout.root / "changelog.d").iterdir()] == ["README.md"]
    built = sorted(path.name for path in (checkout.root / "dist").iterdir())
    assert built == [f"configspec-{VERSION}-py3-none-any.whl", f"configspec-{VERSION}.tar.gz"]
    with ZipFile(checkout.root / "dist" / built[0]) as wheel:
        metadata = wheel.read(f"configspec-{VERSION}.dist-info/METADATA").decode()
    links = re.findall(r"\]\(([^)\s]+)\)", metadata)
    assert f"https://github.com/configspec/configspec/blob/v{VERSION}/docs/start.md" in links
    assert [link for link in links if not link.startswith("https://")] == []
    assert checkout.git("status", "--porcelain") == ""


def ignored(folder: str, names: list[str]) -> set[str]:
    """What is no part of a checkout: Git's own folder, environments, caches."""
    hidden = {
        name
        for name in names
        if name.startswith(".") and (name.endswith("_cache") or name in {".git", ".venv", ".tox"})
    }
    return hidden | {
        name for name in names if name in {"__pycache__", "dist", ".hypothesis"} or name.endswith(".egg-info")
    }
