"""The workflows that testbeds copy, and this package's own: what tools for them say, and what stands in them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ci_repository import GITLAB, NIGHTLY, PROGRAMS, ROOT, Repository
from ci_steps import GithubJob, github_steps, gitlab_steps

RELEASE = ROOT / ".github" / "workflows" / "release.yml"
PAGE = ROOT / "docs" / "ci.md"
WORKFLOWS = (NIGHTLY, RELEASE)
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def tool(name: str) -> str:
    """A program of the tests' environment; the test is skipped without it."""
    program = PROGRAMS / name
    if not program.exists():
        pytest.skip(f"{name} is not installed: pip install --group tests")
    return str(program)


def checked(*command: str) -> str:
    """What a tool has to say against a file; nothing where it passes."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB], ids=lambda path: path.name)
def test_a_file_follows_the_servers_schema(path: Path):
    """As check-jsonschema brings it."""
    schema = "gitlab-ci" if path == GITLAB else "github-workflows"
    assert checked(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)) == ""


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        *((path, "github-issue-forms") for path in sorted(FORMS.glob("*.yml")) if path.name != "config.yml"),
        (FORMS / "config.yml", "github-issue-config"),
        (ROOT / "CITATION.cff", "citation-file-format"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_form_follows_its_schema(path: Path, schema: str):
    """What people report with, and how they cite."""
    assert checked(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)) == ""


def test_pre_commit_takes_its_configuration():
    """By its own check; every hook is a program of the group `checks`, so that nothing is downloaded."""
    path = ROOT / ".pre-commit-config.yaml"
    assert checked(tool("pre-commit"), "validate-config", str(path)) == ""
    hooks = [hook for repo in yaml.safe_load(path.read_text(encoding="utf-8"))["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    group = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["checks"]
    brought = {re.split("[><=]", package)[0] for package in group}
    programs = {hook["entry"].split()[0] for hook in hooks}
    assert {"import-linter" if name == "lint-imports" else name for name in programs} <= brought


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_weakness_that_zizmor_knows(path: Path):
    """Not for its pedantic persona either; offline."""
    assert checked(tool("zizmor"), "--offline", "--no-progress", "--persona", "pedantic", str(path)) == ""


@pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB], ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(path: Path, tmp_path: Path):
    """About any step."""
    program = tool("shellcheck")
    scripts = []
    for number, step in enumerate(gitlab_steps(path) if path == GITLAB else github_steps(path)):
        scripts.append(tmp_path / f"{number:02}-{re.sub('[^a-z]+', '-', f'{step.job}-{step.name}'.lower())}.sh")
        scripts[-1].write_text(f"set -eo pipefail\n{step.shell}", encoding="utf-8")
    runs = len(re.findall(r"^ *(?:- )?run: \S", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(scripts) >= 4 if path == GITLAB else len(scripts) == runs > 0
    assert checked(program, "--shell=bash", *map(str, scripts)) == ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(path: Path):
    """By a whole commit, with the version beside it."""
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert len(used) >= 5
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_few_rights_and_an_end(path: Path):
    """None by default; one right of writing at most, in the one job that needs it; a timeout each."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["permissions"] == {}
    writes = {
        job: right
        for job, body in document["jobs"].items()
        for right, level in body["permissions"].items()
        if level == "write"
    }
    allowed = {NIGHTLY: {"keep": "contents", "tell": "issues"}, RELEASE: {"publish": "id-token"}}
    assert writes == allowed[path]
    assert all(body["timeout-minutes"] <= 360 for body in document["jobs"].values())


def test_nobody_elses_change_starts_a_night():
    """On GitHub a schedule and a person with rights; on GitLab a schedule. On no fork's pull request."""
    on = yaml.safe_load(NIGHTLY.read_text(encoding="utf-8"))[True]  # YAML 1.1 reads `on` as true
    assert set(on) == {"schedule", "workflow_dispatch"}
    document = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    rules = {rule["if"].split(" && ")[0] for body in document.values() if "rules" in body for rule in body["rules"]}
    assert rules == {'$CI_PIPELINE_SOURCE == "schedule"', '$CI_PIPELINE_SOURCE == "parent_pipeline"'}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_stands_in_shell_text(path: Path):
    """They come as variables: a name with a quote in it stays a name."""
    assert [step.name for step in github_steps(path) if "${{" in step.shell] == []


def test_a_device_is_measured_by_one_job_at_a_time():
    """On GitHub a concurrency group each. On GitLab a resource group, of which the list of jobs is made below."""
    measure = yaml.safe_load(NIGHTLY.read_text(encoding="utf-8"))["jobs"]["measure"]
    assert measure["concurrency"] == {"group": "configspec-${{ matrix.device }}", "cancel-in-progress": False}


def test_the_page_names_the_variables_to_set():
    """Those at the head of both files, and no others."""
    shown = re.findall(r"^   \| `([A-Z_]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown == list(yaml.safe_load(NIGHTLY.read_text(encoding="utf-8"))["env"])
    assert shown == list(yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["variables"])


def test_both_servers_measure_in_the_same_way():
    """The loop that tries and resumes is one text in both files, and so is what makes one file of all devices."""
    of_github = {(step.job, step.name): step.shell for step in github_steps(NIGHTLY)}
    of_gitlab = {(step.job, step.name): step.shell for step in gitlab_steps(GITLAB)}
    loop, _, _ = of_github["measure", "Measure"].partition('exit "$status"')
    assert "--resume last" in loop
    assert loop in of_gitlab[".measure", "script"]
    merging, _, _ = of_github["judge", "Judge"].partition("status=0")
    assert "configspec merge" in merging
    assert merging in of_gitlab["judge", "script"]


# This package's own release.


def release(folder: Path, tag: str = "") -> Iterator[GithubJob]:
    """The jobs of the release that have shell, in a folder like the checkout."""
    folder.mkdir()
    for name in ("benchmarks", "configspec", "devices.yaml", "docs", "fixtures"):
        (folder / name).symlink_to(ROOT / name)
    environment = {**Repository(folder.parent).environment, "GITHUB_REF_NAME": tag}
    for name in ("build", "try"):
        yield GithubJob(steps=tuple(github_steps(RELEASE)), name=name, folder=folder, environment=environment)


def test_a_release_refuses_a_tag_that_is_not_the_version(tmp_path: Path):
    """The version stands in the package."""
    from configspec import __version__

    right, _ = release(tmp_path / "right", f"v{__version__}")
    wrong, _ = release(tmp_path / "wrong", "v99.0")
    assert right.run("The tag is the version").returncode == 0
    assert wrong.run("The tag is the version").returncode == 1


def test_a_release_is_tried_on_every_python_that_the_package_names():
    """pyproject.toml's classifiers, the workflow's matrix, tox's environments and those of tools/release.py."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(classifiers), re.MULTILINE)
    assert yaml.safe_load(RELEASE.read_text(encoding="utf-8"))["jobs"]["try"]["strategy"]["matrix"]["python"] == named
    environments = [f"py{version.replace('.', '')}-first" for version in named]
    assert re.findall(r'"(py\d+-first)"', (ROOT / "tools" / "release.py").read_text(encoding="utf-8")) == environments
    numbers = ",".join(version.partition(".")[2] for version in named)
    assert f"[testenv:py3{{{numbers}}}-first]" in (ROOT / "tox.ini").read_text(encoding="utf-8")
