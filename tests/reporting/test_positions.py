"""Acceptance by position from side files: what they give, and what is said where they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import measured_row, whole_row

from configspec.records.reader import read_rows
from configspec.records.samples import AcceptanceSamples, PromptAcceptance, samples_folder, write_samples
from configspec.reporting import positions
from configspec.reporting.positions import Positions
from configspec.theory.figures import Estimate
from configspec.theory.profile import Acceptance, Configuration

RECORDED = Path(__file__).parents[2] / "fixtures" / "recordings" / "records" / "version-2.json"


def prompt(matches: tuple[bool, ...], accept: tuple[float, ...] | None = None) -> PromptAcceptance:
    zeros = (0.0,) * len(matches)
    ranks = (0,) * len(matches)
    return PromptAcceptance(
        id="p", category="c", matches=matches, confidence=zeros, rank=ranks, gap=zeros, accept=accept
    )


def counted(k: int, rounds: float, accepted: float) -> Configuration:
    rate = accepted / (k * rounds)
    estimate = Estimate(value=rate, low=rate, high=rate, confidence=0.95, n=1)
    acceptance = Acceptance(rate=estimate, rounds=rounds, drafted=k * rounds, accepted=accepted)
    return replace(measured_row(k).configuration, acceptance=acceptance)


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    return tmp_path / "results.json"


def kept(beside: Path, *prompts: PromptAcceptance) -> str:
    return write_samples(samples_folder(beside), AcceptanceSamples(text="0" * 64, prompts=prompts))


def test_the_shares_are_those_of_the_recorded_text():
    """Of every cell of a recorded run: they add up to accepted / rounds, and the first is the largest."""
    rows = [row for row in read_rows(RECORDED) if row.samples.acceptance is not None]
    reader = Positions(RECORDED)
    assert len(rows) > 10
    for row in rows:
        shares = reader.of(row.configuration, row.samples.acceptance)
        assert not isinstance(shares, str)
        assert row.acceptance.accepted is not None
        assert row.acceptance.rounds is not None
        assert sum(shares) == pytest.approx(row.acceptance.accepted / row.acceptance.rounds)
        assert list(shares) == sorted(shares, reverse=True)


def test_a_known_text_gives_known_shares(beside: Path):
    """TTFT in rounds of 3: two rounds, both accept the first token and one the second."""
    sha256 = kept(beside, prompt((True, True, False, True)))
    assert Positions(beside).of(counted(3, 2, 3), sha256) == (1.0, 0.5, 0.0)


def test_where_chance_decides_probabilities_count(beside: Path):
    """One token, accepted half of the time: half a token in the one round."""
    sha256 = kept(beside, prompt((True,), accept=(0.5,)))
    assert Positions(beside).of(counted(2, 1, 0.5), sha256) == (0.5, 0.0)


def test_a_side_file_of_other_counts_is_not_believed(beside: Path):
    """Somebody changed the row, or the side file is of another text."""
    sha256 = kept(beside, prompt((True, True, False, True)))
    assert Positions(beside).of(counted(3, 2, 2), sha256) == positions.DIFFERS
    assert Positions(beside).of(counted(3, 2, 2), kept(beside)) == positions.DIFFERS
    assert Positions(beside).of(measured_row(3).configuration, sha256) == positions.DIFFERS


def test_a_missing_or_damaged_side_file_is_said(beside: Path):
    """And no error: what is ranked needs none of it."""
    one = counted(3, 2, 3)
    assert Positions(None).of(one, "0" * 64) == positions.UNREACHED
    assert Positions(beside).of(one, "0" * 64) == positions.MISSING
    sha256 = kept(beside, prompt((True,)))
    assert Positions(beside).of(one, "0" * 64) == positions.MISSING
    (samples_folder(beside) / f"{sha256}.json.gz").write_bytes(b"no gzip")
    assert Positions(beside).of(one, sha256) == positions.DAMAGED
    assert Positions(beside).of(one, None) == positions.NO_FILE


def test_one_token_a_round_needs_no_side_file():
    """Its share is the acceptance rate."""
    assert Positions(None).of(whole_row(1).configuration, None) == (0.5,)
