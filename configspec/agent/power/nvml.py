"""NVIDIA's management library, NVML: the meter on graphics cards. It shows the card, never the host around it.

https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html
nvmlDeviceGetTotalEnergyConsumption: mJ since the driver was loaded (Volta and later), anew about every 100 ms;
nvmlDeviceGetPowerUsage: mW, a mean of 1 s on Ampere and later. The counter is taken where there is one.

On A100 and H100 the sensor looks at a quarter of the time only (https://arxiv.org/abs/2312.02741): measure for several
seconds, several times. On Jetson boards the library loads and counts a card, and then supports nothing: it is taken
as absent there.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Mapping
from typing import Dict, Tuple, Union, final

from ..protocol import usage_error
from .channels.libraries import Library
from .meter import (
    JOULES,
    WATTS,
    Channel,
    Meter,
    MeterFacts,
    MeterKind,
    NoMeterError,
    Option,
    Reading,
    ReadingError,
)
from .surroundings import Surroundings, optional_text

LIBRARY = "libnvidia-ml.so.1"
ENERGY, POWER = "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage"
PERIOD_S = 0.1
MEAN_S = 1.0  # of the power; older cards show the moment, and none tells which it does
NAME_BYTES = 96
QUARTER = ("A100", "H100")  # whose sensor looks at a part of the time
STATUS = {
    3: "this card does not support it",
    4: "the user has no permission",
    6: "it was not found",
    9: "the NVIDIA driver is not loaded",
    13: "this driver is too old for it",
    15: "the card is lost: it fell off its bus, or has failed",
    16: "the card must be reset",
    18: "the driver was updated while it ran: restart the board",
}
Number = Union[ctypes.c_uint, ctypes.c_ulonglong]


class _RefusedError(Exception):
    """A function returned another status than success."""


def _call(library: Library, function: str, *arguments: object) -> None:
    try:
        call = getattr(library, function)
    except AttributeError:
        raise _RefusedError(f"{function}: {STATUS[13]}") from None
    status = call(*arguments)
    if status != 0:
        raise _RefusedError(f"{function}: {STATUS.get(status, 'it failed')} (NVML status {status})")


def _number(library: Library, function: str, number: Number, *arguments: object) -> int:
    """What the function writes into `number`."""
    _call(library, function, *arguments, ctypes.pointer(number))
    return int(number.value)


def _shown(library: Library, handle: ctypes.c_void_p, shows: str) -> float:
    """The counter in joules, or the power in watts."""
    if shows == JOULES:
        return _number(library, ENERGY, ctypes.c_ulonglong(), handle) * 1e-3
    return _number(library, POWER, ctypes.c_uint(), handle) * 1e-3


@final
class Nvml:
    """One card."""

    def __init__(self, around: Surroundings, library: Library, handle: ctypes.c_void_p, facts: MeterFacts) -> None:
        self._around = around
        self._library = library
        self._handle = handle
        self._open = True
        self.facts = facts

    def read(self) -> Reading:
        """The card's counter, or its power where it has none."""
        begin_s = self._around.now_s()
        try:
            value = _shown(self._library, self._handle, self.facts.shows)
        except _RefusedError as problem:
            raise ReadingError(str(problem)) from None
        return Reading((begin_s + self._around.now_s()) / 2, (value,))

    def close(self) -> None:
        """Give the library back, once."""
        if self._open:
            self._open = False
            _shut_down(self._library)


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The card of that number; the only one where none is named."""
    if "nvidia,tegra" in (optional_text(around, around.root / "proc/device-tree/compatible") or ""):
        raise NoMeterError("NVML shows no power on a Jetson board")
    if not around.uses_gpu and "gpu" not in options:
        raise NoMeterError("the device drafts without a GPU; to read a card all the same, name it in power.gpu")
    try:
        library = around.library(LIBRARY)
    except OSError:
        raise NoMeterError(f"{LIBRARY} of the NVIDIA driver is not installed") from None
    try:
        _call(library, "nvmlInit_v2")
    except _RefusedError as problem:
        raise NoMeterError(str(problem)) from None
    try:
        return _card(around, library, options)
    except _RefusedError as problem:
        _shut_down(library)
        raise NoMeterError(str(problem)) from None
    except BaseException:
        _shut_down(library)
        raise


def _card(around: Surroundings, library: Library, options: Mapping[str, object]) -> Nvml:
    index = _index(_number(library, "nvmlDeviceGetCount_v2", ctypes.c_uint()), options.get("gpu"))
    handle = ctypes.c_void_p()
    _call(library, "nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.pointer(handle))
    name = ctypes.create_string_buffer(NAME_BYTES)
    _call(library, "nvmlDeviceGetName", handle, name, ctypes.c_uint(NAME_BYTES))
    shows, lag_s = _what_it_shows(library, handle)
    model = name.value.decode("utf-8", "replace")
    sensor: Dict[str, object] = {"gpu": index, "model": model}
    if any(one in model for one in QUARTER):
        sensor["seen_share"] = 0.25
    return Nvml(
        around,
        library,
        handle,
        MeterFacts(
            meter="nvml",
            shows=shows,
            boundary="module",
            channels=(Channel("gpu"),),
            period_s=PERIOD_S,
            lag_s=lag_s,
            sensor=sensor,
        ),
    )


def _index(count: int, asked: object) -> int:
    if count == 0:
        raise NoMeterError("the NVIDIA driver shows no card")
    if asked is None and count > 1:
        raise NoMeterError(f"there are {count} cards: name one in power.gpu, 0 to {count - 1}")
    index = asked if isinstance(asked, int) else 0
    if index >= count:
        raise usage_error(f"power.gpu is {index}, and there is no such card", hint=f"There are: 0 to {count - 1}.")
    return index


def _what_it_shows(library: Library, handle: ctypes.c_void_p) -> Tuple[str, float]:
    """Joules or watts, whichever it can, with the lag, seconds."""
    try:
        _shown(library, handle, JOULES)
    except _RefusedError:
        _shown(library, handle, WATTS)
        return WATTS, MEAN_S
    return JOULES, 0.0


def _shut_down(library: Library) -> None:
    with contextlib.suppress(_RefusedError):  # the driver is gone, and nothing can be given back to it
        _call(library, "nvmlShutdown")


KIND = MeterKind(
    name="nvml",
    find=find,
    page="https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html",
    options=(Option("gpu", "The card's number, as nvidia-smi counts; needed if there are several", "whole"),),
    boundary="module",
    auto=True,
)
