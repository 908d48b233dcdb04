"""Where a draft's file is on a device: this host's own file, or the device's copy, whose hash is compared first."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.devices.device import Device
from configspec.devices.model_folder import FoundFile
from configspec.errors import UsageError
from configspec.families.board_files import BoardFile
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

SHOWN = 12  # digits of a hash in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedModel:
    """A draft's file on a device, and how it is opened there; `source` is the same file on this host."""

    path: Path
    source: Path
    llama_cpp: LlamaCppSpec
    cache_bytes: int  # of the key-value cache for that context


def shares_this_hosts_files(spec: DeviceSpec) -> bool:
    """Whether the device opens this host's files where they lie: it is this machine, and names no folder of its own."""
    return spec.connection == "local" and spec.models is None


def find_model(device: Device, files: Sequence[BoardFile], push: str) -> Path:
    """The path on the device of the first of a model's files, after all of them were found and compared by hash.

    Args:
        device: Where they should be.
        files: As they are on this host.
        push: The command that would copy them.

    Raises:
        UsageError: One is missing there, or is another file. The device itself is sound.
    """
    found = [device.models.find(file.name, file.size_bytes) for file in files]
    for file, there in zip(files, found, strict=True):
        problem = _problem(file, there)
        if problem is not None:
            another = "" if there.size_bytes is None else " --replace"
            raise UsageError(f"{device.name}: {there.path}: {problem}. Copy it to the device: {push}{another}")
    return Path(found[0].path)


def push_command(inventory: Path, device: str, *only: str) -> str:
    """What copies all drafts to a device, or those of a family, draft and quantisation only, as it is typed."""
    filters = [word for pair in zip(("--family", "--draft", "--quant"), only, strict=False) for word in pair]
    words = ["configspec", "models", "push", device, *filters]
    if inventory.absolute() != Path("devices.yaml").absolute():
        words += ["--inventory", str(inventory)]
    return shlex.join(words)


def _problem(file: BoardFile, there: FoundFile) -> str | None:
    if there.size_bytes is None:
        return "the draft's file is missing"
    if there.size_bytes != file.size_bytes:
        return f"a different file: {there.size_bytes} bytes, but {file.path} has {file.size_bytes}"
    if there.sha256 != file.sha256:
        hashes = f"its hash is {str(there.sha256)[:SHOWN]}..., but that of {file.path} is {file.sha256[:SHOWN]}..."
        return f"a different file: {hashes}"
    return None
