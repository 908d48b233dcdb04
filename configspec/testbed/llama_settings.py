"""Values of `llama_cpp` that people write in more than one way: processors, devices, what is on or off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

MAX_CPU = 8191
MAX_GPUS = 16  # llama_max_devices()
CPUS_PATTERN = r"^(0[xX][0-9A-Fa-f]{1,2048}|[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*)$"
# As ggml names them: CUDA0, Vulkan1, BLAS. A name stands in test ids.
GPU_PATTERN = r"^[A-Za-z][A-Za-z0-9_.]{0,40}(,[A-Za-z][A-Za-z0-9_.]{0,40})*$"
# The types that llama-bench takes for the cache.
CacheType: TypeAlias = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
_SWITCHES = {"on": True, "off": False, 1: True, 0: False}  # True is 1 to a dict, and False 0
_FLASH = {"on": "on", "off": "off", "auto": "auto", 1: "on", 0: "off"}


def _cpus(value: object) -> object:
    """The processors of `4-7`, `0,2`, a mask as in `0xF0`, a number or a list of numbers; a ValueError of others."""
    if isinstance(value, str) and re.fullmatch(CPUS_PATTERN, value, re.ASCII):
        numbers = _of_mask(int(value, 16)) if value[:2].lower() == "0x" else _of_ranges(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        numbers = [value]
    elif isinstance(value, list | tuple) and all(type(one) is int for one in value):
        numbers = list(value)
    else:
        numbers = []
    if not numbers or not all(0 <= cpu <= MAX_CPU for cpu in numbers):
        raise ValueError(f"is {value!r:.60}. Write processors, 0 to {MAX_CPU:,}: '4-7', '0,2', or a list of numbers.")
    return tuple(sorted(set(numbers)))


def _of_ranges(text: str) -> list[int]:
    ends = [[int(end) for end in part.split("-")] for part in text.split(",")]
    if any(each[0] > each[-1] for each in ends):
        return []
    return [cpu for each in ends for cpu in range(each[0], each[-1] + 1)]


def _of_mask(mask: int) -> list[int]:
    return [cpu for cpu in range(mask.bit_length()) if mask >> cpu & 1]


def written_cpus(cpus: Sequence[int]) -> str:
    """As people write them: `0-3,6`."""
    text, runs = "", list(cpus)
    for place, cpu in enumerate(runs):
        starts = place == 0 or runs[place - 1] != cpu - 1
        ends = place + 1 == len(runs) or runs[place + 1] != cpu + 1
        text += f",{cpu}" if starts else f"-{cpu}" if ends else ""
    return text.removeprefix(",")


def _gpus(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(GPU_PATTERN, value, re.ASCII) and value.count(",") < MAX_GPUS:
        return tuple(value.split(","))
    raise ValueError(f"is {value!r:.60}. Write llama.cpp's names of devices, as in CUDA0 or 'CUDA0,CUDA1', or none.")


def _switch(value: object) -> object:
    found = _SWITCHES.get(value) if isinstance(value, str | int) else None
    if found is None:
        raise ValueError(f"is {value!r:.60}. Write on or off.")
    return found


def _flash(value: object) -> object:
    found = _FLASH.get(value) if isinstance(value, str | int) else None
    if found is None:
        raise ValueError(f"is {value!r:.60}. Write on, off or auto.")
    return found


_OnOff: TypeAlias = bool | Literal["on", "off", 0, 1]
_CpuNumber: TypeAlias = Annotated[int, Field(ge=0, le=MAX_CPU)]
Switch: TypeAlias = Annotated[
    bool, BeforeValidator(_switch, json_schema_input_type=_OnOff), Field(title="`on` or `off`")
]
FlashAttention: TypeAlias = Annotated[
    Literal["on", "off", "auto"],
    BeforeValidator(_flash, json_schema_input_type=bool | Literal["on", "off", "auto", 0, 1]),
    Field(title="`on`, `off` or `auto`"),
]
Cpus: TypeAlias = Annotated[
    tuple[int, ...],
    BeforeValidator(
        _cpus,
        json_schema_input_type=_CpuNumber
        | Annotated[str, Field(pattern=CPUS_PATTERN)]
        | Annotated[list[_CpuNumber], Field(min_length=1)],
    ),
    Field(title="processors, as in `4-7` or `0,2`"),
]
Gpus: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_gpus, json_schema_input_type=Annotated[str, Field(pattern=GPU_PATTERN)]),
    Field(title="names of devices"),
]


def written_setting(name: str, value: Any) -> str:
    """A value as a test's id has it, and as it could be written in the file."""
    if name == "gpu_layers" and value == -1:
        return "all"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return written_cpus(value) if name == "cpus" else ",".join(value)
    return str(value)
