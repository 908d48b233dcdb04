"""What is measured, by name: a cell, and a configuration of it.

    drafter         how tokens are proposed: an algorithm, with its draft model and quantisation
    setting         how the draft is opened, where `devices.yaml` lists several values: `threads 2`
    cell            device, family, drafter, settings: one measurement of it serves every K
    configuration   a cell with its K

A test's id holds its configuration as `dev:DEVICE:-FAMILY-DRAFT-QUANT-K4`, and with settings that vary as
`dev:DEVICE:-FAMILY-DRAFT-QUANT-threads:2-K4`. The second colon ends the device's name: `dev:orin:` is never a part of
`dev:orin-nx:`; nor is `threads:2-` of `threads:24-`. Nobody else writes such an id, or takes one apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

MAX_K = 256  # far above any K that pays; keeps a slip such as 1..1000000 from becoming a million configurations
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


class Setting(NamedTuple):
    """A key of `llama_cpp` in `devices.yaml` and one of its values, as it is written there: `threads`, `2`."""

    name: str
    value: str

    def __str__(self) -> str:
        """As a message says it: `threads 2`."""
        return f"{self.name} {self.value}"

    @property
    def slug(self) -> str:
        """As a test's id has it: `threads:2`, `cpus:0+2` (no comma: `pytest -k` takes none)."""
        return f"{self.name}:{self.value.replace(',', '+')}"


def settings_words(settings: Iterable[Setting]) -> str:
    """As a message and a table say them: `threads 2, flash_attention on`."""
    return ", ".join(map(str, settings))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """A drafter of a family on a device, opened with these settings; all K. `settings`: only those that vary there."""

    device: str
    family: str
    drafter: Drafter
    settings: tuple[Setting, ...] = ()

    def __str__(self) -> str:
        """As a message says it: `local: tiny-llama xs Q4_K_M`, `local: tiny-llama xs Q4_K_M, threads 2`."""
        return f"{self.device}: {self.family} {self.drafter_words}"

    @property
    def drafter_words(self) -> str:
        """The drafter with its settings: `xs Q4_K_M`, `xs Q4_K_M, threads 2`."""
        return ", ".join((str(self.drafter), *map(str, self.settings)))

    @property
    def slug(self) -> str:
        """As a test's id has it, behind the device: `tiny-llama-xs-Q4_K_M`, `tiny-llama-xs-Q4_K_M-threads:2`."""
        return "-".join((self.family, self.drafter.slug, *(one.slug for one in self.settings)))

    @property
    def drafter_of_family(self) -> str:
        """What it has in common with cells of other devices, as a message says it: `tiny-llama xs Q4_K_M`."""
        return f"{self.family} {self.drafter}"

    def __hash__(self) -> int:
        # As the dataclass would, in one call in place of two: cells are looked for several times a row.
        one = self.drafter
        return hash((self.device, self.family, one.draft, one.quant, one.algorithm, self.settings))

    def at(self, k: int) -> ConfigurationId:
        """The configuration of this cell with `k` tokens per round."""
        return ConfigurationId(cell=self, k=k)


def setting_names(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The settings that these cells have, each once, in the order in which they come."""
    return tuple(dict.fromkeys(one.name for cell in cells for one in cell.settings))


def setting_values(cell: Cell, names: Iterable[str]) -> tuple[str, ...]:
    """The cell's value of each of the settings; a dash where it has none of its own."""
    values = dict(cell.settings)
    return tuple(values.get(name, "-") for name in names)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ConfigurationId:
    """A cell with its K."""

    cell: Cell
    k: int

    def __hash__(self) -> int:
        cell, one = self.cell, self.cell.drafter  # in one call, as above
        return hash((cell.device, cell.family, one.draft, one.quant, one.algorithm, cell.settings, self.k))

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
        return f"dev:{self.device}:-{self.cell.slug}-K{self.k}"

    def as_json(self) -> list[str | int]:
        """As pytest-benchmark writes a test's parameter: device, family, draft, quantisation, K, and each setting."""
        return [self.device, self.family, self.draft, self.quant, self.k, *map(str, self.cell.settings)]

    def __str__(self) -> str:
        """As a message says it: `local: tiny-llama xs Q4_K_M K=4`."""
        return f"{self.cell} K={self.k}"


def configuration_id(device: str, family: str, draft: str, quant: str, k: int) -> ConfigurationId:
    """A configuration of a draft model that proposes a chain of K tokens."""
    return Cell(device=device, family=family, drafter=Drafter(draft=draft, quant=quant)).at(k)


def device_in(test_id: str, devices: Collection[str]) -> str | None:
    """The device that a test's id names, if it is one of `devices`."""
    return next((name for name in re.findall(r"dev:([^:\s]+):", test_id) if name in devices), None)
