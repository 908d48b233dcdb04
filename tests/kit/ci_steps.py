"""The shell steps of workflow files, run for real: only what the CI server provides stands in.

    GitHub   a step is `run:` with its env, in `bash --noprofile --norc -eo pipefail`; GITHUB_ENV, GITHUB_PATH and
             GITHUB_OUTPUT are files that the next steps are made from
    GitLab   a job is before_script and script, joined, in one shell; after_script in another

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
https://docs.gitlab.com/ci/yaml/#after_script
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from configspec.agent.board.flock import FILE_VARIABLE

Values: TypeAlias = Mapping[str, str]
# Of the process that runs the tests: what a runner would have too.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTEST_ADDOPTS", "CONFIGSPEC_CACHE_DIR", FILE_VARIABLE)
LIMIT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Shell text with the variables that the file gives it, in which expressions are not filled in yet."""

    job: str
    name: str
    shell: str
    env: Values


def github_steps(path: Path) -> Iterator[Step]:
    """Each `run:` of a workflow, in order."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for job, body in document["jobs"].items():
        for step in body["steps"]:
            if "run" in step:
                env = {**document.get("env", {}), **body.get("env", {}), **step.get("env", {})}
                yield Step(job=job, name=step["name"], shell=step["run"], env=env)


def gitlab_steps(path: Path) -> Iterator[Step]:
    """Each job with a script: `script` with what comes before, and `after_script` by itself."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for job, body in document.items():
        if isinstance(body, dict) and "script" in body:
            env = {**document.get("variables", {}), **body.get("variables", {})}
            script = "\n".join([*body.get("before_script", ()), *body["script"]])
            yield Step(job=job, name="script", shell=script, env=env)
            if "after_script" in body:
                yield Step(job=job, name="after_script", shell="\n".join(body["after_script"]), env=env)


def run_shell(shell: str, folder: Path, environment: Values) -> subprocess.CompletedProcess[str]:
    """Run a step as both servers do: an error ends it."""
    script = folder.parent / "step.sh"
    script.write_text(shell, encoding="utf-8")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        command,
        cwd=folder,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubJob:
    """A job on a runner: its checkout, the variables that GitHub sets, and what its steps handed on.

    Attributes:
        steps: Those of the workflow.
        name: The job's, as the workflow has it.
        folder: The checkout; the files that GitHub reads are beside it.
        environment: Variables of the runner and of GitHub.
        values: What each expression, such as `matrix.device`, is here. One that is not named is an error.
    """

    steps: tuple[Step, ...]
    name: str
    folder: Path
    environment: Values
    values: Values = field(default_factory=dict)

    def run(self, step: str) -> subprocess.CompletedProcess[str]:
        """Run one step of the job, by its name."""
        found = next(one for one in self.steps if (one.job, one.name) == (self.name, step))
        files = {name: str(self._file(name)) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files |= {name: str(self._file(name)) for name in ("GITHUB_ENV", "GITHUB_PATH")}
        path = os.pathsep.join([*reversed(self._lines("GITHUB_PATH")), self.environment["PATH"]])
        own = {name: self._filled(value) for name, value in found.env.items()}
        handed = dict(line.split("=", 1) for line in self._lines("GITHUB_ENV"))
        # What the runner has is taken over by the workflow's, and this by the values of a test.
        return run_shell(found.shell, self.folder, {**own, **handed, **self.environment, **files, "PATH": path})

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps wrote for other jobs."""
        return dict(line.split("=", 1) for line in self._lines("GITHUB_OUTPUT"))

    @property
    def summary(self) -> str:
        """What the run's page shows."""
        return self._file("GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")

    def _file(self, name: str) -> Path:
        path = self.folder.parent / f"{self.name}-{name}"
        path.touch()
        return path

    def _lines(self, name: str) -> list[str]:
        return self._file(name).read_text(encoding="utf-8").splitlines()

    def _filled(self, value: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self._value(found[1]), value)

    def _value(self, expression: str) -> str:
        output = re.fullmatch(r"steps\.\w+\.outputs\.(\w+)", expression)
        return self.outputs[output[1]] if output else self.values[expression]
