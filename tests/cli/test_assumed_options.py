"""The options that say what is assumed of the serving."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from weighed import paper_results

from configspec.cli import main
from configspec.theory.serving.assumptions import MOST_SAMPLES

PI = ["--device", "rpi5", "--family", "qwen*", "--objective", "cost", "--k", "2"]
APART = ["--usd-per-million", "0.59", "--usd-per-million-input", "0.29"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's profile."""
    return paper_results(tmp_path_factory.mktemp("paper") / "results.json")


def first(results: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """The ranking of the two configurations of K=2."""
    assert main(["rank", str(results), *PI, *options, "--format", "json"]) == 0
    (ranking,) = json.loads(capsys.readouterr().out)["rankings"]
    return dict(ranking)


def test_input_and_output_apart(results, capsys):
    """Qwen3-8B, K=2, alpha 0.7083, 0.29 in and 0.59 out (Groq): 0.484 dollars for a million useful tokens."""
    found = first(results, capsys, *APART, "--bills", "input+output")
    best = found["choices"][0]
    assert (best["draft"], 1e6 / best["value"]) == ("8b", pytest.approx(0.484, abs=0.0005))
    assert found["serving"]["prices"]["usd_per_million_input_tokens"] == 0.29


def test_a_target_that_nobody_timed_is_declared(results, capsys):
    """13.9 tokens/s alone (arXiv 2603.19133): what the best of goodput is held against, and said of its family."""
    flags = ["--device", "rpi5", "--family", "qwen*", "--target-tokens-per-s", "13.9"]
    assert main(["rank", str(results), *flags, "--format", "json"]) == 0
    ranking = json.loads(capsys.readouterr().out)["rankings"][0]
    cloud = {one["way"]: one for one in ranking["baselines"]}["cloud only"]
    assert (cloud["value"], cloud["provenance"], cloud["or_better"]) == (pytest.approx(13.9), "declared", False)
    assert ranking["serving"]["target_tokens_per_s"] == 13.9
    assert main(["rank", str(results), *flags]) == 0
    words = capsys.readouterr().out
    assert words.index("declared: 13.9 tokens/s") < words.index("speculation is slower here than cloud only")


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_a_target_streams_some_tokens(results, capsys, speed):
    """A number above 0."""
    with contextlib.suppress(SystemExit):
        assert main(["rank", str(results), f"--target-tokens-per-s={speed}"]) == 2
    assert "--target-tokens-per-s" in capsys.readouterr().err


def test_every_figure_of_the_link_is_taken(results, capsys):
    """Each in base units, as the JSON says them."""
    options = "--rtt-ms 40 --jitter-ms 8 --jitter queueing --mbps-up 20 --mbps-down 50 --payload distributions"
    found = first(results, capsys, *options.split(), "--vocabulary", "151936", "--overhead-bytes", "66")
    assert found["serving"]["link"] == {
        "rtt_s": 0.04,
        "jitter_s": 0.008,
        "jitter": "queueing",
        "up_bits_per_s": 20e6,
        "down_bits_per_s": 50e6,
        "payload": "distributions",
        "vocabulary": 151936,
        "overhead_bytes": 66,
    }


def test_a_gpu_hour_is_paid_by_the_second(results, capsys):
    """0.5 s of two GPUs at 3.60 an hour, with three other rounds in the pass: 250 USD for a million rounds."""
    options = "--bills nothing --usd-per-gpu-hour 3.6 --gpus 2 --batch 4"
    found = first(results, capsys, *options.split())
    assert 1e6 / found["choices"][0]["value"] == pytest.approx(250 / (2 * 0.7083 + 1), rel=1e-3)


def test_samples_of_a_file_count_by_their_mean(results, capsys, tmp_path):
    """Empty lines are skipped."""
    (tmp_path / "log").write_text("0.1\n\n0.1\n 0.7 \n")
    found = first(results, capsys, "--verify-samples", str(tmp_path / "log"))
    assert found["serving"]["verify_samples_s"] == {"n": 3, "mean": pytest.approx(0.3)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--verify-s nan", "--verify-s is nan; it takes a number, 1e-09 to 1e+09."),
        ("--verify-base-s -1", "--verify-base-s is -1; it takes a number, 0 to 1e+09."),
        ("--usd-per-million 0", "--usd-per-million is 0; it takes a number, 1e-09 to 1e+09."),
        ("--usd-per-kwh -0.3", "--usd-per-kwh is -0.3; it takes a number, 1e-09 to 1e+09."),
        ("--usd-per-gpu-hour inf", "--usd-per-gpu-hour is inf; it takes a number, 1e-09 to 1e+09."),
        ("--rtt-ms 1e308", "--rtt-ms is 1e308; it takes a number, 0 to 60000."),
        ("--mbps-up 0", "--mbps-up is 0; it takes a number, 0.0001 to 1e+06."),
        ("--batch 0.5", "--batch is 0.5; it takes a number, 1 to 1e+06."),
        ("--vocabulary 1.5", "--vocabulary is 1.5; it takes a whole number, 1 to 1e+07."),
        ("--prompt-tokens -1", "--prompt-tokens is -1; it takes a whole number, 0 to 1e+07."),
        ("--prompt-tokens 1.5", "--prompt-tokens is 1.5; it takes a whole number"),
        ("--new-tokens 0", "--new-tokens is 0; it takes a whole number, 1 to 1e+07."),
        ("--new-tokens 1e99", "--new-tokens is 1e99; it takes a whole number"),
        ("--target-prompt-tokens-per-s 0", "--target-prompt-tokens-per-s is 0; it takes a number, 1e-09 to 1e+16."),
        ("--target-prompt-tokens-per-s nan", "--target-prompt-tokens-per-s is nan; it takes a number"),
        ("--gpus two", "--gpus is two; it takes a number, 0.001 to 1e+06."),
        ("--usd-per-gb-up \x1b[31m", "--usd-per-gb-up is \\x1b[31m; it takes a number"),
        ("--bills input+output", "what is assumed bills 'input+output', which needs --usd-per-million-input."),
        ("--payload distributions", "what is assumed sends distributions, which needs --vocabulary, the number"),
        ("--verify-token-s 1", "--verify-token-s comes on top of --verify-base-s, the seconds of any pass."),
        ("--verify-s 1 --verify-base-s 2", "--verify-s and --verify-base-s each say how long verification takes."),
        ("--verify-samples nowhere", "--verify-samples: nowhere cannot be read: No such file or directory."),
        ("--verify-samples /dev/zero", "--verify-samples: /dev/zero cannot be read: it is a device"),
    ],
)
@pytest.mark.parametrize("command", ["rank", "choose"])
def test_what_cannot_be_is_refused(results, capsys, command, options, told):
    """With the option, what was found and what would do; exit code 2."""
    assert main([command, str(results), *PI, *options.split(" ")]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", "has 0 lines; 1 to 10000 can be."),
        (b"0.1\n" * (MOST_SAMPLES + 1), "has 10001 lines; 1 to 10000 can be."),
        (b"0.1\nfast\n", "log, line 2 is 'fast'; it takes seconds, 1e-09 to 1e+09."),
        (b"0.1\n-0.1\n", "log, line 2 is '-0.1'; it takes seconds, 1e-09 to 1e+09."),
        (b"nan", "log, line 1 is 'nan'; it takes seconds, 1e-09 to 1e+09."),
        (b"\xff\xfe", "log is not text."),
    ],
)
def test_a_wrong_file_of_samples_is_told(results, capsys, tmp_path, written, told):
    """By its line."""
    (tmp_path / "log").write_bytes(written)
    assert main(["rank", str(results), "--verify-samples", str(tmp_path / "log")]) == 2
    assert told in capsys.readouterr().err
