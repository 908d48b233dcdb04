"""llama-bench: what is a drafting speed, which row is meant, and files of other versions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from recorded_imports import FOLDER

from configspec.cli import main
from configspec.errors import RecordError, UsageError
from configspec.records.importers.imported import Imported
from configspec.records.importers.llama_bench import LlamaBench
from configspec.records.importers.names import Names, parse_map
from configspec.records.importers.registry import imported
from configspec.records.importers.source_text import SourceText
from configspec.theory.figures import Estimate

RECORDED = FOLDER / "llama-bench"
NAMES = {"device": "orin", "family": "f", "draft": "xs"}
HEAD = "build_commit,build_number,model_filename,model_type,n_threads,n_prompt,n_gen,avg_ns,avg_ts,stddev_ts"


def text(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def read(content: str, **names: Any) -> Imported:
    return imported(LlamaBench(), SourceText(Path("bench.txt"), content), Names(**{**NAMES, **names}))


def drafting(found: Imported) -> Estimate:
    """The one drafting speed."""
    (speed,) = found.speeds
    assert speed.drafting_tokens_per_s is not None
    return speed.drafting_tokens_per_s


def csv_file(*rows: str) -> str:
    return "\n".join((HEAD, *rows)) + "\n"


def row(model: str, words: str, threads: int, prompt: int, gen: int, speed: float) -> str:
    return f'"abc","1","{model}","{words}","{threads}","{prompt}","{gen}","1","{speed}","0.5"'


def test_prompt_and_generation_together_are_no_drafting_speed():
    """17.22 is between 26.86 and 8.25, and neither."""
    found = read(text("pg-rpc.md"))
    assert drafting(found).value == 8.25
    assert [(one.count, "no drafting speed" in one.what) for one in found.not_taken] == [(1, True)]


def test_a_file_of_such_rows_alone_has_nothing():
    """It is refused, not taken as 0."""
    with pytest.raises(RecordError, match="no row of text generation alone"):
        read(csv_file(row("m.gguf", "llama 1B Q8_0", 4, 512, 128, 30)))


def test_the_interval_of_json_is_students_over_its_repetitions():
    """119.03, 120.178, 119.43, 118.307, 117.464: t(4) is 2.776."""
    speed = drafting(read(text("b5163.json")))
    assert (speed.high - speed.low) / 2 == pytest.approx(2.776445 * 1.0418 / math.sqrt(5), rel=1e-3)


def test_the_interval_of_the_other_forms_is_wider():
    """Nobody says how many repetitions there were."""
    of_csv = drafting(read(text("b5163.csv")))
    assert (of_csv.high - of_csv.low) / 2 == pytest.approx(2.5 * 0.430617, rel=1e-5)


def test_two_settings_of_one_model_are_a_choice():
    """Which column differs is named, with the option that chooses."""
    with pytest.raises(UsageError, match=r"2 rows are of xs Q4_K_M, which differ in fa: .*--where fa=1"):
        read(text("b11201.md"))


def test_two_depths_are_a_choice():
    """A draft is slower with a longer context."""
    with pytest.raises(UsageError, match="differ in n_depth"):
        read(text("depth.md"))


def test_one_test_done_twice_is_a_choice():
    """Its rows differ in their results alone."""
    twice = [row("m.gguf", "llama 1B Q8_0", 4, 0, 128, speed) for speed in (30, 31)]
    with pytest.raises(UsageError, match=r"differ in avg_ts: .*--where avg_ts=30"):
        read(csv_file(*twice))
    assert drafting(read(csv_file(*twice), where={"avg_ts": "31"})).value == 31


def test_several_prompt_lengths_cost_the_prompt_speed_alone():
    """They are told, and one can be chosen: a condition on n_prompt is not about texts."""
    rows = [
        row("m.gguf", "llama 1B Q8_0", 4, prompt, gen, 30 + prompt) for prompt, gen in ((128, 0), (512, 0), (0, 128))
    ]
    found = read(csv_file(*rows))
    assert found.speeds[0].prompt_tokens_per_s is None
    assert found.not_taken[0].count == 2
    chosen = read(csv_file(*rows), where={"n_prompt": "512"})
    assert drafting(chosen).value == 30
    assert chosen.speeds[0].prompt_tokens_per_s is not None
    assert chosen.speeds[0].prompt_tokens_per_s.value == 542


def test_several_quantisations_of_one_draft_are_mapped_by_file():
    """Each cell with its own speed, the quantisation as llama.cpp states it."""
    rows = [
        row(f"m-{quant}.gguf", f"llama 1B {words}", 4, 0, 128, speed)
        for quant, words, speed in (("q4", "Q4_K - Medium", 30), ("q8", "Q8_0", 20))
    ]
    models = parse_map(["m-q4.gguf=xs", "m-q8.gguf=xs"])
    found = read(csv_file(*rows), draft=None, models=models)
    speeds = {one.drafter.quant: one.drafting_tokens_per_s for one in found.speeds}
    assert {quant: one and one.value for quant, one in speeds.items()} == {"Q4_K_M": 30, "Q8_0": 20}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"n_thread": "4"}, r"no column 'n_thread'. Did you mean 'n_threads'\?"),
        ({"n_threads": "8"}, "no row has it. There is: 4"),
    ],
)
def test_a_condition_that_no_row_meets_is_told(where: dict[str, str], words: str):
    """With the columns, or the values, that there are."""
    with pytest.raises(UsageError, match=words):
        read(csv_file(row("m.gguf", "llama 1B Q8_0", 4, 0, 128, 30)), where=where)


def test_a_version_without_a_needed_column_is_named():
    """Not read as something else."""
    with pytest.raises(RecordError, match=r"line 2: a row lacks n_gen"):
        read("build_commit,model_type,n_prompt,avg_ts\na,llama 1B Q8_0,0,3\n")
    with pytest.raises(RecordError, match="a row lacks avg_ts"):
        read('[{"model_type": "llama 1B Q8_0", "n_prompt": 0, "n_gen": 128, "avg_ts": null}]')


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("b5163.json", '"avg_ts"', '"mean_ts"', "a row lacks avg_ts, which llama-bench prints in every version"),
        ("b5163.jsonl", '"avg_ts"', '"mean_ts"', "a row lacks avg_ts"),
        ("b5163.csv", "avg_ts", "mean_ts", "line 2: a row lacks avg_ts"),
        ("b5163.sql", "avg_ts", "mean_ts", "a row lacks avg_ts"),
        ("b11201.md", " t/s", " tokens", "line 1: a table without the column t/s is of no known version"),
        ("b11201.md", " test", " mode", "line 1: a table without the column test is of no known version"),
    ],
)
def test_a_recording_whose_columns_are_renamed_ends_with_2(tmp_path: Path, capsys, file, old, new, words):
    """As in a version to come: the file is known for llama-bench's, and the column is named."""
    text, out = (RECORDED / file).read_text(encoding="utf-8"), tmp_path / "profile.json"
    later = tmp_path / file
    later.write_text(text.replace(old, new), encoding="utf-8")
    line = ["import", "llama-bench", str(later), "--device", "o", "--family", "f", "--draft", "d", "-o", str(out)]
    assert main(line) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_a_row_with_more_values_than_columns_is_told():
    """As in an example of llama.cpp's documentation, whose header has lost a column."""
    with pytest.raises(RecordError, match="line 2: a row has 11 values, and its header 10 columns"):
        read(csv_file(row("m.gguf", "llama 1B Q8_0", 4, 0, 128, 30) + ',"1"'))


