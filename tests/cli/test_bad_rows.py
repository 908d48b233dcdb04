"""Bad rows, damaged files and hostile questions: each command leaves out what cannot be, says so, and goes on.

What holds for every input: no traceback, no hang, no silent change of a figure, no row less without a word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from damage import damaged_bytes, one_field_at_a_time
from example_rows import BOARD, DECODED, measured_row, raw_row, whole_row

from configspec.cli import main
from configspec.records.plain import dumps
from configspec.records.reader import read_rows
from configspec.records.row import KEY, Row

HEAD = {"machine_info": {"node": "here"}, "datetime": "2026-01-01T00:00:00+00:00"}
GOOD = whole_row(3, device="good")
ONE = whole_row(2, device="one")
Entries = Sequence[object]


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys) -> Callable[..., Ended]:
    def run(*words: str | Path) -> Ended:
        try:
            code = main(list(map(str, words)))
        except SystemExit as problem:  # argparse's own
            code = int(str(problem.code))
        ended = Ended(code, *capsys.readouterr())
        assert code in (0, 2), ended
        return ended

    return run


def as_pytest_benchmark(path: Path, entries: Entries) -> Path:
    path.write_text(json.dumps({**HEAD, "benchmarks": entries}, indent=1), encoding="utf-8")
    return path


def as_configspec(path: Path, entries: Entries) -> Path:
    lines = ",\n".join(map(dumps, entries))
    head = "".join(f"{dumps(key)}: {dumps(value)},\n" for key, value in HEAD.items())
    path.write_text(f'{{{head}"benchmarks": [\n{lines}\n]}}\n', encoding="utf-8")
    return path


def as_journal(path: Path, entries: Entries) -> Path:
    lines = [{"configspec_journal": 1, **HEAD}, *({"row": entry} for entry in entries)]
    path.write_text("".join(dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


LAYOUTS = (as_pytest_benchmark, as_configspec, as_journal)
each_layout = pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)


def with_record(row: Row, **changes: object) -> dict[str, object]:
    raw = raw_row(row)
    extra = raw["extra_info"]
    assert isinstance(extra, dict)
    return {**raw, "extra_info": {KEY: {**extra[KEY], **changes}}}


RATE_3 = with_record(
    ONE, acceptance={**json.loads(json.dumps(raw_row(ONE)))["extra_info"][KEY]["acceptance"], "rate": 3}
)


@each_layout
def test_a_bad_row_is_left_out_by_name_and_the_rest_ranks(tmp_path, command, write):
    """File, entry, field and why on one line; then their number, and what it means; JSON and Markdown say it too."""
    path = write(tmp_path / "rows", [RATE_3, raw_row(GOOD)])
    ended = command("rank", path)
    assert ended.code == 2
    assert "\ngood, pair: " in ended.out
    line, count, code = ended.err.splitlines()
    assert line.startswith(f"configspec: left out: {path}: test[dev:one:-pair-xs-Q8_0-K2]: ")
    assert "acceptance.rate: expected object, got int" in line
    assert count == "configspec: 1 entry was left out; --strict refuses such files"
    assert code == "configspec: the exit code is 2: what could not be read may be the best"
    document = json.loads(command("rank", path, "--format", "json").out)
    assert document["left_out"]["count"] == 1
    assert document["left_out"]["named"][0]["entry"] == "test[dev:one:-pair-xs-Q8_0-K2]"
    assert "## left out" in command("rank", path, "--format", "markdown").out


@each_layout
@pytest.mark.parametrize(
    "words", [["rank"], ["merge", "-o", "OUT"], ["recover", "-o", "OUT"]], ids=lambda words: words[0]
)
def test_strict_refuses(tmp_path, command, write, words):
    """Every command that reads rows, with the entry's name; nothing is written."""
    path = write(tmp_path / "rows", [RATE_3, raw_row(GOOD)])
    out = tmp_path / "out.json"
    ended = command(words[0], path, "--strict", *(str(out) if word == "OUT" else word for word in words[1:]))
    assert ended.code == 2
    assert "test[dev:one:-pair-xs-Q8_0-K2]: the record cannot be read: " in ended.err
    assert "Without --strict it is left out." in ended.err
    assert not out.exists()


