"""A testbed's repository as its owner has it, with recorded devices, a remote with a history, and a home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "fixtures" / "profiles" / "configspec-paper.json"
NIGHTLY = ROOT / "docs" / "examples" / "nightly-github.yml"
GITLAB = ROOT / "docs" / "examples" / "nightly-gitlab.yml"
HISTORY = "configspec-history"
RUN_ID = "4711"
DEVICE = "paper-jetson"
PROGRAMS = Path(sys.executable).parent
DEVICES = """\
devices:
  here: {connection: local}
  paper-jetson: {replay: {profile: profile.json, device: jetson}}
  paper-rpi5: {replay: {profile: profile.json, device: rpi5}}
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """`work` is the checkout, `remote` what it is a clone of, `home` that of the runner's account."""

    root: Path

    @property
    def work(self) -> Path:
        """The checkout."""
        return self.root / "work"

    @property
    def remote(self) -> Path:
        """A bare repository."""
        return self.root / "remote.git"

    @property
    def home(self) -> Path:
        """Of the account that the runner has."""
        return self.root / "home"

    @property
    def journals(self) -> Path:
        """Where the nights keep those of the recorded device while its job runs."""
        return self.home / ".local" / "state" / "configspec" / "nightly" / RUN_ID / DEVICE

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a runner, and those of a workflow that make a test quick."""
        path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
        return {"HOME": str(self.home), "PATH": path, "PAUSE_S": "0", "GIT_CONFIG_NOSYSTEM": "1"}

    def make(self) -> None:
        """Write the files; the history is a branch without a run."""
        (self.home / "configspec").mkdir(parents=True)
        (self.home / "configspec" / "bin").symlink_to(PROGRAMS)
        (self.work / "benchmarks").mkdir(parents=True)
        for test in (ROOT / "benchmarks").glob("test_*.py"):
            shutil.copy(test, self.work / "benchmarks")
        (self.work / "devices.yaml").write_text(DEVICES, encoding="utf-8")
        self.slow_down(1.0)
        self.git("init", "--quiet", "--bare", f"--initial-branch={HISTORY}", str(self.remote))
        seed = self.root / "seed"
        self.git("clone", "--quiet", str(self.remote), str(seed))
        self.git("-C", str(seed), "commit", "--quiet", "--allow-empty", "-m", "A history of nights")
        self.git("-C", str(seed), "push", "--quiet", "origin", f"HEAD:{HISTORY}")

    def slow_down(self, factor: float) -> None:
        """The recorded boards draft at `factor` of their speed from now on."""
        profile = json.loads(PROFILE.read_text(encoding="utf-8"))
        for device in profile["devices"].values():
            for cell in device["cells"]:
                speed = cell["drafting_tokens_per_s"]
                cell["drafting_tokens_per_s"] = {key: value * factor for key, value in speed.items()}
        (self.work / "profile.json").write_text(json.dumps(profile), encoding="utf-8")

    def check_out(self, folder: Path) -> None:
        """The history, as the CI server checks it out."""
        shutil.rmtree(folder, ignore_errors=True)
        self.git("clone", "--quiet", "--branch", HISTORY, str(self.remote), str(folder))

    def kept(self) -> list[str]:
        """The run files of the history, as the remote has them."""
        names = self.git("-C", str(self.remote), "ls-tree", "-r", "--name-only", HISTORY).splitlines()
        return [name for name in names if name.endswith(".json.gz")]

    def add_night(self, results: Path) -> None:
        """Push a run into the history, as somebody else would."""
        folder = self.root / "other"
        self.check_out(folder)
        self.call("configspec", "history", "add", str(folder), str(results))
        self.git("-C", str(folder), "add", "-A")
        self.git("-C", str(folder), "commit", "--quiet", "-m", "A night")
        self.git("-C", str(folder), "push", "--quiet", "origin", f"HEAD:{HISTORY}")

    def measure(self, results: Path, *options: str) -> None:
        """Measure a recorded device without any workflow."""
        command = ("pytest", "-q", "-m", "hil", "--device", DEVICE, f"--benchmark-json={results}", *options)
        self.call(*command)

    def git(self, *arguments: str) -> str:
        """Run git with an identity, and return what it printed."""
        return self.call("git", "-c", "user.name=somebody", "-c", "user.email=somebody@localhost", *arguments)

    def call(self, *command: str) -> str:
        """Run a command in the checkout, and return what it printed."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            command, cwd=self.work if self.work.exists() else self.root, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
