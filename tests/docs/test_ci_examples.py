"""The workflows that testbeds copy, and this package's own: what tools say of them, and their shell, run for real."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ci_repository import DEVICE, HISTORY, PROGRAMS, ROOT, Repository
from ci_steps import GithubJob, github_steps, gitlab_steps
from stand_in_gh import StandInGh

NIGHTLY = ROOT / "docs" / "examples" / "nightly-github.yml"
GITLAB = ROOT / "docs" / "examples" / "nightly-gitlab.yml"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
WORKFLOWS = (NIGHTLY, RELEASE)
STEPS = tuple(github_steps(NIGHTLY))
RUN_ID = "4711"
MOST_OF_AN_ISSUE = 65_536


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
    assert len(scripts) >= 4
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


# The shell, for real.


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path)
    found.make()
    return found


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of an earlier night."""
    found = Repository(tmp_path_factory.mktemp("first"))
    found.make()
    found.measure(found.root / "results.json")
    return found.root / "results.json"


def job(repository: Repository, name: str, folder: Path | None = None, **more: str) -> GithubJob:
    """A job of the nightly workflow, in the repository's checkout or in another folder."""
    github = {
        "GITHUB_RUN_ID": RUN_ID,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "lab/testbed",
    }
    return GithubJob(
        steps=STEPS,
        name=name,
        folder=folder or repository.work,
        environment={**repository.environment, **github, **more},
        values={
            "matrix.device": DEVICE,
            "github.token": "a-token",
            "github.repository": "lab/testbed",
        },
    )


def measured(repository: Repository) -> GithubJob:
    """The job that measures, up to its results."""
    repository.check_out(repository.work / "history")
    measuring = job(repository, "measure")
    for step in ("Use the configspec of this host", "Measure", "Measure again what is suspect"):
        done = measuring.run(step)
        assert done.returncode == 0, done.stdout + done.stderr
    return measuring


def judged(repository: Repository, **more: str) -> GithubJob:
    """The job that judges, in a checkout of its own, with the artefact of the one device."""
    folder = repository.root / "judging"
    shutil.rmtree(folder, ignore_errors=True)
    repository.check_out(folder / "history")
    if (repository.work / "out").exists():
        shutil.copytree(repository.work / "out", folder / "devices" / f"night-{DEVICE}")
    judging = job(repository, "judge", folder, **more)
    done = judging.run("Judge")
    assert done.returncode == 0, done.stdout + done.stderr
    return judging


def journals(repository: Repository) -> Path:
    """Where the workflow keeps those of the device while its job runs."""
    return repository.home / ".local" / "state" / "configspec" / "nightly" / RUN_ID / DEVICE


def rows(results: Path) -> list[str]:
    """The names of the tests that have a row."""
    return [one["name"] for one in json.loads(results.read_text(encoding="utf-8"))["benchmarks"]]


@pytest.mark.real
def test_the_matrix_is_the_inventorys_real_devices(repository: Repository):
    """Recorded ones are left out; one that is not ready is not, or nobody would miss it."""
    listing = job(repository, "devices")
    listing.run("Use the configspec of this host")
    done = listing.run("List the devices")
    assert done.returncode == 0, done.stderr
    assert json.loads(listing.outputs["devices"]) == ["here"]
    assert re.fullmatch(r"configspec==\d+\.\d+\S*", listing.outputs["package"])


@pytest.mark.real
@pytest.mark.parametrize(("names", "inventory"), [("paper-*", None), ("nobody", None), ("", "devices: {")])
def test_a_night_without_a_device_fails(repository: Repository, names: str, inventory: str | None):
    """No real device, a name that matches nothing, a damaged inventory: red, and no empty matrix."""
    if inventory is not None:
        (repository.work / "devices.yaml").write_text(inventory, encoding="utf-8")
    listing = job(repository, "devices", DEVICES=names)
    assert listing.run("List the devices").returncode != 0
    assert listing.outputs == {}


@pytest.mark.real
def test_a_good_night_passes_and_is_kept_once(repository: Repository, first_night: Path):
    """Measured, judged against the seed, added and pushed; a re-run pushes nothing."""
    repository.add_night(first_night)
    measuring = measured(repository)
    assert len(rows(repository.work / "out" / "results.json")) == 12
    assert not list((repository.work / "out").glob("again-*"))
    assert measuring.run("Keep the journal with the results").returncode == 0
    assert list((repository.work / "out" / "journal").glob("*.jsonl"))
    assert measuring.run("Forget the journal").returncode == 0
    assert not journals(repository).exists()
    judging = judged(repository)
    assert judging.outputs == {"status": "0"}
    assert judging.summary.startswith("## verdict\n\nPassed.")
    assert (judging.folder / "verdict" / "junit.xml").read_text(encoding="utf-8").startswith("<?xml")
    for _ in range(2):
        repository.check_out(judging.folder / "history")
        done = job(repository, "keep", judging.folder, HISTORY=HISTORY).run("Add and push")
        assert done.returncode == 0, done.stderr
        assert len(repository.kept()) == 2