@each_layout
@pytest.mark.parametrize("name", ["merge", "recover"])
def test_merge_and_recover_keep_the_rest(tmp_path, command, write, name):
    """The good row is in the new file, the other one is named."""
    path, out = write(tmp_path / "rows", [RATE_3, raw_row(GOOD)]), tmp_path / "out.json"
    ended = command(name, path, "-o", out)
    assert ended.code == 0
    assert read_rows(out) == (GOOD,)
    assert ended.out.startswith("1 row")
    assert "left out: " in ended.err


@each_layout
@pytest.mark.parametrize("words", [["rank"], ["merge", "-o", "OUT"]], ids=lambda words: words[0])
def test_where_no_row_is_left_the_reasons_are_told(tmp_path, command, write, words):
    """It is an error: there is no answer."""
    path = write(tmp_path / "rows", [RATE_3, RATE_3 | {"fullname": "another"}])
    ended = command(words[0], path, *(tmp_path / "o.json" if word == "OUT" else word for word in words[1:]))
    assert ended.code == 2
    assert "no row is left" in ended.err
    assert ended.err.count("acceptance.rate: expected object, got int") == 2


@each_layout
def test_entries_that_are_none_are_told_by_their_place(tmp_path, command, write):
    """No object, no fullname, no record where one should be: none is lost, none takes another's place."""
    nameless = {key: value for key, value in raw_row(ONE).items() if key not in ("fullname", "name")}
    path = write(tmp_path / "rows", [3, nameless, nameless, raw_row(GOOD), {**raw_row(ONE), "extra_info": [1]}])
    ended = command("rank", path)
    assert ended.code == 2
    assert ended.err.count("left out: ") == 4
    assert ended.err.count("fullname, by which rows are told apart") == 2
    assert "extra_info is no object" in ended.err


def test_rows_without_a_name_do_not_take_each_others_place(tmp_path, command):
    """Three rows in a journal, and none that could be told apart: damage, and not one row."""
    nameless = [{key: value for key, value in raw_row(whole_row(k)).items() if key != "fullname"} for k in (1, 2, 3)]
    ended = command("recover", as_journal(tmp_path / "j.jsonl", nameless), "-o", tmp_path / "out.json")
    assert ended.code == 2
    assert ended.err.count("has no fullname") == 3


@each_layout
def test_a_key_that_stands_twice_is_not_read_as_its_last(tmp_path, command, write):
    """Anywhere in an entry: which of the two was meant is not known."""
    path = write(tmp_path / "rows", [raw_row(ONE), raw_row(GOOD)])
    text = path.read_text()
    assert text.count('"device":"one"') + text.count('"device": "one"') == 1
    path.write_text(
        text.replace('"device":"one"', '"device":"other","device":"one"').replace(
            '"device": "one"', '"device": "other", "device": "one"'
        )
    )
    ended = command("rank", path)
    assert ended.code == 2
    assert "the key 'device' stands twice in one object" in ended.err
    assert "\ngood, pair: " in ended.out
    assert "one, pair" not in ended.out


@each_layout
@pytest.mark.parametrize("words", [["rank"], ["merge", "-o", "OUT"]], ids=lambda words: words[0])
def test_a_key_of_pytest_benchmark_that_stands_twice_is_told_by_all(tmp_path, command, write, words):
    """Also where nothing is made of it: rank and merge take the same rows."""
    path = write(tmp_path / "rows", [raw_row(GOOD), raw_row(ONE)])
    text = path.read_text()
    begin = text.rindex('"options":')
    path.write_text(f'{text[:begin]}"options": {{}}, {text[begin:]}')
    ended = command(words[0], path, *(tmp_path / "o.json" if word == "OUT" else word for word in words[1:]))
    assert ended.code == (2 if words[0] == "rank" else 0)
    assert ended.err.count("the key 'options' stands twice in one object") == 1


