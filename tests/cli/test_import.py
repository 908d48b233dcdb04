"""`configspec import`: from another tool's output to the rankings, and every refusal with exit code 2."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from damage import HOSTILE_TEXTS, civil
from example_rows import raw_row, whole_row
from recorded_imports import FOLDER, RecordedImport, recorded_imports

from configspec.cli import main
from configspec.records.importers.registry import IMPORTERS
from configspec.records.profile_file import read_profile

BENCH = str(FOLDER / "llama-bench" / "b5163.json")
LOG = str(FOLDER / "vllm-metrics" / "v1-2025-10.log")
TIMES = str(FOLDER / "verification" / "vllm-bench.txt")
DRAFT = ("--family", "f", "--draft", "xs")


def run(*arguments: str) -> int:
    return main(["import", *arguments])


def speed(profile: Path, *more: str) -> int:
    return run("llama-bench", BENCH, "--device", "orin", *DRAFT, "-o", str(profile), *more)


def acceptance(profile: Path, *more: str) -> int:
    return run("vllm-metrics", LOG, *DRAFT, "--quant", "Q4_K_M", "-o", str(profile), *more)


def ranked(capsys: pytest.CaptureFixture[str], results: Path) -> Any:
    capsys.readouterr()
    assert main(["rank", str(results), "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("one", recorded_imports(), ids=str)
def test_every_recording_is_imported(tmp_path: Path, one: RecordedImport):
    """With the options that stand beside it."""
    price = (
        ["--usd-per-million", "0.9"] if one.importer.name == "csv" and "--usd-per-million" not in one.options else []
    )
    out = tmp_path / "profile.json"
    assert run(one.importer.name, str(one.path), *one.options, *price, "-o", str(out)) == 0
    assert read_profile(out).provenance == "derived"


def test_a_speed_and_an_acceptance_rank_and_are_called_derived(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """By the conversions that their importers promise: K=3, 118.88 tokens/s, 0.5 s a round."""
    profile, results = tmp_path / "profile.json", tmp_path / "results.json"
    assert speed(profile) == 0
    assert acceptance(profile, "--results", str(results)) == 0
    (goodput,) = [one for one in ranked(capsys, results)["rankings"] if one["objective"] == "goodput"]
    of_three = next(one for one in goodput["choices"] if one["k"] == 3)
    assert of_three["provenance"] == "derived"
    assert of_three["value"] == pytest.approx((1 + 206 / 203) / (3 / 118.881588 + 0.5), rel=1e-6)


def both(tmp_path: Path, device: str) -> int:
    """Imported rows of a device and measured ones of `orin` and the same family, in one file."""
    profile, results, measured = (tmp_path / name for name in ("profile.json", "results.json", "measured.json"))
    pair = ("--family", "pair", "--draft", "xs", "--quant", "Q8_0", "-o", str(profile))
    assert run("llama-bench", BENCH, "--device", device, *pair) == 0
    assert run("vllm-metrics", LOG, *pair, "--results", str(results)) == 0
    rows = [raw_row(whole_row(k)) for k in (2, 4)]
    measured.write_text(json.dumps({"benchmarks": rows}), encoding="utf-8")
    return main(["merge", str(results), str(measured), "-o", str(tmp_path / "both.json")])


def test_imported_rows_rank_beside_measured_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """In one file, each called what it is."""
    assert both(tmp_path, "orin-bench") == 0
    found = ranked(capsys, tmp_path / "both.json")["rankings"]
    called = {(ranking["device"], one["provenance"]) for ranking in found for one in ranking["choices"]}
    assert called == {("orin-bench", "derived"), ("orin", "measured")}


def test_imported_rows_are_never_taken_for_those_of_a_measured_board(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Under the name of one, they are refused: nobody knows that it was that board."""
    assert both(tmp_path, "orin") == 2
    assert "mean different things by device orin" in capsys.readouterr().err


