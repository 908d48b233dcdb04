"""From what the inventory declares to an open target: all variants, and which one a spec means.

To add a variant: a class in a file of its own, its keys in `TargetSpec`, a line here, a target for the contract tests.
"""

from __future__ import annotations

from configspec.targets.llama_target import LlamaVariant
from configspec.targets.prompt_source import PromptSource
from configspec.targets.server.server_target import ServerVariant
from configspec.targets.target import Target, TargetVariant
from configspec.targets.transformers_target import TransformersVariant
from configspec.testbed.family_spec import TargetSpec

TARGETS: tuple[TargetVariant, ...] = (TransformersVariant(), LlamaVariant(), ServerVariant())


def open_target(spec: TargetSpec) -> Target:
    """The target of `spec`; close it when done. Errors: see `TargetVariant.open`."""
    return _variant_of(spec).open(spec)


def prompt_source(spec: TargetSpec) -> PromptSource:
    """What makes the prompts of the target of `spec`; close it when done. Errors: see `TargetVariant.prompts`."""
    return _variant_of(spec).prompts(spec)


def target_runtime(spec: TargetSpec) -> str:
    """What will compute the target, without opening it; a UsageError where what it needs is not installed."""
    return _variant_of(spec).runtime(spec)


def target_sha256(spec: TargetSpec) -> str | None:
    """One hash of a target's files; None where a server has them."""
    return _variant_of(spec).sha256(spec)


def _variant_of(spec: TargetSpec) -> TargetVariant:
    for variant in TARGETS:
        if variant.declares(spec):
            return variant
    raise AssertionError("a hub entry is resolved before a target is opened")