def test_two_documents_in_one_file_are_told(tmp_path, command):
    """The second is not ignored."""
    path = as_pytest_benchmark(tmp_path / "r.json", [raw_row(GOOD)])
    path.write_text(path.read_text() * 2)
    ended = command("rank", path)
    assert ended.code == 2
    assert "a second JSON document begins behind the first" in ended.err


@pytest.mark.parametrize(
    ("end", "words", "code"),
    [
        (b"\n", "line 3: it is empty; no run writes such a line, but a power cut may leave one", 0),
        (b"\n\n", "line 4: it is empty", 0),
        (bytes(512), "line 3: 512 zero bytes, as a power cut leaves them", 0),
        (b'{"row": {"ful', "line 3: it is cut short, as a kill leaves it", 0),
        (b'{"row": {"fullname": "\xc3', "line 3: it is damaged: it is not UTF-8 text", 0),
        (b'{"row": {"fullname": nul', "line 3: it is damaged: Expecting value", 0),
        (b'{"row": {"ful\0\0\n', "line 3: zero bytes in it, as a power cut leaves them", 0),
        (b'{"configspec_journal": 1}\n', "line 3: a second journal begins here", 0),
        (b'{"row": {"ful\n', "line 3: it is damaged: ", 2),
        (b'{"row": {"fullname": "\xff"}}\n', "line 3: it is damaged: it is not UTF-8 text", 2),
        (b'{"row": 3}\n', "line 3: its row is no object", 2),
        (b'{"row": {}}\n', "line 3: its row has no fullname", 2),
        (b"3\n", "line 3: it is no object", 2),
        (b"{}\n", "line 3: it holds neither a row nor a dropped test", 2),
    ],
)
def test_the_damage_of_a_journal_is_told_in_its_own_words(tmp_path, command, end, words, code):
    """By every command alike; its rows are ranked and recovered. What may have been a row may have been the best."""
    path = as_journal(tmp_path / "j.jsonl", [raw_row(GOOD)])
    path.write_bytes(path.read_bytes() + end)
    ranked, recovered = command("rank", path), command("recover", path, "-o", tmp_path / "o.json")
    assert (ranked.code, recovered.code) == (code, 0)
    assert f"{path}: {words}" in ranked.err
    assert f"{path}: {words}" in recovered.err
    assert ("what could not be read may be the best" in ranked.err) == (code == 2)
    assert read_rows(tmp_path / "o.json") == (GOOD,)


@pytest.mark.parametrize("header", [b"", b"\0" * 300 + b"\n", b'{"configspec_jour\n', b"what\n", b"3\n"])
def test_a_journal_whose_header_is_damaged_gives_its_rows(tmp_path, command, header):
    """When and where it was measured is lost, and told."""
    path = as_journal(tmp_path / "j.jsonl", [raw_row(GOOD), raw_row(ONE)])
    path.write_bytes(header + path.read_bytes().partition(b"\n")[2])
    ended = command("recover", path, "-o", tmp_path / "o.json")
    assert ended.code == 0
    assert "its header: " in ended.err
    assert read_rows(tmp_path / "o.json") == (GOOD, ONE)
    assert command("rank", path).code == 0


@each_layout
def test_two_boards_under_one_name_are_not_ranked_together(tmp_path, command, write):
    """As merging refuses them; the rows are named, and what would do."""
    nano = whole_row(2, board=replace(BOARD, board="Nano"))
    ended = command("rank", write(tmp_path / "rows", [raw_row(whole_row(1)), raw_row(nano)]))
    assert ended.code == 2
    assert "device.board is Nano in the first, NVIDIA Jetson Orin Nano in the second" in ended.err
    assert "dev:orin:-pair-xs-Q8_0-K2 and dev:orin:-pair-xs-Q8_0-K1" in ended.err
    assert "1 of 2 rows contradicts an earlier one" in ended.err
    assert "--prefer newest" in ended.err


def test_a_row_that_was_measured_again_contradicts_nothing(tmp_path, command):
    """The earlier line of a journal no longer counts: another board took the place of the first one."""
    nano = whole_row(1, board=replace(BOARD, board="Nano"))
    ended = command("rank", as_journal(tmp_path / "j.jsonl", [raw_row(whole_row(1)), raw_row(nano)]))
    assert (ended.code, ended.err) == (0, "")