@pytest.mark.real
def test_a_night_is_added_beside_what_somebody_else_pushed(repository: Repository, first_night: Path):
    """Between the checkout and the push."""
    measured_file = repository.root / "tonight.json"
    repository.measure(measured_file)
    keeping = job(repository, "keep", repository.root / "keeping", HISTORY=HISTORY)
    repository.check_out(keeping.folder / "history")
    (keeping.folder / "night").mkdir()
    shutil.copy(measured_file, keeping.folder / "night" / "results.json")
    repository.add_night(first_night)
    done = keeping.run("Add and push")
    assert done.returncode == 0, done.stderr
    assert len(repository.kept()) == 2


@pytest.mark.real
def test_a_loss_fails_the_night_and_opens_one_issue(repository: Repository, first_night: Path):
    """30 % slower: the summary and the issue say it, the second night comments, and the run is in the history."""
    repository.add_night(first_night)
    repository.slow_down(0.7)
    measured(repository)
    judging = judged(repository)
    assert judging.outputs == {"status": "1"}
    assert "Failed, " in judging.summary
    assert "REGRESSED" in judging.summary
    assert judging.run("Decide").returncode != 0
    gh = StandInGh(repository.root / "gh")
    gh.install({7: "Something else"})
    path = f"{gh.folder}:{repository.environment['PATH']}"
    for _ in range(2):
        done = job(repository, "tell", judging.folder, PATH=path).run("Tell")
        assert done.returncode == 0, done.stderr
    (created, title, body), commented = gh.said()
    assert (created, title) == ("create", "The nightly measurement failed")
    assert commented == ("comment", "8", body)
    assert body.startswith(f"https://github.example/lab/testbed/actions/runs/{RUN_ID} has")
    assert judging.summary in body
    repository.check_out(judging.folder / "history")
    assert job(repository, "keep", judging.folder).run("Add and push").returncode == 0
    assert len(repository.kept()) == 2


