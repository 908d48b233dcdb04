"""Files of rows become one: every row once, and nothing side by side that is not of one testbed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

import pytest
from example_rows import BOARD, DRAFT, measured_row, raw_row, whole_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError, UsageError
from configspec.records.journal import Journal
from configspec.records.known_setups import PARTS
from configspec.records.merge import merge
from configspec.records.opening import open_rows
from configspec.records.origin import Origin, origin_of
from configspec.records.reader import read_rows
from configspec.records.row import Row, SampleRefs
from configspec.records.samples import (
    RoundTimes,
    TimeSamples,
    read_samples,
    samples_folder,
    write_samples,
)
from configspec.records.setup import SetupPart
from configspec.records.shared import record_of

TIMES = TimeSamples(rounds=(RoundTimes(k=2, token_s=((0.1, 0.2),)),))


def row(k: int, *, figure: float = 1.0, **more) -> dict[str, object]:
    return raw_row(whole_row(k, **more), figure=figure)


def results(path: Path, rows: list[dict[str, object]], day: int = 1) -> Path:
    document = {"machine_info": {"node": path.stem}, "commit_info": {}, "benchmarks": rows}
    path.write_text(
        json.dumps({**document, "datetime": f"2026-01-{day:02}T00:00:00+00:00", "version": "5.3.1"}, indent=4)
    )
    return path


def journal(path: Path, rows: list[dict[str, object]], day: int = 1) -> Path:
    written = Journal(path, {"datetime": f"2026-01-{day:02}T00:00:00+00:00", "machine_info": {"node": path.stem}})
    for one in rows:
        written.append(one)
    written.close()
    return path


def merged(out: Path) -> list[dict[str, object]]:
    """The rows of a file, as they went in: without where each came from."""
    found: list[dict[str, object]] = json.loads(json.dumps(list(open_rows(out).raw_rows())))
    for one in found:
        record = record_of(one)
        if record is not None and "origin" in record:
            record["origin"] = None
    return found


def origins(out: Path) -> dict[int, str | None]:
    """By K, the host of each row's origin."""
    return {one.k: None if one.origin is None else one.origin.node for one in read_rows(out)}


def as_read(*rows: dict[str, object]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(json.dumps(rows))
    return found


def test_rows_of_results_and_journals_stand_in_one_file(tmp_path):
    """In the order of the files; the head is the newest one's, and says what was merged."""
    a = results(tmp_path / "a.json", [row(1), row(2)])
    b = journal(tmp_path / "b.jsonl", [row(3)], day=2)
    done = merge([a, b], tmp_path / "out.json")
    assert merged(tmp_path / "out.json") == as_read(row(1), row(2), row(3))
    head = open_rows(tmp_path / "out.json").head
    assert head["machine_info"] == {"node": "b"}
    assert head["configspec"] == {"merged": ["a.json", "b.jsonl"]}
    assert (done.rows, done.in_several_files, done.twice_in_one_file, done.left_out, done.unread) == (3, 0, 0, {}, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_row_in_two_files_the_newest_is_kept(tmp_path, order):
    """Whatever their order on the command line."""
    files = [
        results(tmp_path / "old.json", [row(1, figure=1.0), row(2)], day=1),
        results(tmp_path / "new.json", [row(1, figure=2.0)], day=2),
    ]
    done = merge([files[place] for place in order], tmp_path / "out.json")
    by_name = {one["fullname"]: one for one in merged(tmp_path / "out.json")}
    assert by_name[row(1)["fullname"]]["stats"] == {"data": [2.0]}
    assert (done.rows, done.in_several_files, done.twice_in_one_file) == (2, 1, 0)


def test_a_test_that_one_file_has_twice_is_counted_apart(tmp_path):
    """Its last row is kept; the file is the only one."""
    a = results(tmp_path / "a.json", [row(1, figure=1.0), row(2), row(1, figure=2.0)])
    done = merge([a], tmp_path / "out.json")
    assert merged(tmp_path / "out.json") == as_read(row(2), row(1, figure=2.0))
    assert (done.rows, done.in_several_files, done.twice_in_one_file) == (2, 0, 1)


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=4))
def test_every_row_is_there_once(tmp_path_factory, files):
    """Whatever the files have in common, and however often one of them repeats a test; every other row is counted."""
    folder = tmp_path_factory.mktemp("merge")
    paths = [results(folder / f"{n}.json", [row(k) for k in ks], n + 1) for n, ks in enumerate(files) if ks]
    if not paths:
        return
    done = merge(paths, folder / "out.json")
    found = [one["fullname"] for one in merged(folder / "out.json")]
    assert len(found) == len(set(found)) == done.rows
    assert set(found) == {row(k)["fullname"] for ks in files for k in ks}
    assert done.rows + done.in_several_files + done.twice_in_one_file == sum(map(len, files))


