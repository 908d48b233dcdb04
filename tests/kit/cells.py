"""Cells of the repository's own testbed, and how they are measured beside other tests."""

from __future__ import annotations

from configspec.profiling.session import SessionOptions
from configspec.theory.ids import Cell, Drafter

# Small models are no faster with more, and two that spin beside other tests take ten times as long.
ONE_THREAD = SessionOptions(host_threads=1)


def cell(draft: str, quant: str = "Q8_0", *, family: str = "tiny-llama", device: str = "local") -> Cell:
    """A cell of the small families on this machine, unless another is named."""
    return Cell(device=device, family=family, drafter=Drafter(draft=draft, quant=quant))
