"""Every spec under one name: what a testbed's `devices.yaml` declares."""

from configspec.testbed.device_spec import DeviceSpec, HealthSpec, LinkSpec, LlamaCppSpec, ReplaySpec, SshSpec
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec, ServerSpec, TargetSpec, TokenizerSpec
from configspec.testbed.inventory import DevicesYaml, Inventory
from configspec.testbed.serving_spec import PriceSpec, ServingSpec
from configspec.testbed.sweep_spec import DecodingSpec, EndToEndSpec, SweepSpec
from configspec.testbed.values import QUANTISATIONS

__all__ = [
    "QUANTISATIONS",
    "DecodingSpec",
    "DeviceSpec",
    "DevicesYaml",
    "DraftSpec",
    "EndToEndSpec",
    "FamilySpec",
    "HealthSpec",
    "HubSpec",
    "Inventory",
    "LinkSpec",
    "LlamaCppSpec",
    "PriceSpec",
    "ReplaySpec",
    "ServerSpec",
    "ServingSpec",
    "SshSpec",
    "SweepSpec",
    "TargetSpec",
    "TokenizerSpec",
]