@each_layout
def test_two_rows_of_one_configuration_are_told(tmp_path, command, write):
    """The last one counts; where both say the same, nothing is lost and nothing said."""
    again = replace(measured_row(4, device="good"), attempts=2)
    slower = replace(again, serving=replace(again.serving, verify_s=9.0))
    entries = [raw_row(again), raw_row(slower) | {"fullname": "other.py::test"}]
    ended = command("rank", write(tmp_path / "rows", entries))
    assert ended.code == 0
    assert "dev:good:-pair-xs-Q8_0-K4: a later row of this configuration has other figures" in ended.err
    assert "verification 9 s" in ended.out
    same = [raw_row(again), raw_row(again) | {"fullname": "other.py::test"}]
    assert command("rank", write(tmp_path / "same", same)).err == ""


def test_a_row_that_failed_ranks_with_a_word(tmp_path, command):
    """In the table as a note, in JSON as a flag."""
    path = as_configspec(tmp_path / "r.json", [raw_row(replace(GOOD, outcome="failed"))])
    assert "note on 1: its test failed" in command("rank", path).out
    choice = json.loads(command("rank", path, "--format", "json").out)["rankings"][0]["choices"][0]
    assert [flag["code"] for flag in choice["flags"]] == ["failed"]


def test_other_benchmarks_are_counted(tmp_path, command):
    """A row that lost its record looks like one: it does not vanish without a word."""
    path = as_configspec(tmp_path / "r.json", [{**raw_row(ONE), "extra_info": {}}, raw_row(GOOD)])
    assert "1 benchmark of other tools passed over" in command("rank", path).err


DATES = [
    ("2026-01-02T01:00:00+05:00", "2026-01-01T21:00:00+00:00"),  # as text the first is the later one
    ("2026-01-01T21:00:00", "2026-01-01T22:00:00Z"),  # without a zone it is UTC
    ("2026-01-01", "20260102T000000Z"),
    ("yesterday", "0001-01-01T00:00:00+14:00"),
    ("9" * 400, "2026-01-01"),
    (None, "2026-01-01"),
    (3, "2026-01-01"),
]


@pytest.mark.parametrize(("older", "newer"), DATES)
@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_is_told_by_the_instant(tmp_path, command, older, newer, order):
    """Not by the text; a date that cannot be read is told, and counts as the oldest."""
    paths = []
    for name, date, k in (("a.json", older, 9.0), ("b.json", newer, 5.0)):
        row = raw_row(GOOD, figure=k)
        paths.append(tmp_path / name)
        paths[-1].write_text(json.dumps({"datetime": date, "benchmarks": [row]}))
    ended = command("merge", *paths[::order], "-o", tmp_path / "out.json")
    assert ended.code == 0
    assert json.loads((tmp_path / "out.json").read_text())["benchmarks"][0]["stats"]["data"] == [5.0]
    readable = isinstance(older, str) and older.startswith("2026")
    assert ("has no date that can be read" in ended.out) == (not readable)


QUESTIONS = [
    ["--k", ""],
    ["--k", " "],
    ["--k", "1" * 400],
    ["--k", "1..1000000000"],
    ["--usd-per-million=1e308"],
    ["--usd-per-million=1e-300"],
    ["--usd-per-million=nan"],
    ["--verify-s=1e308"],
    ["--verify-s=inf"],
    ["--verify-s", "1" * 400],
    ["--top", "1" * 400],
    ["--top", "1" * 5000],
    ["--top", "-1"],
    ["--device", ""],
    ["--device", "[" * 1000],
    ["--objective", "x" * 100_000],
]


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0][:30])
def test_a_number_that_nobody_means_is_refused(tmp_path, command, words):
    """With the option's name, before anything is computed."""
    ended = command("rank", as_configspec(tmp_path / "r.json", [raw_row(GOOD)]), *words)
    assert ended.code == 2
    assert words[0].partition("=")[0].lstrip("-")[:4] in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("words", [["rank", "IT"], ["merge", "IT", "-o", "OUT"], ["recover", "IT", "-o", "OUT"]])
