"""What a board answers about its folder of model files."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.devices.bounded_values import (
    Text,
)
from configspec.records.bounds import Count, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folder of model files: its path, and the names of what is in it."""

    path: Text
    names: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file on the device. `size_bytes` None: it is missing. `sha256` None: its size was not the expected one."""

    path: Text
    size_bytes: Count | None
    sha256: Sha256 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A file was announced: how much of its beginning has arrived before, and the hash of that."""

    have_bytes: Count
    have_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A chunk was written: how much of the file is there."""

    have_bytes: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file is whole, verified and in its place."""

    path: Text
