"""The shell of docs/examples/nightly-github.yml, run for real on recorded devices: only GitHub is stood in for."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from ci_repository import DEVICE, HISTORY, NIGHTLY, ROOT, RUN_ID, Repository
from ci_steps import GithubJob, github_steps, run_shell
from stand_in_gh import LONGEST_BODY, StandInGh

PAGE = ROOT / "docs" / "ci.md"
STEPS = tuple(github_steps(NIGHTLY))


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


def printing(repository: Repository, shell: str) -> Path:
    """A folder for the PATH in which `configspec` is this shell text."""
    program = repository.root / "stand-in" / "configspec"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{shell}\n", encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def rows(results: Path) -> list[str]:
    """The names of the tests that have a row."""
    return [one["name"] for one in json.loads(results.read_text(encoding="utf-8"))["benchmarks"]]


@pytest.mark.real
def test_the_first_run_becomes_the_branch_of_the_history(repository: Repository):
    """By the commands that docs/ci.md shows: a branch with that run and nothing else, which nights compare with."""
    block = re.search(r"<!-- shell: seed -->\n *```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    repository.git("-C", str(repository.remote), "branch", "--move", HISTORY, "main")
    repository.git("init", "--quiet")
    repository.git("remote", "add", "origin", str(repository.remote))
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    shell = textwrap.dedent(block[1]).replace("--device jetson", f"--device {DEVICE}")
    done = run_shell(shell, repository.work, {**repository.environment, **identity})
    assert done.returncode == 0, done.stdout + done.stderr
    files = repository.git("-C", str(repository.remote), "ls-tree", "-r", "--name-only", HISTORY).splitlines()
    assert files == repository.kept()
    assert len(files) == 1
    measured(repository)
    assert judged(repository).outputs == {"status": "0"}


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
    assert not repository.journals.exists()
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
def test_an_issue_of_any_length_is_cut(repository: Repository):
    """A summary may have 1 MiB, an issue 65,536 characters."""
    noisy = printing(repository, 'yes "| ä row of the table |" | head -n 20000; exit 1')
    folder = repository.root / "judging"
    (folder / "night").mkdir(parents=True)
    judging = job(repository, "judge", folder, PATH=f"{noisy}:{repository.environment['PATH']}")
    assert judging.run("Judge").returncode == 0
    assert judging.outputs == {"status": "1"}
    assert 55_000 < len((folder / "verdict" / "issue.md").read_text(encoding="utf-8")) < LONGEST_BODY


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
    page = (judging.folder / "verdict" / "report.html").read_text(encoding="utf-8")
    assert "runs that were compared" in page
    assert "it has one point" in page  # both nights of this test are of today


@pytest.mark.real
def test_a_killed_job_goes_on_where_it_was(repository: Repository):
    """What its journal has is not measured again."""
    repository.check_out(repository.work / "history")
    repository.measure(
        repository.root / "half.json", "--draft", "0.6b", "-o", f"configspec_journal={repository.journals}"
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
    repository.journals.mkdir(parents=True)
    (repository.journals / "20260101T000000000000-1-000001.jsonl").write_text("{", encoding="utf-8")
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
    measuring = replace(measuring, values={"matrix.device": device})
    assert measuring.run("Measure").returncode == status
    assert len(list(repository.journals.glob("*.jsonl"))) == attempts


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


@pytest.mark.real
def test_a_gate_that_crashes_is_no_finding(repository: Repository):
    """Python's exit code for that is 1, as a loss has: without a table the night is not judged, and opens no issue."""
    broken = printing(repository, "echo Traceback >&2; exit 1")
    judging = judged(repository, PATH=f"{broken}:{repository.environment['PATH']}")
    assert judging.outputs == {"status": "2"}
    assert judging.summary == "The night could not be judged:\n\n    Traceback\n"
