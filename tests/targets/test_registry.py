"""From a declaration to a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.families.build import source_sha256
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.targets.registry import TARGETS, open_target, target_runtime, target_sha256
from configspec.targets.target import TargetVariant
from configspec.testbed.family_spec import HubSpec, ServerSpec, TargetSpec

SERVER = TargetSpec(server=ServerSpec(url="http://verifier:8000/v1", model="large"))


SPECS = {
    "transformers": TargetSpec(transformers=Path("model")),
    "gguf": TargetSpec(gguf=Path("model.gguf")),
    "openai": SERVER,
}


def test_the_registry_and_devices_yaml_know_the_same_variants() -> None:
    """In the same order; an entry of the hub becomes one of them."""
    declared = dict.fromkeys(variant.source for variant in TargetSpec.variants if variant.source != "hub")
    assert [variant.source for variant in TARGETS] == list(declared)


@pytest.mark.parametrize("variant", TARGETS, ids=lambda variant: variant.source)
def test_a_variant_declares_its_own_specs_only(variant: TargetVariant) -> None:
    """So that the order of the tuple does not matter."""
    assert [source for source, spec in SPECS.items() if variant.declares(spec)] == [variant.source]


def test_a_hash_is_of_all_that_a_target_reads(target_folder: Path, tmp_path: Path) -> None:
    """The folder's files, or the GGUF; a server's cannot be seen."""
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    assert target_sha256(TargetSpec(transformers=target_folder)) == source_sha256(target_folder)
    assert target_sha256(TargetSpec(gguf=tmp_path / "model.gguf")) == gguf_sha256(tmp_path / "model.gguf")
    assert target_sha256(SERVER) is None


def test_a_hub_entry_must_be_resolved_first() -> None:
    """It is our own bug where it is not."""
    spec = TargetSpec(hub=HubSpec(repo="owner/model"))
    for use in (open_target, target_runtime, target_sha256):
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
