"""The scripts of docs/examples/nightly-gitlab.yml, run for real on recorded devices: only GitLab is stood in for."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ci_repository import DEVICE, GITLAB, RUN_ID, Repository
from ci_steps import gitlab_steps, run_shell


def gitlab(repository: Repository, name: str, part: str = "script", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script in the checkout."""
    step = next(one for one in gitlab_steps(GITLAB) if (one.job, one.name) == (name, part))
    shell = step.shell.replace('pip install --quiet "$PACKAGE"\n', "")  # the package is the one that is tested
    server = {
        "CI_PIPELINE_ID": RUN_ID,
        "CI_PIPELINE_URL": "https://gitlab.example/lab/testbed/-/pipelines/4711",
        "CI_REPOSITORY_URL": str(repository.remote),
        "CI_SERVER_HOST": "gitlab.example",
        "HISTORY_URL": str(repository.remote),
        "CI_JOB_STATUS": "success",
        "DEVICE": DEVICE,
    }
    shutil.rmtree(repository.work / "history", ignore_errors=True)  # a job begins with a clean checkout
    return run_shell(shell, repository.work, {**step.env, **server, **repository.environment, **more})


def gitlab_night(repository: Repository) -> subprocess.CompletedProcess[str]:
    """Measure and judge; returns what judging said."""
    for part in ("script", "after_script"):
        done = gitlab(repository, ".measure", part)
        assert done.returncode == 0, done.stdout + done.stderr
    return gitlab(repository, "judge")


@pytest.mark.real
def test_gitlabs_jobs_are_made_of_the_inventory(repository: Repository):
    """A job and a resource group for each real device, from the template."""
    done = gitlab(repository, "list devices")
    assert done.returncode == 0, done.stderr
    jobs = yaml.safe_load((repository.work / "jobs.yml").read_text(encoding="utf-8"))
    assert jobs.pop("variables").keys() == {"PACKAGE"}
    made = {"extends": ".measure", "variables": {"DEVICE": "here"}, "resource_group": "configspec-here"}
    assert jobs == {"measure here": made}
    assert gitlab(repository, "list devices", DEVICES="paper-*").returncode != 0


@pytest.mark.real
def test_a_good_night_on_gitlab_passes_and_is_kept(repository: Repository, first_night: Path):
    """Results, journal and verdict are where the artefacts are taken from."""
    repository.add_night(first_night)
    done = gitlab_night(repository)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((repository.work / "devices" / DEVICE / "journal").glob("*.jsonl"))
    assert not repository.journals.exists()
    assert (repository.work / "verdict" / "junit.xml").is_file()
    kept = gitlab(repository, "keep")
    assert kept.returncode == 0, kept.stderr
    assert len(repository.kept()) == 2


@pytest.mark.real
def test_a_bad_night_on_gitlab_fails_and_tells(repository: Repository, first_night: Path):
    """Slower by 30 %. The issue is sent by curl, whose arguments are looked at."""
    repository.add_night(first_night)
    repository.slow_down(0.7)
    assert gitlab_night(repository).returncode == 1
    curl = repository.root / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> "$HOME/asked"\necho "$ISSUES"\n', encoding="utf-8")
    curl.chmod(0o755)
    more = {
        "PATH": f"{curl.parent}:{repository.environment['PATH']}",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "3",
        "ISSUE_TOKEN": "a-token",
    }
    title = "The nightly measurement failed"
    for issues, asked in (([], "issues"), ([{"iid": 12, "title": title}], "issues/12/notes")):
        assert gitlab(repository, "tell", ISSUES=json.dumps(issues), **more).returncode == 0
        lines = (repository.home / "asked").read_text(encoding="utf-8").splitlines()
        assert f"https://gitlab.example/api/v4/projects/3/{asked}" in lines
    assert lines[-1] == "body@verdict/issue.md"
