"""A stand-in for NVIDIA's management library: cards with figures, called as ctypes calls the real one."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import final

UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, INSUFFICIENT_SIZE, DRIVER_NOT_LOADED = 1, 2, 3, 7, 9
FIRST_HANDLE = 0x1000


@dataclass(slots=True, kw_only=True)
class FakeCard:
    """One card. None: it does not support that. `fails`: the status of every question about it from now on."""

    name: str = "NVIDIA GeForce RTX 4090"
    energy_mj: int | None = None
    power_mw: int | None = None
    fails: int = 0


@final
class FakeNvml:
    """The functions that a meter calls. `opened` counts initialisations that were not given back."""

    def __init__(self, *cards: FakeCard, init_status: int = 0) -> None:
        self.cards = list(cards)
        self.init_status = init_status
        self.opened = 0

    def nvmlInit_v2(self) -> int:  # noqa: N802  the library's name
        """Open the library."""
        self.opened += self.init_status == 0
        return self.init_status

    def nvmlShutdown(self) -> int:  # noqa: N802
        """Give it back."""
        if not self.opened:
            return UNINITIALIZED
        self.opened -= 1
        return 0

    def nvmlDeviceGetCount_v2(self, count: ctypes._Pointer[ctypes.c_uint]) -> int:  # noqa: N802
        """How many cards there are."""
        if not self.opened:
            return UNINITIALIZED
        count.contents.value = len(self.cards)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(  # noqa: N802
        self, index: ctypes.c_uint, handle: ctypes._Pointer[ctypes.c_void_p]
    ) -> int:
        """The handle of the card of that number."""
        if not self.opened:
            return UNINITIALIZED
        if index.value >= len(self.cards):
            return INVALID_ARGUMENT
        handle.contents.value = FIRST_HANDLE + index.value
        return 0

    def nvmlDeviceGetName(  # noqa: N802
        self, handle: ctypes.c_void_p, name: ctypes.Array[ctypes.c_char], length: ctypes.c_uint
    ) -> int:
        """The card's name."""
        status, card = self._card(handle)
        if card is None:
            return status
        if len(card.name) >= length.value:
            return INSUFFICIENT_SIZE
        name.value = card.name.encode()
        return status

    def nvmlDeviceGetTotalEnergyConsumption(  # noqa: N802
        self, handle: ctypes.c_void_p, energy: ctypes._Pointer[ctypes.c_ulonglong]
    ) -> int:
        """What the card took since the driver was loaded, mJ."""
        status, card = self._card(handle)
        if card is None:
            return status
        if card.energy_mj is None:
            return NOT_SUPPORTED
        energy.contents.value = card.energy_mj
        return 0

    def nvmlDeviceGetPowerUsage(  # noqa: N802
        self, handle: ctypes.c_void_p, power: ctypes._Pointer[ctypes.c_uint]
    ) -> int:
        """What the card takes, mW."""
        status, card = self._card(handle)
        if card is None:
            return status
        if card.power_mw is None:
            return NOT_SUPPORTED
        power.contents.value = card.power_mw
        return 0

    def _card(self, handle: ctypes.c_void_p) -> tuple[int, FakeCard | None]:
        if not self.opened:
            return UNINITIALIZED, None
        place = (handle.value or 0) - FIRST_HANDLE
        if not 0 <= place < len(self.cards):
            return INVALID_ARGUMENT, None
        card = self.cards[place]
        return (card.fails, None) if card.fails else (0, card)
