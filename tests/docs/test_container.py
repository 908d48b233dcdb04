"""The Containerfile: what a linter says, what reaches the build, and where a builder is at hand, the image itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Containerfile"
IMAGE = "localhost/configspec-test"
BUILDERS = ("podman", "docker", "buildah")
BASE = os.environ.get("CONFIGSPEC_CONTAINER_BASE")  # an image that is here already, where no registry is reached


def test_hadolint_has_nothing_to_say():
    """About any line that does not name the rule it breaks."""
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        pytest.skip("hadolint is not installed: pip install --group tests")
    done = subprocess.run([program, "--no-color", FILE], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


def test_what_the_wheel_is_made_of_reaches_the_build():
    """.dockerignore lets nothing through but what it names."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    through = [line[1:] for line in lines if line.startswith("!")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["packages"], *wheel["force-include"], *project["project"]["license-files"], "README.md"]
    for path in [*needed, "pyproject.toml", "constraints.txt"]:
        assert any(fnmatch(path, line) or path.startswith(f"{line}/") for line in through), path
    assert [line for line in through if not list(ROOT.glob(line))] == []


@pytest.mark.real
def test_the_image_shows_the_demo():
    """Built, and run as the account that it names; nothing is mounted."""
    name = next((one for one in BUILDERS if shutil.which(one) and done(one, "info").returncode == 0), None)
    if name is None:
        pytest.skip(f"no builder of containers works here: {', '.join(BUILDERS)}")
    declared = next(line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("ARG BASE="))
    base = BASE or declared.removeprefix("ARG BASE=")
    pulled = done(name, "pull", base) if BASE is None else None
    if pulled and pulled.returncode:
        pytest.skip(f"{base} cannot be had: {pulled.stderr.strip().splitlines()[-1]}")
    built = done(name, "build", "--build-arg", f"BASE={base}", "--tag", IMAGE, str(ROOT))
    assert built.returncode == 0, built.stderr
    command = ("configspec", "demo", "/tmp/demo")
    if name == "buildah":
        container = done(name, "from", IMAGE).stdout.strip()
        shown = done(name, "run", container, "--", *command)
        done(name, "rm", container)
    else:
        shown = done(name, "run", "--rm", IMAGE, *command)
    assert shown.returncode == 0, shown.stderr
    assert "All of it is in /tmp/demo" in shown.stdout


def done(*command: str) -> subprocess.CompletedProcess[str]:
    """Of a command that ended by itself."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
