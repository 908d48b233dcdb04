"""What the arguments of commands name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from made_runs import write_run

from configspec.errors import UsageError
from configspec.histories.git import releases
from configspec.histories.reading import read_run
from configspec.histories.sources import Places, Sources, read_sources
from configspec.histories.storage import storage_folder
from configspec.histories.store import add_run

STRANGERS = {"machine_info": {}, "benchmarks": [{"name": "a", "fullname": "a", "extra_info": {}, "stats": {}}]}


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of results.json, of which the first has a tag, and one of another file behind them."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for day, tag in ((1, "v1.0"), (2, None)):
        write_run(folder / "sub" / "results.json", day)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", f"day {day}")
        if tag:
            git(folder, "tag", tag)
    return folder


def sources(tmp_path: Path, *arguments: str | Path, storage: Path | None = None) -> Sources:
    return read_sources([str(one) for one in arguments], Places(here=tmp_path, storage=storage or tmp_path / "none"))


def nights(found: Sources) -> list[str]:
    return [run.night[-2:] for run in found.runs]


def test_a_folder_is_all_its_runs_by_time(tmp_path: Path):
    """Those below it too, whatever they are called and however they are kept; hidden and side files are none."""
    folder = tmp_path / "runs"
    write_run(folder / "z.json", 2)
    write_run(folder / "below" / "a.json", 5)
    write_run(folder / ".hidden.json", 7)
    write_run(folder / "configspec-samples" / "x.json", 8)
    add_run(folder / "store", read_run(write_run(tmp_path / "kept.json", 4)))
    assert nights(sources(tmp_path, folder)) == ["01", "03", "04"]


def test_a_run_counts_once(tmp_path: Path):
    """As itself, as a copy, and in a store: the others are told."""
    path = write_run(tmp_path / "a.json", 2)
    shutil.copy(path, tmp_path / "b.json")
    kept = add_run(tmp_path / "store", read_run(path))
    found = sources(tmp_path, path, tmp_path / "b.json", kept.path)
    assert len(found.runs) == 1
    assert [f"{path}" in one for one in found.unread.repeated] == [True, True]
    assert not found.unread.lost


def test_files_of_other_projects_are_counted(tmp_path: Path):
    """Their benchmarks, and JSON that is no benchmark at all: neither is lost."""
    write_run(tmp_path / "runs" / "a.json", 2)
    (tmp_path / "runs" / "strangers.json").write_text(json.dumps(STRANGERS))
    (tmp_path / "runs" / "package.json").write_text('{"name": "x"}')
    (tmp_path / "runs" / "list.json").write_text("[1, 2]")
    found = sources(tmp_path, tmp_path / "runs")
    assert (len(found.runs), found.unread.others, found.unread.lost) == (1, 3, False)


@pytest.mark.parametrize(
    "content",
    ['{"benchmarks": [{', '{"benchmarks": []', "", '{"benchmarks": [{"extra_info": {"configspec": {"version": 99}}}]}'],
)
def test_what_cannot_be_read_is_named_and_skipped(tmp_path: Path, content: str):
    """Cut short, empty, of another record version: the others are read."""
    write_run(tmp_path / "runs" / "a.json", 2)
    (tmp_path / "runs" / "bad.json").write_text(content)
    found = sources(tmp_path, tmp_path / "runs")
    assert nights(found) == ["01"]
    assert found.unread.lost
    assert [Path(one.file).name for one in found.unread.skipped] == ["bad.json"]
    assert found.unread.skipped[0].why


def test_a_file_with_a_bad_row_is_read_and_told(tmp_path: Path):
    """Its other rows are taken."""
    path = write_run(tmp_path / "a.json", 2)
    path.write_text(path.read_text().replace('"k":4', '"k":-4'))
    found = sources(tmp_path, path)
    assert len(found.runs) == 1
    assert "1 of its rows left out" in found.unread.skipped[0].why


def test_stored_runs_are_found_by_number_and_name(tmp_path: Path):
    """As pytest-benchmark names them; `latest` is the one that was written last."""
    storage = tmp_path / "storage"
    for day in (1, 2):
        path = write_run(storage / "Linux-CPython-3.11-64bit" / f"{day:04d}_name{day}.json", day)
        os.utime(path, (1000 * day, 1000 * day))
    assert nights(sources(tmp_path, "0001", storage=storage)) == ["31"]
    assert nights(sources(tmp_path, "2", storage=storage)) == ["01"]
    assert nights(sources(tmp_path, "latest", storage=storage)) == ["01"]
    assert nights(sources(tmp_path, "0001_name1.json", "0002_name2", storage=storage)) == ["31", "01"]


def test_a_number_of_two_machines_is_refused(tmp_path: Path):
    """Nobody guesses which is meant."""
    for machine in ("one", "two"):
        write_run(tmp_path / "storage" / machine / "0001_a.json", 1)
    with pytest.raises(UsageError, match=r"2 runs: .*one.*two"):
        sources(tmp_path, "0001", storage=tmp_path / "storage")


@pytest.mark.parametrize("name", ["latest", "0007", "nothing.json", "a" * 5000, "no\0name"])
def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path, name: str):
    """With what would do."""
    with pytest.raises(UsageError, match=r"no such|no repository|in no git"):
        sources(tmp_path, name)


def test_a_storage_that_is_a_server_is_refused(tmp_path: Path):
    """Its files cannot be read; a folder may be named as pytest-benchmark names it."""
    assert storage_folder("file://runs") == storage_folder("runs") == Path("runs")
    with pytest.raises(UsageError, match="only files"):
        storage_folder("elasticsearch+http://localhost")


@pytest.mark.real
def test_a_tag_names_a_file_as_it_was(repository: Path):
    """From the repository's root, and from the folder; the tag is the run's release."""
    for here, name in ((repository, "v1.0:sub/results.json"), (repository / "sub", "v1.0:results.json")):
        found = read_sources([name], Places(here=here))
        assert nights(found) == ["31"]
        assert (found.runs[0].release, found.runs[0].source) == ("v1.0", name)
    assert nights(read_sources(["HEAD:sub/results.json"], Places(here=repository))) == ["01"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("v9:sub/results.json", r"no tag, branch or commit v9.*v1\.0"),
        ("v1.0:results.json", "no file results.json at v1.0"),
        ("v1.0:sub", "no file"),
        ("--output=x:y", "no tag"),
        (":x", "no tag"),
    ],
)
def test_a_tag_that_is_not_there_is_refused(repository: Path, name: str, why: str):
    """With the tags that there are."""
    with pytest.raises(UsageError, match=why):
        read_sources([name], Places(here=repository))


@pytest.mark.real
def test_outside_of_a_repository_there_are_no_tags(tmp_path: Path):
    """And git says so."""
    with pytest.raises(UsageError, match="no git repository"):
        sources(tmp_path, "v1.0:results.json")


@pytest.mark.real
def test_a_damaged_file_at_a_tag_is_named_by_its_tag(repository: Path):
    """And not by the place that it was copied to."""
    (repository / "half.json").write_text('{"benchmarks": [')
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "half")
    found = read_sources(["HEAD:half.json"], Places(here=repository))
    assert str(found.unread.skipped[0]).startswith("HEAD:half.json: the whole file: the JSON is cut short")


def test_without_git_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A tag cannot be looked at then."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        sources(tmp_path, "v1.0:results.json")
    assert releases(tmp_path, ["ab" * 20]) == {}


@pytest.mark.real
def test_a_commit_has_the_release_before_it(repository: Path):
    """Its own tag, the last one with a plus, or none where git does not know it."""
    commits: Sequence[str] = git(repository, "rev-list", "--reverse", "HEAD").split()
    assert releases(repository, [*commits, "ab" * 20, "--all", "HEAD"]) == {commits[0]: "v1.0", commits[1]: "v1.0+"}