def test_times_of_verification_are_ranked_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """In place of half a second for every K."""
    profile, results = tmp_path / "profile.json", tmp_path / "results.json"
    speed(profile)
    acceptance(profile)
    assert (
        run(
            "verification",
            TIMES,
            "--family",
            "f",
            "--usd-per-million",
            "0.9",
            "-o",
            str(profile),
            "--results",
            str(results),
        )
        == 0
    )
    (goodput,) = [one for one in ranked(capsys, results)["rankings"] if one["objective"] == "goodput"]
    of_three = next(one for one in goodput["choices"] if one["k"] == 3)
    assert of_three["value"] == pytest.approx(
        (1 + 206 / 203) / (3 / 118.881588 + 0.01265 * (1 + 14090 / 6393)), rel=1e-6
    )


def test_what_was_taken_and_what_was_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Figures and meanings on standard output, what was passed over on standard error."""
    file = str(FOLDER / "llama-bench" / "pg-rpc.md")
    assert run("llama-bench", file, "--device", "orin", *DRAFT, "-o", str(tmp_path / "p.json")) == 0
    said = capsys.readouterr()
    assert "orin: f xs Q2_K: drafting 8.25 (" in said.out
    assert "'deepseek2 671B Q2_K - Medium' is xs Q2_K" in said.out
    assert "does not rank yet: its acceptance was not imported yet" in said.out
    assert "not taken: 1 entry of prompt and generation together (pg), which are no drafting speed" in said.err


def test_nothing_is_written_over_without_replace(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The file stays as it was, and the exit code says so."""
    profile = tmp_path / "profile.json"
    speed(profile)
    before = profile.read_bytes()
    other = str(FOLDER / "llama-bench" / "b5163.csv")
    assert run("llama-bench", other, "--device", "orin", *DRAFT, "-o", str(profile)) == 2
    assert "--replace takes the new ones" in capsys.readouterr().err
    assert profile.read_bytes() == before
    assert run("llama-bench", other, "--device", "orin", *DRAFT, "-o", str(profile), "--replace") == 0
    assert "replaced" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["--target", "B"], "f: target 'A', and 'B' now"),
        (["--usd-per-million", "0.5"], "f: usd_per_million_tokens 0.9, and 0.5 now"),
        (["--bills", "drafted+1"], "f: bills 'drafted', and 'drafted+1' now"),
    ],
)
def test_two_families_of_one_name_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], said, told):
    """Another target, price or billing than the file has: it stays as it was, unless somebody says --replace."""
    profile = tmp_path / "profile.json"
    line = ["csv", str(FOLDER / "csv" / "example.csv"), "-o", str(profile)]
    assert run(*line, "--target", "A", "--usd-per-million", "0.9") == 0
    before = profile.read_bytes()
    capsys.readouterr()
    assert run(*line, *said) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "--family names another family, where they are two" in err
    assert profile.read_bytes() == before
    assert run(*line, *said, "--replace") == 0
    assert profile.read_bytes() != before
    assert run(*line, *said) == 0


def test_a_target_that_nobody_named_is_named_later(tmp_path: Path):
    """It contradicts nothing."""
    profile = tmp_path / "profile.json"
    line = ["csv", str(FOLDER / "csv" / "example.csv"), "--usd-per-million", "0.9", "-o", str(profile)]
    assert run(*line) == 0
    assert run(*line, "--target", "A") == 0
    assert '"target": "A"' in profile.read_text(encoding="utf-8")


