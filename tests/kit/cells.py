"""Cells of the repository's own testbed, by draft and quantisation."""

from __future__ import annotations

from configspec.theory.ids import Cell, Drafter


def cell(draft: str, quant: str = "Q8_0", *, family: str = "tiny-llama", device: str = "local") -> Cell:
    """A cell of the small families on this machine, unless another is named."""
    return Cell(device=device, family=family, drafter=Drafter(draft=draft, quant=quant))