CONFLICTS = [
    (row(1, board=replace(BOARD, cores=4)), "by device orin: device.cores is 4 in the first, 8 in the second."),
    (row(2, board=replace(BOARD, board="Nano")), "device.board is Nano in the first, NVIDIA Jetson Orin Nano in the"),
    (row(1, draft=replace(DRAFT, file_sha256="dd" * 32)), "by draft orin pair xs Q8_0: drafter.file_sha256 is dddd"),
]


@pytest.mark.parametrize(("other", "said"), CONFLICTS)
def test_two_testbeds_in_one_table_are_refused(tmp_path, other, said):
    """Both files, the thing and what differs are named; also where the configurations are not the same ones."""
    a = results(tmp_path / "a.json", [other], day=1)
    b = results(tmp_path / "b.json", [row(1), row(3)], day=2)
    with pytest.raises(RecordError) as told:
        merge([a, b], tmp_path / "out.json")
    assert str(told.value).startswith(f"{a} and {b} mean different things by ")
    assert said in str(told.value)
    assert "--prefer newest" in str(told.value)
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(("other", "said"), CONFLICTS)
def test_the_newest_can_be_preferred(tmp_path, other, said):
    """What it contradicts is left out and counted."""
    a = results(tmp_path / "a.json", [other, row(7, device="rpi5")], day=1)
    b = results(tmp_path / "b.json", [row(1), row(3)], day=2)
    done = merge([a, b], tmp_path / "out.json", prefer_newest=True)
    assert merged(tmp_path / "out.json") == as_read(row(7, device="rpi5"), row(1), row(3))
    ((why, count),) = done.left_out.items()
    assert count == 1
    assert said in why


def test_every_part_of_a_setup_that_has_a_name_has_a_word():
    """A message can say what differs, whichever part it is of."""
    assert set(PARTS) == set(get_args(SetupPart)) - {one for one in get_args(SetupPart) if "Decoded" in one.__name__}


def test_each_row_of_a_merged_file_says_where_it_was_measured(tmp_path):
    """Machine, date, commit and version of its own file's head; once a file, and not once a row."""
    head = {
        "machine_info": {"node": "lab", "cpu": {"brand_raw": "Cortex-A76"}},
        "commit_info": {"id": "0c" * 20},
        "datetime": "2026-01-01T00:00:00+00:00",
        "version": "5.3.1",
    }
    (tmp_path / "a.json").write_text(json.dumps({**head, "benchmarks": [row(1), row(2), row(5)]}))
    b = results(tmp_path / "b.json", [row(3)], day=2)
    merge([tmp_path / "a.json", b], tmp_path / "out.json")
    of_lab = Origin(
        node="lab",
        cpu="Cortex-A76",
        datetime="2026-01-01T00:00:00+00:00",
        commit="0c" * 20,
        pytest_benchmark="5.3.1",
    )
    found = {one.k: one.origin for one in read_rows(tmp_path / "out.json")}
    assert found[1] == found[2] == found[5] == of_lab
    assert origins(tmp_path / "out.json")[3] == "b"
    assert (tmp_path / "out.json").read_text().count("Cortex-A76") == 1


def test_an_origin_is_kept_through_another_merge(tmp_path):
    """A merged file is nobody's origin; of a journal it is its header."""
    a, b, c = (
        file(tmp_path / name, [row(k)], k)
        for k, file, name in (
            (1, results, "a.json"),
            (2, journal, "b.jsonl"),
            (3, results, "c.json"),
        )
    )
    merge([a, b], tmp_path / "ab.json")
    merge([tmp_path / "ab.json", c], tmp_path / "abc.json")
    assert origins(tmp_path / "abc.json") == {1: "a", 2: "b", 3: "c"}
    merge([a], tmp_path / "one.json")
    assert origins(tmp_path / "one.json") == {1: None}  # its head says so


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.dictionaries(
            st.sampled_from(["machine_info", "cpu", "brand_raw", "node", "commit_info", "id", "datetime", "version"]),
            inner,
        ),
    )
)
def test_a_head_may_say_anything(head):
    """What is no text, or none that a record could hold, is not known."""
    found = origin_of(head if isinstance(head, dict) else {"machine_info": head})
    if found is not None:
        assert json.loads(json.dumps(asdict(found))) == asdict(found)
        assert any(asdict(found).values())


