"""Ways in which a board is unavailable, each an error of its own, so that a caller can tell them apart."""

from __future__ import annotations

from configspec.errors import TestbedError


class DeviceOffline(TestbedError):  # noqa: N818 (what was found)
    """Nothing answers where the board should be."""


class LinkLost(TestbedError):  # noqa: N818
    """The link to the board died in use."""


class DeviceBusy(TestbedError):  # noqa: N818
    """Another run holds the board."""


class AgentFailed(TestbedError):  # noqa: N818
    """The agent met an exception that it does not expect: our bug there, or another program in its place."""


class DeviceUnhealthy(TestbedError):  # noqa: N818
    """The board is not as it must be for a measurement."""