def test_no_output_takes_the_place_of_a_file_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Neither of the source nor of the profile; nothing is written."""
    source, profile = tmp_path / "a.csv", tmp_path / "p.json"
    source.write_bytes((FOLDER / "csv" / "example.csv").read_bytes())
    line = ["csv", str(source), "--usd-per-million", "1"]
    for out, results in ((source, tmp_path / "r.json"), (profile, source)):
        assert run(*line, "-o", str(out), "--results", str(results)) == 2
        assert "the file that is read. Name another one to write" in capsys.readouterr().err
    assert run(*line, "-o", str(profile), "--results", str(tmp_path / "x" / ".." / "p.json")) == 2
    assert "--results and -o name one file" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
    assert source.read_bytes() == (FOLDER / "csv" / "example.csv").read_bytes()


def test_a_failure_among_several_files_writes_nothing(tmp_path: Path):
    """A sweep is imported whole or not at all."""
    broken, profile = tmp_path / "broken.json", tmp_path / "profile.json"
    broken.write_text('[{"avg_ts": 1', encoding="utf-8")
    assert run("llama-bench", BENCH, str(broken), "--device", "orin", *DRAFT, "-o", str(profile)) == 2
    assert not profile.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("llama-bench", BENCH, "--family", "f", "--draft", "xs"), "--device is missing"),
        (("llama-bench", BENCH, "--device", "d", "--draft", "xs"), "--family is missing"),
        (("llama-bench", BENCH, "--device", "d", "--family", "f"), "--draft is missing: the file calls the model"),
        (("llama-bench", LOG, "--device", "d", *DRAFT), "looks like what configspec import vllm-metrics reads"),
        (("llama-bench", BENCH, "--device", "d", *DRAFT, "--map", "x=y"), "--map says what each model is called"),
        (("llama-bench", BENCH, "--device", "d", *DRAFT, "--where", "n_gen"), "COLUMN=VALUE"),
        (
            ("llama-bench", BENCH, "--device", "d", "--family", "x" * 300, "--draft", "xs"),
            "a name has 1 to 200 letters",
        ),
        (("llama-bench", "missing.json", "--device", "d", *DRAFT), "it cannot be read"),
        (("vllm-metrics", LOG, *DRAFT), "--quant is missing"),
        (("vllm-metrics", LOG, *DRAFT, "--quant", "Q8_0", "--k", "0"), "--k is 0"),
        (("vllm-metrics", LOG, *DRAFT, "--quant", "Q8_0", "--k", "5"), "--k is 5, and the file is of rounds of 3"),
        (("verification", TIMES, "--family", "f"), "--usd-per-million is missing"),
        (("verification", TIMES, "--family", "f", "--usd-per-million", "-1"), "--usd-per-million is -1"),
        (("verification", TIMES, "--family", "f", "--acceptance-length", "nan"), "--acceptance-length is nan"),
        (
            ("vllm-metrics", LOG, *DRAFT, "--quant", "Q8_0", "--results", "/nonexistent/r.json"),
            "its folder does not exist",
        ),
    ],
)
def test_what_must_change_is_told_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
):
    """And nothing is written."""
    out = tmp_path / "p.json"
    assert run(*arguments, "-o", str(out)) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_results_without_a_configuration_are_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A speed alone ranks nowhere."""
    assert speed(tmp_path / "p.json", "--results", str(tmp_path / "r.json")) == 2
    assert "no cell of" in capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_texts_of_a_file_reach_a_terminal_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str], hostile: str):
    """A model's path and a board's name come from whoever made the file."""
    rows = json.loads(Path(BENCH).read_text(encoding="utf-8"))
    for row in rows:
        row.update(model_filename=hostile, gpu_info=hostile, model_type=f"{hostile} Q8_0")
    file = tmp_path / "bench.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    code = run("llama-bench", str(file), "--device", "orin", *DRAFT, "-o", str(tmp_path / "p.json"))
    said = capsys.readouterr()
    civil(code, said.out + said.err, codes=(0, 2))


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_example_of_each_tool_is_a_command_line(importer: Any, capsys: pytest.CaptureFixture[str]):
    """Its files are missing, its options are not: it gets as far as to look for them."""
    assert run(*shlex.split(importer.example)) == 2
    assert "it cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_each_tool_has_help(importer: Any, capsys: pytest.CaptureFixture[str]):
    """With what it reads."""
    with pytest.raises(SystemExit) as ended:
        run(importer.name, "--help")
    assert ended.value.code == 0
    assert importer.example.split()[0] in capsys.readouterr().out