def test_rows_of_other_benchmarks_pass(tmp_path):
    """A plain benchmark of the host has no setup that could contradict."""
    plain: dict[str, object] = {"fullname": "t.py::test_host", "stats": {"data": [1.0]}, "extra_info": {}}
    a = results(tmp_path / "a.json", [plain, row(1)])
    b = results(tmp_path / "b.json", [plain])
    assert merge([a, b], tmp_path / "out.json").rows == 2


def test_figures_and_load_are_no_conflict(tmp_path):
    """They differ from run to run."""
    a = results(tmp_path / "a.json", [row(1, board=replace(BOARD, load_1min=0.1, platform="Linux-6.1"))])
    b = results(tmp_path / "b.json", [row(2, board=replace(BOARD, load_1min=3.0, platform="Linux-6.2"), figure=9.0)])
    assert merge([a, b], tmp_path / "out.json").rows == 2


def test_recorded_figures_are_of_no_target(tmp_path):
    """Two devices, one replayed and one measured, may have a family of one name."""
    a = results(tmp_path / "a.json", [raw_row(measured_row(1, device="replayed"))])
    b = results(tmp_path / "b.json", [row(2)])
    assert merge([a, b], tmp_path / "out.json").rows == 2


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path):
    """An existing file stays; a folder that does not exist is an error; no partial file is left."""
    a = results(tmp_path / "a.json", [row(1)])
    with pytest.raises(UsageError, match="already exists"):
        merge([a], a)
    with pytest.raises(UsageError, match="cannot be written"):
        merge([a], tmp_path / "nowhere" / "out.json")
    assert list(tmp_path.iterdir()) == [a]


def sampled(folder: Path, k: int, samples: TimeSamples = TIMES) -> Row:
    """A row with a side file in the folder."""
    folder.mkdir(exist_ok=True)
    return whole_row(k, samples=SampleRefs(times=write_samples(samples_folder(folder / "any.json"), samples)))


def test_side_files_go_with_the_rows(tmp_path):
    """Those of the rows that are kept, from every file's folder into the new one's; they are read there."""
    older = TimeSamples(rounds=(RoundTimes(k=2, token_s=((0.3, 0.4),)),))
    a = results(tmp_path / "a.json", [raw_row(sampled(tmp_path, 2, older))], day=1)
    b = results(tmp_path / "b" / "b.json", [raw_row(sampled(tmp_path / "b", 2))], day=2)
    out = tmp_path / "out" / "out.json"
    out.parent.mkdir()
    done = merge([a, b], out)
    (kept,) = read_rows(out)
    assert done.missing_samples == ()
    assert kept.samples.times is not None
    assert read_samples(out, kept.samples.times, TimeSamples) == TIMES
    assert len(list(samples_folder(out).iterdir())) == 1


def test_a_missing_side_file_is_counted_and_the_rows_are_merged(tmp_path):
    """A results file without them still ranks."""
    one = sampled(tmp_path / "here", 2)
    a = results(tmp_path / "a.json", [raw_row(one), raw_row(whole_row(3, samples=one.samples))])
    done = merge([a], tmp_path / "out.json")
    assert (done.rows, done.missing_samples) == (2, (one.samples.times,))


def test_what_one_folder_lacks_another_may_have(tmp_path):
    """Both files refer to one side file, and one of them was copied without it."""
    one = sampled(tmp_path / "here", 2)
    a = results(tmp_path / "a.json", [raw_row(whole_row(3, samples=one.samples))], day=2)
    b = results(tmp_path / "here" / "b.json", [raw_row(one)], day=1)
    assert merge([a, b], tmp_path / "out.json").missing_samples == ()


def test_a_folder_none_of_whose_rows_is_kept_may_have_it_too(tmp_path):
    """The newer file was copied without its side files; the older one has the same row, with them."""
    one = sampled(tmp_path / "here", 2)
    a = results(tmp_path / "a.json", [raw_row(one)], day=2)
    b = results(tmp_path / "here" / "b.json", [raw_row(one)], day=1)
    assert merge([a, b], tmp_path / "out.json").missing_samples == ()


def test_what_cannot_be_written_is_a_usage_error_that_names_it(tmp_path):
    """A file is in the way of the folder of side files."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "configspec-samples").write_text("")
    a = results(tmp_path / "a.json", [raw_row(sampled(tmp_path, 2))])
    with pytest.raises(UsageError, match="configspec-samples: cannot be written"):
        merge([a], tmp_path / "out" / "out.json")
