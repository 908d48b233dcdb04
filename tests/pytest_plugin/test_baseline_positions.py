"""Where counts of acceptance first differ: told from the side files of both runs, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from run_files import slower_row, write_run

from configspec.histories.of_rows import run_of_rows
from configspec.histories.reading import read_run
from configspec.pytest_plugin.baseline_positions import first_position
from configspec.records.row import Row, SampleRefs
from configspec.records.samples import AcceptanceSamples, PromptAcceptance, samples_folder, write_samples
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.series import SeriesKey
from configspec.regression.states import Verdict

K = 4


def sampled(row: Row, folder: Path, matches: dict[int, tuple[bool, ...]]) -> Row:
    """The row with a side file; prompts that are not named match at three positions."""
    prompts = tuple(
        PromptAcceptance(
            id=f"prompt-{place}",
            category="none",
            matches=(found := matches.get(place, (True, True, True))),
            confidence=(0.5,) * len(found),
            rank=(0,) * len(found),
            gap=(1.0,) * len(found),
        )
        for place in range(24)
    )
    sha256 = write_samples(folder, AcceptanceSamples(text="0" * 64, prompts=prompts))
    return replace(row, samples=SampleRefs(acceptance=sha256))


def told(base: Path, now: Row, samples: Path | None) -> str:
    key = SeriesKey(configuration=now.id, metric=ACCEPTANCE)
    verdict = Verdict(series=key, state="REGRESSED", reason="prompt '12': accepted was 4, is 0")
    run = run_of_rows([now], source="now", at_s=1.9e9, choices=False)
    return first_position(verdict, run, [read_run(base)], now, samples)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A results file with its side files: prompts 0 to 12 keep all tokens."""
    folder = tmp_path / "earlier"
    folder.mkdir()
    row = sampled(slower_row(K, accepted=13), samples_folder(folder / "x"), {})
    return Path(write_run(folder / "base.json", row))


def test_the_first_token_that_differs_is_told(base, tmp_path):
    """In the first prompt whose counts differ, here the thirteenth."""
    samples = tmp_path / "configspec-samples"
    now = sampled(slower_row(K, accepted=12), samples, {12: (True, False, True), 20: (False, True, True)})
    assert told(base, now, samples) == "prompt 'prompt-12' first differs at token 2 of its text"


def test_a_text_that_became_shorter_differs_where_it_ends(base, tmp_path):
    """All that is there is equal."""
    samples = tmp_path / "configspec-samples"
    now = sampled(slower_row(K, accepted=12), samples, {12: (True, True)})
    assert told(base, now, samples) == "prompt 'prompt-12' first differs at token 3 of its text"


@pytest.mark.parametrize("lost", ["now", "then", "row", "damaged"])
def test_where_a_side_file_is_missing_nothing_is_claimed(base, tmp_path, lost):
    """The counts are told all the same."""
    samples = tmp_path / "configspec-samples"
    now = sampled(slower_row(K, accepted=12), samples, {12: (True, False, True)})
    if lost == "row":
        now = replace(now, samples=SampleRefs())
    for path in () if lost == "row" else list((samples if lost == "now" else samples_folder(base)).iterdir()):
        if lost == "damaged":
            path.write_bytes(b"\x1f\x8b")
        else:
            path.unlink()
    assert told(base, now, samples) == ""


def test_a_run_that_keeps_no_side_files_claims_nothing(base):
    """There is no folder."""
    assert told(base, slower_row(K, accepted=12), None) == ""
