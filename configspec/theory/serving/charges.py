"""What a round costs in dollars: the sum of what the price declares, one class each.

    USD of a round = tokens billed + GPU-seconds + traffic + energy of the device

A new charge is a class here, a line in `CHARGES`, and its figures in `Prices`. All are in dollars for a million rounds,
as prices of tokens are for a million. What is not declared is not charged: the paper's price is that of tokens alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Generic, Literal, Protocol, final

from configspec.theory.figures import Number
from configspec.theory.serving.billing import billing
from configspec.theory.serving.link_seconds import AssumedLink

if TYPE_CHECKING:
    from configspec.theory.serving.assumptions import Serving

MILLION = 1_000_000
BYTES_PER_GB = 1e9  # decimal, as clouds bill it
JOULES_PER_KWH = 3.6e6
SECONDS_PER_HOUR = 3600.0
RoundFigure = Literal["round_s", "power_w", "idle_w"]  # what a device does in a round, as objectives name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices besides that of a token; None: not charged."""

    usd_per_million_input_tokens: float | None = None
    usd_per_million_cached_tokens: float | None = None
    usd_per_gpu_hour: float | None = None
    gpus: float = 1.0  # of the verifier, together in one pass
    usd_per_gb_up: float | None = None  # from the device
    usd_per_gb_down: float | None = None
    usd_per_kwh: float | None = None  # at the device

    def times(self, factor: float) -> Prices:
        """Every price multiplied."""
        usd = {name: getattr(self, name) for name in PRICE_NAMES}
        return replace(self, **{name: one * factor for name, one in usd.items() if one is not None})


PRICE_NAMES = tuple(one.name for one in fields(Prices) if one.name.startswith("usd_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round(Generic[Number]):
    """What is charged for: a round of K; or arrays of them.

    Joules are of the device, within the assumed boundary; NaN where its power is not known.
    """

    k: Number
    server_s: Number
    device_j: Number


class Charge(Protocol):
    """One part of the price of a round."""

    @property
    def name(self) -> str:
        """As a report and the JSON have it."""

    def declared(self, serving: Serving) -> bool:
        """Whether the assumptions charge for it."""

    def usd_per_million_rounds(self, one: Round[Number], serving: Serving) -> Number:
        """Dollars for a million rounds, where it is declared."""

    def alone(self, serving: Serving) -> Serving:
        """The assumptions with this charge and no other."""


@final
class Tokens:
    """Tokens, by the billing law that is assumed (`billing.py`)."""

    name = "tokens"

    def declared(self, serving: Serving) -> bool:
        """Unless nothing is billed."""
        return serving.bills != "nothing"

    def usd_per_million_rounds(self, one: Round[Number], serving: Serving) -> Number:
        """As the law has it."""
        return billing(serving.bills).usd_per_million_rounds(one.k, serving)

    def alone(self, serving: Serving) -> Serving:
        """With the prices of tokens."""
        return _with_alone(serving, "usd_per_million_input_tokens", "usd_per_million_cached_tokens")


@final
class GpuSeconds:
    """The verifier's own seconds of a round, on all its GPUs, shared by the rounds of its pass: T_server g u / b.

    It is how a rented or owned verifier is paid, if it is kept busy: SpecEdge compares its systems by dollars per GPU
    second (arXiv 2505.17052). Seconds in which it stands idle have to be in the price.
    """

    name = "GPU-seconds"

    def declared(self, serving: Serving) -> bool:
        """Where an hour has a price."""
        return serving.prices.usd_per_gpu_hour is not None

    def usd_per_million_rounds(self, one: Round[Number], serving: Serving) -> Number:
        """T_server g u / b, u the price of a second."""
        second_usd = (serving.prices.usd_per_gpu_hour or 0.0) / SECONDS_PER_HOUR
        return MILLION * second_usd * serving.prices.gpus / serving.batch * one.server_s

    def alone(self, serving: Serving) -> Serving:
        """With the price of an hour."""
        return _with_alone(replace(serving, bills="nothing"), "usd_per_gpu_hour")


@final
class Traffic:
    """The bytes of a round's payload and overhead, each way at its price.

    Clouds bill what leaves them (down, from the device's side) by the decimal GB, and mostly not what enters; a mobile
    contract bills both. The payload is that of the link, token ids where no link is declared.
    """

    name = "traffic"

    def declared(self, serving: Serving) -> bool:
        """Where a GB has a price, in either direction."""
        return (serving.prices.usd_per_gb_up, serving.prices.usd_per_gb_down) != (None, None)

    def usd_per_million_rounds(self, one: Round[Number], serving: Serving) -> Number:
        """Bytes up and down, each at its price."""
        link, prices = serving.link or AssumedLink(), serving.prices
        up_usd, down_usd = (prices.usd_per_gb_up or 0.0) / BYTES_PER_GB, (prices.usd_per_gb_down or 0.0) / BYTES_PER_GB
        return MILLION * (link.up_bytes(one.k) * up_usd + link.down_bytes * down_usd)

    def alone(self, serving: Serving) -> Serving:
        """With the prices of a GB."""
        return _with_alone(replace(serving, bills="nothing"), "usd_per_gb_up", "usd_per_gb_down")


@final
class DeviceEnergy:
    """The device's energy of a round at the price of a kWh, within the boundary that the energy objective has."""

    name = "energy of the device"

    def declared(self, serving: Serving) -> bool:
        """Where a kWh has a price."""
        return serving.prices.usd_per_kwh is not None

    def usd_per_million_rounds(self, one: Round[Number], serving: Serving) -> Number:
        """Joules, at the price of 3.6 million."""
        return MILLION * (serving.prices.usd_per_kwh or 0.0) / JOULES_PER_KWH * one.device_j

    def alone(self, serving: Serving) -> Serving:
        """With the price of a kWh."""
        return _with_alone(replace(serving, bills="nothing"), "usd_per_kwh")


CHARGES: tuple[Charge, ...] = (Tokens(), GpuSeconds(), Traffic(), DeviceEnergy())


def declared_charges(serving: Serving) -> Sequence[Charge]:
    """What the assumptions charge for."""
    return [one for one in CHARGES if one.declared(serving)]


def usd_per_million_rounds(one: Round[Number], serving: Serving) -> Number:
    """All that is charged for a million rounds, in dollars."""
    total = 0.0 * one.k
    for charge in declared_charges(serving):
        total = total + charge.usd_per_million_rounds(one, serving)
    return total


def _with_alone(serving: Serving, *names: str) -> Serving:
    """With these of its other prices."""
    kept = {name: getattr(serving.prices, name) for name in names}
    return replace(serving, prices=Prices(gpus=serving.prices.gpus, **kept))
