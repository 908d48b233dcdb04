"""Read a testbed's `devices.yaml`: keys, paths, and whether its parts fit together.

All that is wrong is reported at once, in one UsageError with a line for each key. Two rounds: only where every key is
right are the parts compared. Reading touches files, never a device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import FamilySpec
from configspec.testbed.inventory import DevicesYaml, Inventory
from configspec.testbed.power_spec import places
from configspec.testbed.problems import check, refusal
from configspec.testbed.quant_names import is_label
from configspec.testbed.serving_spec import ServingSpec
from configspec.testbed.shared_boards import board_of
from configspec.testbed.sweep_spec import SweepSpec
from configspec.testbed.yaml_file import read_document
from configspec.theory.serving.assumptions import Serving


def read_inventory(path: Path) -> Inventory:
    """The testbed that `path` declares; relative paths in it begin at its folder.

    Raises:
        UsageError: The file cannot be read, or something in it must be changed: every such thing, a line each.
    """
    document, content = read_document(path)
    if document is None:
        raise UsageError(
            f"{path.name}: the file is empty. Declare a device: `devices: {{local: {{connection: local}}}}`."
        )
    file, problems = check(document, path.absolute().parent)
    if file is not None:
        problems = [*_misfits(file)]
    if file is None or problems:
        raise refusal(path.name, problems)
    serving = file.serving.over(Serving())
    return Inventory(
        path=path.absolute(),
        sha256=hashlib.sha256(content).hexdigest(),
        devices=file.devices,
        families=file.families,
        sweep=file.sweep,
        serving=serving,
        serving_by_family={
            name: family.serving.over(serving)
            for name, family in file.families.items()
            if family.serving != ServingSpec()
        },
    )


def _misfits(file: DevicesYaml) -> Iterator[str]:
    """Parts that are right alone and wrong together."""
    for device in file.devices.values():
        if device.connection is not None:
            yield from _short_context(device, file.sweep)
    yield from _shared_meters(file.devices.values())
    for family in file.families.values():
        yield from _missing_quants(family)
    yield from _contradictions(file)


def _contradictions(file: DevicesYaml) -> Iterator[str]:
    """Serving assumptions that need one another."""
    serving = file.serving.over(Serving())
    if serving.contradiction is not None:
        yield f"serving {serving.contradiction}. Correct one of them."
        return
    for family in file.families.values():
        why = family.serving.over(serving).contradiction
        if why is not None:
            yield f"families.{family.name}.serving {why}. Correct one of them, there or in `serving`."


def _shared_meters(devices: Iterable[DeviceSpec]) -> Iterator[str]:
    """Two boards behind one plug would each be charged with both. One board may be declared twice."""
    known: dict[object, DeviceSpec] = {}
    for device in devices:
        others = [known.setdefault(one, device) for one in (places(device.power) if device.power else ())]
        other = next((one for one in others if board_of(one) != board_of(device)), None)
        if other is not None:
            yield (
                f"devices.{device.name}.power is the same meter as devices.{other.name}.power: it would charge each "
                "with both. Give each a meter, or a channel, of its own."
            )


def _short_context(device: DeviceSpec, sweep: SweepSpec) -> Iterator[str]:
    needed, context = sweep.depth + max(sweep.k), device.llama_cpp.least("context")
    if needed > context:
        yield (
            f"sweep.depth + the largest sweep.k is {sweep.depth} + {max(sweep.k)} = {needed} tokens, more than "
            f"devices.{device.name}.llama_cpp.context, {context}. "
            "Lower the depth or K, or raise the context."
        )


def _missing_quants(family: FamilySpec) -> Iterator[str]:
    for draft in family.drafts.values():
        here = f"families.{family.name}.drafts.{draft.name}"
        quants = family.quants_of(draft)
        asks = f"{here}.quants" if draft.quants else f"families.{family.name}.quants"
        file = None if draft.hub is None else draft.hub.file
        if file is not None and "{quant}" not in file and len(quants) > 1:
            yield (
                f"{here}.file is {file!r}, the same file for each of {', '.join(quants)}. "
                "Write {quant} where its name says the quantisation."
            )
        for quant in quants:
            if draft.gguf is not None and quant not in draft.gguf:
                yield (
                    f"{here}.gguf has no {quant}, which {asks} asks for. "
                    f"Add its file, or take {quant} from the quants, or give this draft `quants` of its own."
                )
            if draft.safetensors is not None and is_label(quant):
                yield (
                    f"{asks} has {quant}, a label of ready files: llama.cpp cannot make it of {here}.safetensors. "
                    "Give this draft `quants` of its own, by llama.cpp's names."
                )
