"""`configspec models push`: the drafts of the inventory, copied to the folders of its devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from configspec.cache import Store, default_root
from configspec.cli.all_problems import raise_all
from configspec.cli.output import error_stream, say
from configspec.cli.transfer_progress import TransferProgress
from configspec.devices.device import Device, open_device
from configspec.errors import ConfigspecError, UsageError
from configspec.families.board_files import BoardFile, board_files
from configspec.families.build import ensure_draft
from configspec.families.resolve import resolve_draft
from configspec.profiling.staging import shares_this_hosts_files
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import DraftSpec, FamilySpec
from configspec.theory.sizes import shown_bytes


def push_models(devices: Sequence[DeviceSpec], families: Sequence[FamilySpec], *, overwrite: bool) -> None:
    """Copy what is missing to each device in turn; an error of one, or of one draft, does not stop the others.

    Raises:
        UsageError, TestbedError: What went wrong, of all devices, at the end.
    """
    boards = [spec for spec in devices if _has_a_folder(spec)]
    problems: list[ConfigspecError] = []
    files = _files(families, problems) if boards else []
    for spec in boards:
        try:
            # The emulated link is for what is measured.
            with open_device(replace(spec, link=None), default_root()) as device:
                problems += _push(device, files, overwrite)
        except ConfigspecError as problem:
            problems.append(problem)
    raise_all(problems)


def _has_a_folder(spec: DeviceSpec) -> bool:
    if spec.connection is None:
        say(f"{spec.name}: replays recorded figures, so it opens no model.")
    elif shares_this_hosts_files(spec):
        say(f"{spec.name}: opens this host's own files: there is nothing to push.")
    else:
        return True
    return False


def _files(families: Sequence[FamilySpec], problems: list[ConfigspecError]) -> list[BoardFile]:
    """Every file of the drafts, built or fetched where need be; a UsageError where two would have one name.

    What is wrong with one draft is added to `problems`.
    """
    store, by_name = Store(default_root()), dict[str, BoardFile]()
    for family in families:
        for declared in family.drafts.values():
            try:
                files = _files_of(family, declared, store)
            except ConfigspecError as problem:
                problems.append(problem)
                continue
            for file in files:
                same = by_name.setdefault(file.name, file)
                if same.sha256 != file.sha256:
                    raise UsageError(
                        f"{same.path} and {file.path} differ and would both be {file.name} on a device. "
                        "Give one of them another name."
                    )
    return list(by_name.values())


def _files_of(family: FamilySpec, declared: DraftSpec, store: Store) -> list[BoardFile]:
    quants = family.quants_of(declared)
    draft = resolve_draft(family.name, declared, quants, _say)
    return [
        file
        for quant in quants
        for file in board_files(family.name, draft, quant, ensure_draft(family, draft, quant, store, _say))
    ]


def _push(device: Device, files: Sequence[BoardFile], overwrite: bool) -> list[ConfigspecError]:
    problems: list[ConfigspecError] = []
    for number, file in enumerate(files, 1):
        progress = TransferProgress(f"{device.name} {file.name}", error_stream())
        try:
            found = device.models.find(file.name, file.size_bytes)
            done, path = "already there", found.path
            if found.sha256 != file.sha256:
                path = device.models.push(file.path, file.name, file.sha256, replace=overwrite, progress=progress)
                done = shown_bytes(file.size_bytes)
        except ConfigspecError as problem:
            if device.lost:
                raise
            problems.append(problem)
            continue
        finally:
            progress.end()
        say(f"{device.name} [{number}/{len(files)}] {file.name}: {done}: {path}")
    return problems


def _say(text: str) -> None:
    say(f"  {text}")
