"""Reading what llama-speculative-simple prints, from a recording, and the command that asks for it.

The recording: llama.cpp of llama-cpp-python 0.3.36, tiny-llama's target in F16 and its draft `xs` in Q4_K_M, K = 4, 24
tokens. What its log says of loading is cut off.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from llama_speculative import Speculation, command, read_report

from configspec.errors import TestbedError

RECORDINGS = Path(__file__).with_name("recordings")
STDOUT = (RECORDINGS / "llama-speculative-simple.stdout").read_bytes()
STDERR = (RECORDINGS / "llama-speculative-simple.stderr").read_text(encoding="utf-8")
PROMPT = b"import os\nimport sys\n\n\ndef main():\n"
ASKED = Speculation(target=Path("t.gguf"), draft=Path("d.gguf"), k=4, new_tokens=24, threads=3, context=256)


def test_the_report_holds_the_counts_and_the_speed_that_it_printed() -> None:
    """77 drafted in 20 rounds, 5 accepted; 25 tokens at 1000.881 a second, which says more than 0.025 s does."""
    report = read_report(STDOUT, STDERR, PROMPT)
    assert report is not None
    counts = (report.prompt_tokens, report.tokens, report.rounds, report.drafted, report.accepted)
    assert counts == (10, 25, 20, 77, 5)
    assert report.seconds == pytest.approx(25 / 1000.881)


def test_the_text_is_what_stands_behind_the_prompt() -> None:
    """Without the newlines that it prints around both."""
    report = read_report(STDOUT, STDERR, PROMPT)
    assert report is not None
    assert report.text == b'    """Returns a generated instance.\n\n    These are a same as a same as a'


@pytest.mark.parametrize("line", ["encoded", "decoded", "n_drafted", "n_accept ", "#calls"])
def test_a_log_that_lost_a_line_is_no_report(line: str) -> None:
    """It is to be run again, and nothing is guessed."""
    kept = [one for one in STDERR.splitlines() if line not in one]
    assert len(kept) == len(STDERR.splitlines()) - 1
    assert read_report(STDOUT, "\n".join(kept), PROMPT) is None


def test_a_text_whose_end_was_lost_is_no_report() -> None:
    """Four newlines end it."""
    assert read_report(STDOUT[:-5], STDERR, PROMPT) is None


def test_another_prompt_than_the_one_given_is_an_error() -> None:
    """Both sides must decode the same."""
    with pytest.raises(TestbedError, match="another prompt"):
        read_report(STDOUT, STDERR, b"import re\n")


def test_tokens_that_are_neither_accepted_nor_own_are_an_error() -> None:
    """Every round gives what was accepted and one token more; other figures are not its counts."""
    with pytest.raises(TestbedError, match="neither"):
        read_report(STDOUT, STDERR.replace("n_accept  = 5", "n_accept  = 6"), PROMPT)


def test_the_command_switches_off_what_would_end_or_drop_a_draft() -> None:
    """No threshold, no least length, greedy, on the processor, and the same threads and context as ours."""
    line = command(Path("tool"), ASKED, Path("prompt.txt"))
    pairs = list(itertools.pairwise(line))
    assert {"--no-escape", "t.gguf", "d.gguf", "prompt.txt"} <= set(line)
    for pair in (
        ("--spec-draft-n-max", "4"),
        ("--spec-draft-n-min", "0"),
        ("--spec-draft-p-min", "0"),
        ("--temp", "0"),
        ("-ngl", "0"),
        ("-ngld", "0"),
        ("-n", "24"),
        ("-t", "3"),
        ("-c", "256"),
    ):
        assert pair in pairs
