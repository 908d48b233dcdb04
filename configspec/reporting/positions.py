"""Acceptance by position of a cell, from the side file that its rows refer to; nothing where it cannot be known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from configspec.errors import RecordError
from configspec.records.samples import AcceptanceSamples, PromptAcceptance, read_samples, samples_folder
from configspec.theory.acceptance.by_position import reached_by_position, shares_of_rate
from configspec.theory.profile import Configuration

NO_FILE = "its counts do not tell it, and it has no side file"
UNREACHED = "its counts do not tell it, and its side file was not looked for"
MISSING = "its counts do not tell it, and the side file is not beside the results"
DAMAGED = "its side file cannot be read"
DIFFERS = "its side file has other counts than its row"
AGREE = 1e-3  # relative: probabilities in a side file have four digits

Shares: TypeAlias = tuple[float, ...]


class Positions:
    """Reads side files beside a results file or journal, each once; `beside` None: there is no such file."""

    def __init__(self, beside: Path | None) -> None:
        self._beside = beside
        self._read: dict[str, AcceptanceSamples | str] = {}
        self._found: dict[tuple[str, int], tuple[float, Shares] | str] = {}

    def of(self, one: Configuration, sha256: str | None) -> Shares | str:
        """The share of rounds of its K in which each of K positions was accepted, or why that is not known.

        Args:
            one: The configuration, whose counts the side file has to give.
            sha256: The hash of its acceptance by position.
        """
        known = shares_of_rate(one.k, one.acceptance.rate.value)
        if known is not None:
            return known
        if sha256 is None:
            return NO_FILE
        found = self._counted(sha256, one.k)
        if isinstance(found, str):
            return found
        rounds, reached = found
        own = one.acceptance
        if own.rounds is None or own.accepted is None:
            return DIFFERS
        if not (_agree(rounds, own.rounds) and _agree(math.fsum(reached), own.accepted)):
            return DIFFERS
        return tuple(min(1.0, each / rounds) for each in reached)

    def _counted(self, sha256: str, k: int) -> tuple[float, Shares] | str:
        """Rounds of K over all prompts, and in how many each position was accepted."""
        place = sha256, k
        if place not in self._found:
            samples = self._samples(sha256)
            self._found[place] = samples if isinstance(samples, str) else _pooled(samples.prompts, k)
        return self._found[place]

    def _samples(self, sha256: str) -> AcceptanceSamples | str:
        if sha256 not in self._read:
            self._read[sha256] = self._looked_for(sha256)
        return self._read[sha256]

    def _looked_for(self, sha256: str) -> AcceptanceSamples | str:
        if self._beside is None:
            return UNREACHED
        if not samples_folder(self._beside).is_dir():
            return MISSING
        try:
            return read_samples(self._beside, sha256, AcceptanceSamples)
        except RecordError:
            there = (samples_folder(self._beside) / f"{sha256}.json.gz").exists()
            return DAMAGED if there else MISSING


def _pooled(prompts: Sequence[PromptAcceptance], k: int) -> tuple[float, Shares] | str:
    each = [reached_by_position(one.matches if one.accept is None else one.accept, k) for one in prompts]
    rounds = math.fsum(of_prompt for of_prompt, _ in each)
    if not rounds:
        return DIFFERS
    return rounds, tuple(math.fsum(position) for position in zip(*(reached for _, reached in each), strict=True))


def _agree(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=AGREE, abs_tol=1e-9)
