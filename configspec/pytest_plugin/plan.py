"""Which tests there are: one a configuration, decided from files alone, before any device is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.pytest_plugin.options import Asked
    from configspec.testbed.specs import DeviceSpec, Inventory


class Case(NamedTuple):
    """One configuration to measure. A tuple of plain values, so that pytest-benchmark can write it as JSON."""

    device: str
    family: str
    draft: str
    quant: str
    k: int

    @property
    def id(self) -> str:
        """The test's id. The second colon ends the device's name: `dev:orin:` is never a part of `dev:orin-nx:`."""
        return f"dev:{self.device}:-{self.family}-{self.draft}-{self.quant}-K{self.k}"


class Plan(NamedTuple):
    """What a run measures: the testbed, the cases in order, and every K asked of a cell at once."""

    inventory: Inventory
    cases: tuple[Case, ...]
    ks: tuple[int, ...]
    end_to_end: tuple[Case, ...]  # of the cases, those that are also decoded for real


def choose(asked: Asked) -> Plan:
    """The cases of a run: devices, then families, drafts, quantisations and K, so that a model is opened once.

    Raises:
        UsageError: The inventory has an error, or a name, tag or glob matches nothing.
    """
    from configspec.testbed.k_range import parse_k
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices, select_names

    inventory = read_inventory(asked.inventory)
    devices = select_devices(inventory, asked.devices)
    ks = parse_k(asked.k, where="--k") if asked.k else inventory.sweep.k
    cells = [cell for device in devices for cell in _cells(inventory, device, ks)]
    families = select_names("family", _names(cells, 1), asked.families)
    drafts = select_names("draft", _names([cell for cell in cells if cell.family in families], 2), asked.drafts)
    quants = select_names("quant", _names(cells, 3), asked.quants)
    cases = tuple(cell for cell in cells if cell.family in families and cell.draft in drafts and cell.quant in quants)
    if not cases:
        raise UsageError(
            f"{asked.inventory.name}: no configuration is left to measure of "
            f"--device {' '.join(asked.devices)} with the filters and K given. Widen --family, --draft, --quant or --k."
        )
    return Plan(inventory, cases, ks, _end_to_end(inventory, cases, ks, asked.end_to_end))


def _end_to_end(inventory: Inventory, cases: Sequence[Case], ks: Sequence[int], amount: str) -> tuple[Case, ...]:
    """Which real devices' cases are decoded for real. A sample has every draft in one quantisation, at three K."""
    real = [case for case in cases if inventory.devices[case.device].replay is None]
    if amount != "sample":
        return tuple(real) if amount == "all" else ()
    chosen_ks = {ks[0], ks[(len(ks) - 1) // 2], ks[-1]}
    first_quant: dict[tuple[str, str, str], str] = {}
    for case in real:
        first_quant.setdefault((case.device, case.family, case.draft), case.quant)
    return tuple(
        case for case in real if case.k in chosen_ks and case.quant == first_quant[case.device, case.family, case.draft]
    )


def _cells(inventory: Inventory, device: DeviceSpec, ks: Sequence[int]) -> Iterator[Case]:
    if device.replay is not None:
        from configspec.records.profile_file import read_profile

        profile = read_profile(device.replay.profile)
        for one in profile.configurations(device.replay.device, as_name=device.name):
            if one.k in ks:
                yield Case(device.name, one.family, one.draft, one.quant, one.k)
        return
    _check_context(inventory, device, ks)
    for family in inventory.families.values():
        for draft in family.drafts:
            for quant in family.quants:
                for k in ks:
                    yield Case(device.name, family.name, draft, quant, k)


def _check_context(inventory: Inventory, device: DeviceSpec, ks: Sequence[int]) -> None:
    depth, context = inventory.sweep.depth, device.llama_cpp.context
    if depth + max(ks) > context:
        raise UsageError(
            f"{inventory.path.name}: K {max(ks)} after a depth of {depth} tokens (sweep.depth) needs a context of "
            f"{depth + max(ks)}; devices.{device.name}.llama_cpp.context is {context}. "
            "Lower K or the depth, or raise the context."
        )


def _names(cells: Sequence[Case], place: int) -> list[str]:
    return list(dict.fromkeys(str(cell[place]) for cell in cells))