@pytest.mark.real
def test_an_issue_of_any_length_is_cut(repository: Repository, first_night: Path):
    """A summary may have 1 MiB, an issue 65,536 characters."""
    repository.add_night(first_night)
    results = json.loads(first_night.read_text(encoding="utf-8"))
    (repository.work / "out").mkdir()
    (repository.work / "out" / "results.json").write_text(json.dumps(results), encoding="utf-8")
    noisy = repository.root / "noisy"
    noisy.mkdir()
    program = noisy / "configspec"
    program.write_text('#!/bin/sh\nyes "| ä row of the table |" | head -n 20000\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    folder = repository.root / "judging"
    (folder / "night").mkdir(parents=True)
    judging = job(repository, "judge", folder, PATH=f"{noisy}:{repository.environment['PATH']}")
    assert judging.run("Judge").returncode == 0
    assert judging.outputs == {"status": "1"}
    assert 55_000 < len((folder / "verdict" / "issue.md").read_text(encoding="utf-8")) < MOST_OF_AN_ISSUE


@pytest.mark.real
def test_what_is_suspect_is_measured_exactly_twice_more(repository: Repository, first_night: Path):
    """10 % slower than one earlier night: those configurations and no others, and three files are judged."""
    repository.add_night(first_night)
    repository.slow_down(0.9)
    measured(repository)
    out = repository.work / "out"
    assert sorted(path.name for path in out.glob("*.json")) == ["again-1.json", "again-2.json", "results.json"]
    again = rows(out / "again-1.json")
    assert again == rows(out / "again-2.json")
    assert 0 < len(again) < len(rows(out / "results.json"))
    judging = judged(repository)
    verdict = json.loads((judging.folder / "verdict" / "verdict.json").read_text(encoding="utf-8"))
    assert len(verdict["new"]) == 3
    assert {one["runs"] for one in verdict["series"] if one["state"] == "SUSPECT"} <= {1, 3}


@pytest.mark.real
def test_a_killed_job_goes_on_where_it_was(repository: Repository):
    """What its journal has is not measured again."""
    repository.check_out(repository.work / "history")
    repository.measure(
        repository.root / "half.json", "--draft", "0.6b", "-o", f"configspec_journal={journals(repository)}"
    )
    measuring = job(repository, "measure")
    measuring.run("Use the configspec of this host")
    done = measuring.run("Measure")
    assert done.returncode == 0, done.stdout
    assert "4 rows resumed" in done.stdout
    assert len(rows(repository.work / "out" / "results.json")) == 12


@pytest.mark.real
def test_a_job_that_was_killed_before_its_first_row_begins_again(repository: Repository):
    """Its journal has nothing to resume."""
    journals(repository).mkdir(parents=True)
    (journals(repository) / "20260101T000000000000-1-000001.jsonl").write_text("{", encoding="utf-8")
    measuring = job(repository, "measure")
    measuring.run("Use the configspec of this host")
    assert measuring.run("Measure").returncode == 0
    assert len(rows(repository.work / "out" / "results.json")) == 12


@pytest.mark.real
@pytest.mark.parametrize(("device", "status", "attempts"), [(DEVICE, 1, 3), ("nobody", 4, 0)])
def test_a_device_is_tried_three_times_and_a_wrong_request_once(
    repository: Repository, device: str, status: int, attempts: int
):
    """A failure of a board is worth another try after a pause; a name that devices.yaml lacks is not."""
    test = "import pytest\n@pytest.mark.hil\ndef test_no(hil_benchmark):\n    hil_benchmark()\n    assert False\n"
    (repository.work / "benchmarks" / "test_no.py").write_text(test, encoding="utf-8")
    measuring = job(repository, "measure")
    measuring.run("Use the configspec of this host")
    other = GithubJob(
        steps=STEPS,
        name="measure",
        folder=repository.work,
        environment={**measuring.environment, "JOURNALS": str(journals(repository))},
        values={"matrix.device": device},
    )
    assert other.run("Measure").returncode == status
    assert len(list(journals(repository).glob("*.jsonl"))) == attempts


@pytest.mark.real
@pytest.mark.parametrize("results", [True, False])
def test_a_night_that_cannot_be_judged_is_red(repository: Repository, first_night: Path, results: bool):
    """No earlier night, or no results: exit code 2, and the summary says what has to change."""
    if results:
        (repository.work / "out").mkdir()
        shutil.copy(first_night, repository.work / "out" / "results.json")
    else:
        repository.add_night(first_night)
    judging = judged(repository)
    assert judging.outputs == {"status": "2"}
    assert judging.summary.startswith("The night could not be judged:\n\n    configspec: ")


# The same for GitLab.


def gitlab(repository: Repository, name: str, part: str = "script", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script in the checkout."""
    from ci_steps import run_shell

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
    assert not journals(repository).exists()
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


@pytest.mark.real
def test_the_first_commands_of_a_release_pass(tmp_path: Path):
    """On what is installed here."""
    _, trying = release(tmp_path / "checkout")
    done = trying.run("First commands")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "goodput" in done.stdout


# The stand-in for GitHub's program.


def gh(folder: Path, *arguments: str, token: str = "a-token") -> subprocess.CompletedProcess[str]:
    """Call the stand-in."""
    environment = {"GH_TOKEN": token, "GH_REPO": "lab/testbed"}
    command = [str(folder / "gh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.real
def test_the_stand_in_keeps_issues_as_gh_does(tmp_path: Path):
    """It lists what is open, opens the next number, and takes comments on what there is."""
    stand_in = StandInGh(tmp_path / "gh")
    stand_in.install({3: "An old one"})
    body = tmp_path / "body.md"
    body.write_text("why", encoding="utf-8")
    assert gh(stand_in.folder, "issue", "create", "--title", "A new one", "--body-file", str(body)).returncode == 0
    listed = gh(stand_in.folder, "issue", "list", "--state", "open", "--json", "number,title").stdout
    assert json.loads(listed) == [{"number": 3, "title": "An old one"}, {"number": 4, "title": "A new one"}]
    assert gh(stand_in.folder, "issue", "comment", "4", "--body-file", str(body)).returncode == 0
    assert stand_in.said() == [("create", "A new one", "why"), ("comment", "4", "why")]


@pytest.mark.real
@pytest.mark.parametrize(
    "arguments",
    [
        ("issue", "create", "--titel", "x", "--body-file", "body.md"),
        ("issue", "comment", "9", "--body-file", "body.md"),
        ("issue", "close", "3"),
        ("issue", "create", "--title", "x", "--body-file", "long.md"),
    ],
)
def test_the_stand_in_refuses_what_gh_refuses(tmp_path: Path, arguments: tuple[str, ...]):
    """A mistyped option, an issue that is not there, a command that it does not know, a text that is too long."""
    stand_in = StandInGh(tmp_path / "gh")
    stand_in.install({3: "An old one"})
    (tmp_path / "body.md").write_text("why", encoding="utf-8")
    (tmp_path / "long.md").write_text("x" * (MOST_OF_AN_ISSUE + 1), encoding="utf-8")
    named = [str(tmp_path / one) if one.endswith(".md") else one for one in arguments]
    assert gh(stand_in.folder, *named).returncode == 1
    assert gh(stand_in.folder, "issue", "list", "--state", "open", token="").returncode == 1
    assert stand_in.said() == []
