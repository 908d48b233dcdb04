"""What a bare board is, and what it has to build llama.cpp with, as the program on it says (`agent/setup.py`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from configspec.devices.bounded_values import Text

Version = Annotated[str, Meta(max_length=40, pattern=r"^[0-9A-Za-z.+]*$")]
Name = Annotated[str, Meta(max_length=40, pattern=r"^[0-9A-Za-z_]+$")]
Bytes = Annotated[int, Meta(ge=0, le=2**60)]

Accelerator = Literal["cuda", "vulkan", "cpu"]
ACCELERATORS: tuple[Accelerator, ...] = ("cuda", "vulkan", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board and its means.

    `tag` is Python's, as in `cp311`; `pip` the version of pip that a new environment gets, None where none can be made;
    `compatible` the names of a device tree; `instructions` a hash of what the processors can do. `content`: what is in
    `folder`, where the environment belongs; `parent` is the nearest folder above it that exists.
    """

    python: Version
    executable: Text
    tag: Name
    machine: Name
    libc: Name
    libc_version: Version
    pip: Version | None
    compiler: Text | None
    nvcc: Text | None
    cuda: Version | None
    glslc: Text | None
    vulkan: bool
    compatible: Annotated[tuple[Text, ...], Meta(max_length=20)]
    instructions: Version
    cores: Annotated[int, Meta(ge=1, le=100_000)]
    memory_bytes: Bytes | None
    folder: Text
    content: Literal["absent", "begun", "environment", "other"]
    parent: Text
    writable: bool
    free_bytes: Bytes
    online: bool

    @property
    def python_version(self) -> tuple[int, ...]:
        """Major and minor."""
        return numbers(self.python)[:2]

    def key(self, llama_cpp: str, accelerator: Accelerator, cmake_args: str) -> str:
        """The same for boards of which each can use a llama.cpp that another one built; a hash."""
        toolkit = self.cuda if accelerator == "cuda" else None
        parts = (
            llama_cpp,
            self.machine,
            self.libc,
            self.libc_version,
            self.tag,
            self.instructions,
            toolkit,
            cmake_args,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with.

    >>> numbers("2.36"), numbers("24.0.dev1"), numbers("")
    ((2, 36), (24, 0), ())
    """
    found: list[int] = []
    for part in version.split("."):
        if not part.isdecimal() or len(part) > 9:
            break
        found.append(int(part))
    return tuple(found)
