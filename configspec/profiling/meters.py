"""The power meter of each device of a run: looked for once, and again where the device was opened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configspec.devices.device import Device
from configspec.devices.metering import DECLARED, Meter, no_meter_reason
from configspec.errors import ConfigspecError
from configspec.records.meter import LookedFor
from configspec.records.power import NO_METER, Power
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import PowerSpec, asked_words, with_secrets
from configspec.theory.figures import Estimate

STATED = "devices.yaml declares the power of this device: nothing is measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What there is to measure a device's power with; `reason`: why there is nothing."""

    meter: Meter | None
    looked_for: tuple[LookedFor, ...] = ()
    reason: str | None = None


class Meters:
    """The meters of a run's devices; `of_host` is the environment that secrets are taken from."""

    def __init__(self, of_host: Mapping[str, str]) -> None:
        self._of_host = of_host
        self._found: dict[str, tuple[Device, Metered]] = {}

    def of(self, device: Device) -> Metered:
        """The meter of an open device. Only a lost device is an error: without a meter the rest is measured.

        Raises:
            TestbedError: The device was lost.
        """
        known = self._found.get(device.name)
        if known is None or known[0] is not device:
            known = self._found[device.name] = device, self._find(device, device.spec)
        return known[1]

    def _find(self, device: Device, spec: DeviceSpec) -> Metered:
        power = spec.power
        if power is None or power.meter == DECLARED:
            return Metered(meter=None, reason=NO_METER if power is None else STATED)
        try:
            options = with_secrets(device.name, power, self._of_host)
            found = device.metering.find(power, options, uses_gpu=spec.llama_cpp.of_gpu() is not None)
        except ConfigspecError as problem:
            if device.lost:
                raise
            return Metered(meter=None, reason=str(problem))
        reason = None if found.meter is not None else no_meter_reason(power, found.looked_for)
        return Metered(meter=found.meter, looked_for=found.looked_for, reason=reason)


def declared_power(power: PowerSpec) -> Power:
    """The power that the owner states: it is a figure of theirs, and says so wherever it is shown."""
    idle_w = power.options.get("idle_watts")
    return Power(
        watts=_stated(power.options["watts"]),
        reason=None,
        idle_w=None if idle_w is None else _stated(idle_w),
        idle_reason="devices.yaml states no power.idle_watts" if idle_w is None else None,
        provenance="declared",
        declared_words=str(power.options["source"]),
        boundary=power.boundary,
        asked=asked_words(power),
    )


def _stated(watts: object) -> Estimate:
    value = float(str(watts))
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)