def test_a_run_that_was_stopped_is_told():
    """A JSON list without its end; a table without a row."""
    with pytest.raises(RecordError, match="ends too early"):
        read(text("b5163.json")[:-40])
    with pytest.raises(RecordError, match="without a row"):
        read("\n".join(text("b1275.md").splitlines()[:2]))


def test_a_decimal_comma_is_told():
    """As a spreadsheet of another country leaves it."""
    with pytest.raises(RecordError, match=r"avg_ts is '131,42'; .*decimal point"):
        read(text("b1275.md").replace("131.42", "131,42"))


def test_samples_of_another_speed_are_told():
    """A file that somebody has edited."""
    with pytest.raises(RecordError, match="its samples_ts are"):
        read(text("b5163.json").replace("118.881588", "218.881588"))


def test_the_plus_minus_sign_of_a_wrong_encoding_is_read():
    """UTF-8 read as Windows-1252, or a byte that is no text."""
    for sign in ("Â±", "\ufffd", "+/-"):
        found = read(text("b1275.md").replace("±", sign))
        assert drafting(found).value == 131.42


def test_quotes_in_sql_are_read():
    """A processor's name may have one."""
    name = "O''Brien, Inc. CPU"
    found = read(text("b5163.sql").replace("AMD Ryzen 7 7800X3D 8-Core Processor", name))
    assert "O'Brien, Inc. CPU" in found.speeds[0].hardware