@pytest.mark.parametrize(
    "kind", ["fifo", "folder", "/dev/zero", "/dev/full", "/dev/null", "loop", "absent", "long", "NUL"]
)
def test_only_regular_files_are_read(tmp_path, command, words, kind):
    """A pipe would block, a device would never end; each is told in a moment."""
    it = tmp_path / "it"
    match kind:
        case "fifo":
            os.mkfifo(it)
        case "folder":
            it.mkdir()
        case "loop":
            it.symlink_to(it)
        case "long":
            it = tmp_path / ("x" * 5000)
        case "NUL":
            it = tmp_path / "a\0b"
        case _ if kind.startswith("/"):
            it = Path(kind)
    named = {"IT": str(it), "OUT": str(tmp_path / "out.json")}
    assert command(*(named.get(word, word) for word in words)).code == 2


@pytest.mark.parametrize("out", ["/dev/full", "/dev/null", "/proc/x.json", "/dev/null/x.json", "", "x" * 5000])
def test_an_output_that_cannot_be_is_told(tmp_path, command, monkeypatch, out):
    """Nothing that exists is written over."""
    monkeypatch.chdir(tmp_path)
    assert command("merge", as_configspec(tmp_path / "r.json", [raw_row(GOOD)]), "-o", out).code == 2


def values(out: str) -> dict[str, float]:
    """Each goodput of a ranking as JSON."""
    return {
        f"{ranking['device']} {choice['draft']} {choice['k']}": choice["value"]
        for ranking in json.loads(out)["rankings"]
        if ranking["objective"] == "goodput"
        for choice in ranking["choices"]
    }


ASSUMED = ("serving", "params", "stats")  # what may change without a word: assumptions, and what nothing is made of


@each_layout
def test_any_one_field_made_extreme_costs_no_other_row(tmp_path, command, write):
    """The other row ranks as before; the damaged one ranks with the same figure, or is counted."""
    whole = raw_row(whole_row(2, device="one"))
    decoded = raw_row(replace(whole_row(2, device="one"), end_to_end=DECODED, attempts=2)) | {"fullname": "decoded"}
    base = json.loads(json.dumps([whole, decoded]))
    good = values(command("rank", write(tmp_path / "rows", [whole, decoded, raw_row(GOOD)]), "--format", "json").out)
    for name, damaged in one_field_at_a_time(base, seed=5, at_most=30):
        assert isinstance(damaged, list)
        ended = command(
            *("rank", write(tmp_path / "rows", [*damaged, raw_row(GOOD)]), "--format", "json"),
            *("--objective", "goodput", "--top", "9"),
        )
        if ended.code == 2 and not ended.out:
            assert "mean different things by" in ended.err, name
            continue
        found, document = values(ended.out), json.loads(ended.out)
        assert found["good xs 3"] == good["good xs 3"], name
        if not any(f".{key}" in name for key in ASSUMED):
            assert set(found.values()) <= set(good.values()), name
        assert len(found) == 2 or document["left_out"]["count"] or "passed over" in ended.err, name
        assert (ended.code == 2) == ("the exit code is 2" in ended.err), name


@each_layout
@pytest.mark.parametrize("name", ["rank", "merge"])
def test_damaged_bytes_are_read_or_told(tmp_path, command, write, name):
    """Cut, flipped, doubled or full of holes: an answer that counts what it lacks, or one message."""
    content = write(tmp_path / "rows", [raw_row(ONE), raw_row(GOOD)]).read_bytes()
    for number, (_, damaged) in enumerate(damaged_bytes(content, seed=7, count=32)):
        (tmp_path / "rows").write_bytes(damaged)
        if name == "rank":
            ended = command("rank", tmp_path / "rows", "--format", "json", "--objective", "goodput")
        else:
            ended = command("merge", tmp_path / "rows", "-o", tmp_path / f"{number}.json")
        if ended.code == 0 and name == "rank":
            told = json.loads(ended.out)["left_out"]["count"] or "passed over" in ended.err
            assert told or len(values(ended.out)) == 2
