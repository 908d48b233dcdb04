"""The repository's own devices.yaml, and the one in the manual."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from configspec.testbed.family_spec import HubSpec
from configspec.testbed.inventory import Inventory, json_schema
from configspec.testbed.prompts import default_prompts
from configspec.testbed.read import read_inventory
from configspec.testbed.yaml_file import read_document

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")


def in_a_copy(text: str, folder: Path) -> Path:
    """The file in a folder of its own, where all that it names exists and is empty."""
    path = folder / "devices.yaml"
    path.write_text(text, encoding="utf-8")
    document: dict[str, Any] = read_document(path)[0]
    for device in document["devices"].values():
        if "replay" in device:
            profile = folder / device["replay"]["profile"]
            devices = json.loads(profile.read_text())["devices"] if profile.exists() else {}
            _write(profile, json.dumps({"devices": {**devices, device["replay"]["device"]: {}}}))
    for family in document["families"].values():
        (folder / family["target"]["transformers"]).mkdir(parents=True)
        for draft in family["drafts"].values():
            if isinstance(draft, str):
                (folder / draft).mkdir(parents=True)
            else:
                for file in draft["gguf"].values():
                    _write(folder / file, "")
    _write(folder / document["sweep"]["prompts"], "")
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def own(tmp_path: Path) -> Inventory:
    return read_inventory(in_a_copy((ROOT / "devices.yaml").read_text(encoding="utf-8"), tmp_path))


def test_our_testbed_is_this_machine_and_the_papers_boards(own: Inventory) -> None:
    """One device that measures, three that replay; two families of three drafts in three quantisations."""
    assert {name: device.tags for name, device in own.devices.items()} == {
        "local": ("host",),
        "paper-rpi4b": ("paper",),
        "paper-rpi5": ("paper",),
        "paper-jetson": ("paper",),
    }
    assert list(own.families) == ["tiny-llama", "tiny-qwen3"]
    for family in own.families.values():
        assert (tuple(family.drafts), family.quants) == (("xs", "s", "m"), ("Q4_K_M", "Q6_K", "Q8_0"))
    assert own.sweep.k == tuple(range(1, 11))


def test_our_testbed_uses_the_carried_prompts(own: Inventory) -> None:
    """The set that users get without a `prompts` key is the one measured here."""
    assert own.sweep.prompts.path is not None
    ours = ROOT / own.sweep.prompts.path.relative_to(own.path.parent)
    assert ours.read_bytes() == default_prompts().path.read_bytes()


@pytest.mark.skipif(
    not (ROOT / "fixtures/models/tiny-qwen3/target").is_dir(), reason="build the small families first: fixtures/models"
)
def test_our_testbed_is_complete() -> None:
    """All that devices.yaml names is in the repository."""
    read_inventory(ROOT / "devices.yaml")


def test_our_testbed_fits_the_schema() -> None:
    """An editor shows no error in it."""
    Draft202012Validator(json_schema()).validate(read_document(ROOT / "devices.yaml")[0])


def test_the_manuals_example_is_read(tmp_path: Path) -> None:
    """It can be copied, and says what the page says it says."""
    example, *_ = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    path = in_a_copy(example, tmp_path)
    Draft202012Validator(json_schema()).validate(read_document(path)[0])
    found = read_inventory(path)
    assert found.sweep.k == (1, 2, 3, 4, 5, 6, 8, 10)
    assert found.serving_for("llama").usd_per_million_tokens == 0.59
    assert found.serving_for("llama").verify_s == 0.35
    assert found.devices["laptop-gpu"].llama_cpp.gpu_layers == -1


EXAMPLE = ROOT / "docs" / "examples" / "devices.yaml"


def test_the_example_is_read_as_it_lies() -> None:
    """Everything in it comes from the hub or a server, so nothing has to be there, and editors show no error."""
    Draft202012Validator(json_schema()).validate(read_document(EXAMPLE)[0])
    found = read_inventory(EXAMPLE)
    drafts = {name: tuple(family.drafts) for name, family in found.families.items()}
    llama, qwen3 = ("1b", "3b", "8b"), ("0.6b", "1.7b", "4b", "8b")
    assert drafts == {"llama-3.1-70b": llama, "llama-3.3-70b": llama, "qwen3-32b": qwen3}


def test_every_server_of_the_example_has_the_tokenizer_of_its_model() -> None:
    """So that vocabularies are compared."""
    for family in read_inventory(EXAMPLE).families.values():
        server = family.target.server
        assert server is not None
        assert server.tokenizer == HubSpec(repo=server.model)
