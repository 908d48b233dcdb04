"""Which tests there are: one a configuration, decided from files alone, before any device is touched."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.pytest_plugin.asked import Asked
    from configspec.testbed.device_spec import DeviceSpec
    from configspec.testbed.inventory import Inventory
    from configspec.testbed.llama_cpp_spec import LlamaCppSpec
    from configspec.theory.ids import Cell, ConfigurationId

MOST_CELLS = 2000  # of a device whose settings vary: a day's work for most boards


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run measures: the testbed, and the configurations in order; some of them are also decoded for real."""

    inventory: Inventory
    configurations: tuple[ConfigurationId, ...]
    end_to_end: tuple[ConfigurationId, ...]
    ks: Mapping[Cell, tuple[int, ...]]  # every K of a cell, which one measurement of it yields

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of all configurations."""
        return tuple(dict.fromkeys(cell.device for cell in self.ks))


def choose(asked: Asked) -> Plan:
    """The plan of a run: devices, then families, drafts, quantisations and K, so that a model is opened once.

    Raises:
        UsageError: The inventory has an error, or a name, tag or glob matches nothing.
    """
    from configspec.testbed.k_range import parse_k
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices, select_names

    inventory = read_inventory(asked.inventory)
    devices = select_devices(inventory, asked.devices)
    ks = parse_k(asked.k, where="--k") if asked.k else inventory.sweep.k
    slugs = select_names("setting", _unique(slug for one in devices for slug in one.llama_cpp.slugs), asked.settings)
    sweeps = {one.name: one.llama_cpp.narrowed(slugs) for one in devices}
    for device in devices:
        _check_cells(inventory, device.name, sweeps[device.name], asked)
    known = [one for device in devices for one in _configurations(inventory, device, ks, sweeps[device.name])]
    families = select_names("family", _unique(one.family for one in known), asked.families)
    of_families = [one for one in known if one.family in families]
    drafts = select_names("draft", _unique(one.draft for one in of_families), asked.drafts)
    quants = select_names("quant", _unique(one.quant for one in known), asked.quants)
    chosen = tuple(one for one in of_families if one.draft in drafts and one.quant in quants)
    if not chosen:
        raise UsageError(
            f"{asked.inventory.name}: no configuration is left to measure of "
            f"--device {' '.join(asked.devices)} with the filters and K given. Widen --family, --draft, --quant, "
            "--setting or --k."
        )
    end_to_end = tuple(_end_to_end(inventory, chosen, ks, asked.end_to_end))
    return Plan(inventory=inventory, configurations=chosen, end_to_end=end_to_end, ks=_ks_by_cell(chosen))


def _ks_by_cell(configurations: Iterable[ConfigurationId]) -> dict[Cell, tuple[int, ...]]:
    found: dict[Cell, list[int]] = {}
    for one in configurations:
        found.setdefault(one.cell, []).append(one.k)
    return {cell: tuple(ks) for cell, ks in found.items()}


def _end_to_end(
    inventory: Inventory, chosen: Sequence[ConfigurationId], ks: Sequence[int], amount: str
) -> Iterator[ConfigurationId]:
    """Which configurations of real devices are decoded for real.

    A sample has every draft in one quantisation and one combination of settings, at three K.
    """
    sampled_ks = {ks[0], ks[(len(ks) - 1) // 2], ks[-1]}
    first: dict[tuple[str, str, str], Cell] = {}
    for one in chosen:
        if amount == "none" or inventory.devices[one.device].replay is not None:
            continue
        cell = first.setdefault((one.device, one.family, one.draft), one.cell)
        if amount == "all" or (one.k in sampled_ks and one.cell == cell):
            yield one


def _check_cells(inventory: Inventory, device: str, sweep: LlamaCppSpec, asked: Asked) -> None:
    """A UsageError where lists of settings make more cells than anybody waits for; told before one is made."""
    if not sweep.varied:
        return
    patterns = (asked.families, asked.drafts, asked.quants)
    drafters = [
        names
        for family in inventory.families.values()
        for draft in family.drafts.values()
        for names in itertools.product((family.name,), (draft.name,), family.quants_of(draft))
        if all(
            not some or any(fnmatchcase(name, one) for one in some) for name, some in zip(names, patterns, strict=True)
        )
    ]
    cells = sweep.combinations * len(drafters)
    if cells > MOST_CELLS:
        lists = ", ".join(f"{len(values)} of {name}" for name, values in sweep.varied)
        raise UsageError(
            f"{inventory.path.name}: devices.{device}.llama_cpp lists {lists}: {sweep.combinations:,} combinations, "
            f"with {len(drafters):,} drafts {cells:,} cells, each opened and measured by itself, of at most "
            f"{MOST_CELLS:,}. Shorten the lists, or select with --setting, --draft or --quant."
        )


def _configurations(
    inventory: Inventory, device: DeviceSpec, ks: Sequence[int], sweep: LlamaCppSpec
) -> Iterator[ConfigurationId]:
    from configspec.theory.ids import Cell, Drafter

    if device.replay is not None:
        from configspec.records.profile_file import read_profile

        profile = read_profile(device.replay.profile)
        recorded = profile.configurations(device.replay.device, as_name=device.name)
        yield from (one.id for one in recorded if one.k in ks)
        return
    if not inventory.families:
        raise UsageError(
            f"{inventory.path.name}: families is missing, and devices.{device.name} has nothing to run without. "
            "Add a family."
        )
    _check_context(inventory, device, ks)
    for family in inventory.families.values():
        for draft in family.drafts.values():
            for quant in family.quants_of(draft):
                drafter = Drafter(draft=draft.name, quant=quant)
                for settings in sweep.each():
                    cell = Cell(device=device.name, family=family.name, drafter=drafter, settings=settings)
                    yield from (cell.at(k) for k in ks)


def _check_context(inventory: Inventory, device: DeviceSpec, ks: Sequence[int]) -> None:
    depth, context = inventory.sweep.depth, device.llama_cpp.least("context")
    if depth + max(ks) > context:
        raise UsageError(
            f"{inventory.path.name}: K {max(ks)} after a depth of {depth} tokens (sweep.depth) needs a context of "
            f"{depth + max(ks)}; devices.{device.name}.llama_cpp.context is {context}. "
            "Lower K or the depth, or raise the context."
        )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
