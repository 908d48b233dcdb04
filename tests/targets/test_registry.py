"""From a declaration to a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.targets.registry import open_target, target_runtime
from configspec.testbed.specs import HubSpec, ServerSpec, TargetSpec

SERVER = TargetSpec(server=ServerSpec(url="http://verifier:8000/v1", model="large"))


def test_a_hub_entry_must_be_resolved_first() -> None:
    """It is our own bug where it is not."""
    spec = TargetSpec(hub=HubSpec(repo="owner/model"))
    for use in (open_target, target_runtime):
        with pytest.raises(AssertionError, match="resolved"):
            use(spec)


def test_a_servers_runtime_is_its_address() -> None:
    """Nobody is asked for it."""
    assert target_runtime(SERVER) == "OpenAI-compatible server at http://verifier:8000/v1"


@pytest.mark.real
def test_the_runtime_is_known_before_opening(target_folder: Path, target_gguf: Path) -> None:
    """What an open target calls its runtime is what is said without opening it."""
    for spec in (TargetSpec(transformers=target_folder), TargetSpec(gguf=target_gguf)):
        target = open_target(spec)
        assert target.runtime == target_runtime(spec)
        target.close()
