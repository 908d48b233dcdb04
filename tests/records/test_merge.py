"""Files of rows become one: every row once, and nothing side by side that is not of one testbed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError, UsageError
from configspec.records.journal import Journal
from configspec.records.merge import merge
from configspec.records.setup import DEVICE, difference, facts, named_facts

DEVICE_FACTS = {"machine": "aarch64", "board": "Orin", "cores": 8, "llama_cpp_version": "0.3.36"}


def row(k: int, *, device: str = "orin", figure: float = 1.0, **changed: Any) -> dict[str, Any]:
    """A row of one draft; `changed` is of the device's facts, or `draft`, the hash of its file."""
    draft = changed.pop("draft", "d1")
    record = {
        **{"version": 1, "device": device, "family": "f", "draft": "xs", "quant": "Q8_0", "k": k},
        "drafting": {"depth_tokens": 128},
        "acceptance": {"prompts_sha256": "p"},
        "models": {"draft": {"file_sha256": draft}, "target": {"sha256": "t"}},
        "environment": {"device": {**DEVICE_FACTS, **changed}},
    }
    name = f"t.py::test[dev:{device}:-f-xs-Q8_0-K{k}]"
    return {"fullname": name, "name": name[6:], "stats": {"data": [figure]}, "extra_info": {"configspec": record}}


def results(path: Path, rows: list[dict[str, Any]], day: int = 1) -> Path:
    document = {"machine_info": {"node": path.stem}, "commit_info": {}, "benchmarks": rows}
    path.write_text(
        json.dumps({**document, "datetime": f"2026-01-{day:02}T00:00:00+00:00", "version": "5.3.1"}, indent=4)
    )
    return path


def journal(path: Path, rows: list[dict[str, Any]], day: int = 1) -> Path:
    written = Journal(path, {"datetime": f"2026-01-{day:02}T00:00:00+00:00", "machine_info": {"node": path.stem}})
    for one in rows:
        written.append(one)
    written.close()
    return path


def merged(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out.read_text())["benchmarks"]
    return found


def test_rows_of_results_and_journals_stand_in_one_file(tmp_path):
    """In the order of the files; the head is the newest one's, and says what was merged."""
    a = results(tmp_path / "a.json", [row(1), row(2)])
    b = journal(tmp_path / "b.jsonl", [row(3)], day=2)
    done = merge([a, b], tmp_path / "out.json")
    assert merged(tmp_path / "out.json") == [row(1), row(2), row(3)]
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["machine_info"] == {"node": "b"}
    assert document["configspec"] == {"merged": ["a.json", "b.jsonl"]}
    assert (done.rows, done.repeated, done.left_out, done.unread) == (3, 0, {}, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_row_in_two_files_the_newest_stands(tmp_path, order):
    """Whatever their order on the command line."""
    files = [
        results(tmp_path / "old.json", [row(1, figure=1.0), row(2)], day=1),
        results(tmp_path / "new.json", [row(1, figure=2.0)], day=2),
    ]
    done = merge([files[place] for place in order], tmp_path / "out.json")
    by_name = {one["fullname"]: one for one in merged(tmp_path / "out.json")}
    assert by_name[row(1)["fullname"]]["stats"]["data"] == [2.0]
    assert (done.rows, done.repeated) == (2, 1)


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=4))
def test_every_row_is_there_once(tmp_path_factory, files):
    """Whatever the files have in common, and however often one of them repeats a test."""
    folder = tmp_path_factory.mktemp("merge")
    paths = [results(folder / f"{n}.json", [row(k) for k in ks], n + 1) for n, ks in enumerate(files) if ks]
    if not paths:
        return
    done = merge(paths, folder / "out.json")
    found = [one["fullname"] for one in merged(folder / "out.json")]
    assert len(found) == len(set(found)) == done.rows
    assert set(found) == {row(k)["fullname"] for ks in files for k in ks}


CONFLICTS = [
    (row(1, llama_cpp_version="0.4"), "device orin", "llama_cpp_version", "0.4", "0.3.36"),
    (row(2, board="Nano"), "device orin", "board", "Nano", "Orin"),
    (row(1, draft="d2"), "draft orin f xs Q8_0", "file_sha256", "d2", "d1"),
]


@pytest.mark.parametrize(("other", "thing", "fact", "old", "new"), CONFLICTS)
def test_two_testbeds_in_one_table_are_refused(tmp_path, other, thing, fact, old, new):
    """Both files, the thing and the fact are named; also where the configurations are not the same ones."""
    a = results(tmp_path / "a.json", [other], day=1)
    b = results(tmp_path / "b.json", [row(1), row(3)], day=2)
    with pytest.raises(RecordError) as told:
        merge([a, b], tmp_path / "out.json")
    assert all(word in str(told.value) for word in ("a.json", "b.json", thing, fact, old, new, "--prefer newest"))
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(("other", "thing", "fact", "old", "new"), CONFLICTS)
def test_the_newest_can_be_preferred(tmp_path, other, thing, fact, old, new):
    """What it contradicts is left out and counted."""
    a = results(tmp_path / "a.json", [other, row(7, device="rpi5")], day=1)
    b = results(tmp_path / "b.json", [row(1), row(3)], day=2)
    done = merge([a, b], tmp_path / "out.json", prefer_newest=True)
    assert merged(tmp_path / "out.json") == [row(7, device="rpi5"), row(1), row(3)]
    ((why, count),) = done.left_out.items()
    assert count == 1
    assert fact in why


def test_rows_of_other_benchmarks_pass(tmp_path):
    """A plain benchmark of the host has no facts that could contradict."""
    plain = {"fullname": "t.py::test_host", "stats": {"data": [1.0]}, "extra_info": {}}
    a = results(tmp_path / "a.json", [plain, row(1)])
    b = results(tmp_path / "b.json", [plain])
    assert merge([a, b], tmp_path / "out.json").rows == 2


def test_figures_and_load_are_no_conflict(tmp_path):
    """They differ from run to run."""
    a = results(tmp_path / "a.json", [row(1, load_1min=0.1, platform="Linux-6.1")])
    b = results(tmp_path / "b.json", [row(2, load_1min=3.0, platform="Linux-6.2", figure=9.0)])
    assert merge([a, b], tmp_path / "out.json").rows == 2


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path):
    """An existing file stays; a folder that is not there is told; no partial file is left."""
    a = results(tmp_path / "a.json", [row(1)])
    with pytest.raises(UsageError, match="is there already"):
        merge([a], a)
    with pytest.raises(UsageError, match="cannot be written"):
        merge([a], tmp_path / "nowhere" / "out.json")
    assert list(tmp_path.iterdir()) == [a]


def test_a_fact_is_read_at_its_path():
    """None where the record has none, also where something else stands on the way."""
    assert facts({"a": {"b": 1}}, ("a.b", "a.c", "a.b.c", "x")) == {"a.b": 1, "a.c": None, "a.b.c": None, "x": None}


def test_the_first_difference_is_named_and_cut_short():
    """Hashes are long."""
    assert difference({"x": "a" * 99}, {"x": "b"}) == ("x", "a" * 21 + "...", "b")
    assert difference({"x": 1, "y": 2}, {"x": 1}) is None


def test_recorded_figures_name_no_target():
    """Two boards, one replayed and one measured, may have a family of one name."""
    record = row(1)["extra_info"]["configspec"]
    kinds = [thing[0] for thing, _ in named_facts({**record, "models": {}})]
    assert kinds == ["device", "draft"]
    assert "environment.profile" in DEVICE
