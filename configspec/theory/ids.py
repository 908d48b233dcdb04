"""What is measured, by name: a cell, and a configuration of it.

    drafter         how tokens are proposed: an algorithm, with its draft model and quantisation
    cell            device, family, drafter: one measurement of it serves every K
    configuration   a cell with its K

A test's id holds its configuration as `dev:DEVICE:-FAMILY-DRAFT-QUANT-K4`. The second colon ends the device's name:
`dev:orin:` is never a part of `dev:orin-nx:`. Nobody else writes such an id, or takes one apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

CHAIN = "chain"  # a draft model proposes K tokens, one after another


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Drafter:
    """How tokens are proposed."""

    draft: str
    quant: str
    algorithm: str = CHAIN

    def __str__(self) -> str:
        """As a message says it: `xs Q4_K_M`."""
        return f"{self.draft} {self.quant}" + ("" if self.algorithm == CHAIN else f" ({self.algorithm})")

    @property
    def slug(self) -> str:
        """As a test's id has it: `xs-Q4_K_M`."""
        return f"{self.draft}-{self.quant}" + ("" if self.algorithm == CHAIN else f"-{self.algorithm}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """A drafter of a family on a device; all K."""

    device: str
    family: str
    drafter: Drafter

    def __str__(self) -> str:
        """As a message says it: `local: tiny-llama xs Q4_K_M`."""
        return f"{self.device}: {self.family} {self.drafter}"

    def at(self, k: int) -> ConfigurationId:
        """The configuration of this cell with `k` tokens per round."""
        return ConfigurationId(cell=self, k=k)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ConfigurationId:
    """A cell with its K."""

    cell: Cell
    k: int

    @property
    def device(self) -> str:
        """The device's name in `devices.yaml`."""
        return self.cell.device

    @property
    def family(self) -> str:
        """The family's name in `devices.yaml`."""
        return self.cell.family

    @property
    def drafter(self) -> Drafter:
        """How its tokens are proposed."""
        return self.cell.drafter

    @property
    def draft(self) -> str:
        """The draft model's name in `devices.yaml`."""
        return self.cell.drafter.draft

    @property
    def quant(self) -> str:
        """The draft model's quantisation."""
        return self.cell.drafter.quant

    @property
    def id(self) -> str:
        """Its part of a test's id."""
        return f"dev:{self.device}:-{self.family}-{self.drafter.slug}-K{self.k}"

    def as_json(self) -> list[str | int]:
        """As pytest-benchmark writes a test's parameter: device, family, draft, quantisation, K."""
        return [self.device, self.family, self.draft, self.quant, self.k]

    def __str__(self) -> str:
        """As a message says it: `local: tiny-llama xs Q4_K_M K=4`."""
        return f"{self.cell} K={self.k}"


def configuration_id(device: str, family: str, draft: str, quant: str, k: int) -> ConfigurationId:
    """A configuration of a draft model that proposes a chain of K tokens."""
    return Cell(device=device, family=family, drafter=Drafter(draft=draft, quant=quant)).at(k)


def device_in(test_id: str, devices: Collection[str]) -> str | None:
    """The device that a test's id names, if it is one of `devices`."""
    return next((name for name in re.findall(r"dev:([^:\s]+):", test_id) if name in devices), None)
