"""Which settings of a config.json a conversion takes, and which it refuses by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.sources.config_keys import HARMLESS, NEUTRAL, READ, check_keys
from configspec.families.sources.model_config import read_config
from configspec.families.sources.rope import RopeScaling, read_rope
from configspec.printable import printable

MakeFolder = Callable[..., Path]
PATH = Path("m/config.json")
KNOWN = READ | HARMLESS | NEUTRAL.keys() | {"layer_types"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """One error with the file and all these words."""
    with pytest.raises(UsageError) as caught:
        yield
    assert len(caught.value.lines) == 1
    assert all(word in str(caught.value) for word in (str(PATH), *words)), str(caught.value)


@given(st.text(min_size=1, max_size=40).filter(lambda key: key not in KNOWN), json_values)
@example("attention_sinks", True)
def test_a_key_that_nobody_knows_is_refused_by_its_name(key: str, value: object) -> None:
    """Whatever its value, unless it says nothing: null."""
    if value is None:
        check_keys(PATH, {key: value}, "LlamaForCausalLM")
        return
    with refused(printable(key, at_most=60), "does not know whether", "ready GGUF"):
        check_keys(PATH, {key: value}, "LlamaForCausalLM")


@given(st.sampled_from(sorted(HARMLESS)), json_values)
def test_a_harmless_key_passes_with_any_value(key: str, value: object) -> None:
    """It is about training, printing, generating or loading."""
    check_keys(PATH, {key: value}, "LlamaForCausalLM")


def _equal(value: object, neutral: object) -> bool:
    """1 and 1.0 are one number; True is none."""
    return not isinstance(value, bool) and value == neutral


@given(st.sampled_from(sorted(NEUTRAL)), json_values)
def test_a_key_that_computes_passes_with_its_neutral_value_alone(key: str, value: object) -> None:
    """And any other is refused by the key's name."""
    values = NEUTRAL[key]
    if value is None or any(value is one if isinstance(one, bool) else _equal(value, one) for one in values):
        check_keys(PATH, {key: value}, "Qwen3ForCausalLM")
    else:
        with refused(f"{key} is ", "ready GGUF"):
            check_keys(PATH, {key: value}, "Qwen3ForCausalLM")


def test_the_keys_are_of_one_kind_each() -> None:
    """Or which check applies would depend on the order of the code."""
    assert not READ & HARMLESS
    assert not NEUTRAL.keys() & (READ | HARMLESS)
    for key, values in NEUTRAL.items():
        check_keys(PATH, dict.fromkeys((key,), next(iter(values), None)), "LlamaForCausalLM")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("attention_bias", True),
        ("mlp_bias", True),
        ("sliding_window", 4096),
        ("final_logit_softcapping", 30.0),
        ("attn_logit_softcapping", 50.0),
        ("embedding_multiplier", 12.0),
        ("attention_multiplier", 0.0078125),
        ("residual_multiplier", 0.22),
        ("logits_scaling", 8.0),
        ("partial_rotary_factor", 0.5),
        ("use_qk_norm", True),
        ("num_local_experts", 8),
        ("num_experts", 128),
        ("layer_types", ["full_attention", "sliding_attention"]),
        ("no_rope_layers", [1, 0]),
        ("quantization_config", {"quant_method": "awq"}),
        ("text_config", {"hidden_size": 1}),
        ("hidden_act", "gelu"),
    ],
)
def test_what_other_models_compute_is_refused_in_a_folder_too(make_folder: MakeFolder, key: str, value: object) -> None:
    """Granite, Gemma, Phi, OLMo, Mixtral under the name of an architecture that is converted."""
    for architecture in ("LlamaForCausalLM", "Qwen3ForCausalLM"):
        folder = make_folder(architecture, architecture=architecture, config={key: value})
        with pytest.raises(UsageError, match=rf"{folder}/config\.json: {key} is .*ready GGUF"):
            read_config(folder)


def test_a_window_that_is_switched_off_passes(make_folder: MakeFolder) -> None:
    """As Qwen's configurations have it; without the switch it would be on."""
    off = make_folder("off", architecture="Qwen3ForCausalLM", config={"use_sliding_window": False, "sliding_window": 9})
    assert read_config(off).architecture == "qwen3"


@pytest.mark.real
@pytest.mark.parametrize("kind", ["LlamaConfig", "Qwen3Config"])
def test_what_transformers_writes_of_a_plain_model_passes(make_folder: MakeFolder, kind: str) -> None:
    """Every key of it, of the installed version."""
    transformers = pytest.importorskip("transformers")
    folder = make_folder(architecture=kind.replace("Config", "ForCausalLM"))
    written = getattr(transformers, kind)(**json.loads((folder / "config.json").read_text())).to_dict()
    (folder / "config.json").write_text(json.dumps(written))
    assert read_config(folder).layers == 1


LINEAR = RopeScaling(kind="linear", factor=4.0)
YARN = RopeScaling(kind="yarn", factor=4.0, original_context=2048)


@pytest.mark.parametrize("key", ["type", "rope_type"])
@pytest.mark.parametrize("table", ["rope_scaling", "rope_parameters"])
@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_a_stretch_is_the_same_in_each_spelling(key: str, table: str, architecture: str) -> None:
    """The key was called `type` until transformers 4.45, its table `rope_scaling` until 5."""
    for rope, scaling in (
        ({key: "default"}, None),
        ({key: "linear", "factor": 4.0}, LINEAR),
        (
            {key: "yarn", "factor": 4.0, "original_max_position_embeddings": 2048, "beta_fast": 32, "truncate": True},
            YARN,
        ),
    ):
        found = read_rope(PATH, {"rope_theta": 10000.0, table: rope}, architecture)
        assert (found.theta, found.stretch, found.scaling) == (10000.0, None, scaling)


@pytest.mark.parametrize("key", ["type", "rope_type"])
@pytest.mark.parametrize("kind", ["dynamic", "longrope", "su", "mrope", "ntk", "proportional"])
def test_a_stretch_that_llama_cpp_does_not_compute_is_refused_by_name(key: str, kind: str) -> None:
    """In each spelling; a key that is overlooked would give a model that is only worse in long texts."""
    for architecture in ("llama", "qwen3"):
        with refused(f"rope_scaling.rope_type is '{kind}'", "ready GGUF"):
            read_rope(PATH, {"rope_scaling": {key: kind, "factor": 4.0}}, architecture)
    with refused("rope_type is 'llama3'", "for qwen3"):
        read_rope(PATH, {"rope_scaling": {key: "llama3", "factor": 8.0}}, "qwen3")


@pytest.mark.parametrize(
    ("rope", "told"),
    [
        ({"type": "linear", "rope_type": "yarn", "factor": 2.0}, "rope_scaling.rope_type is a list of 2"),
        ({"type": 3}, "rope_scaling.rope_type is 3"),
        ({"type": "linear"}, "rope_scaling.factor is null"),
        ({"type": "linear", "factor": -1}, "factor is -1"),
        ({"type": "linear", "factor": "4"}, "factor is '4'"),
        ({"type": "yarn", "factor": 4.0}, "rope_scaling.original_max_position_embeddings is null"),
        (
            {"type": "yarn", "factor": 0.5, "original_max_position_embeddings": 9},
            "factor is 0.5, not a number of 1 or more",
        ),
        ({"type": "linear", "factor": 4.0, "attention_factor": 1.2}, "rope_scaling.attention_factor is 1.2"),
        (
            {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 9, "mscale": 1.0},
            "rope_scaling.mscale is 1.0",
        ),
        (
            {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 9, "beta_fast": 16},
            "rope_scaling.beta_fast is 16",
        ),
        ({"type": "default", "mrope_section": [16, 24, 24]}, "rope_scaling.mrope_section is a list of 3"),
        ({"type": "default", "partial_rotary_factor": 0.25}, "rope_scaling.partial_rotary_factor is 0.25"),
        ({"full_attention": {"rope_type": "default"}}, "rope_scaling.full_attention is a table"),
    ],
)
def test_what_is_wrong_with_a_stretch_is_named(rope: dict[str, Any], told: str) -> None:
    """The key, and what it holds."""
    with refused(told):
        read_rope(PATH, {"rope_scaling": rope}, "llama")


def test_two_tables_that_differ_are_refused() -> None:
    """Of which transformers would take the older."""
    both = {"rope_scaling": {"type": "linear", "factor": 4.0}, "rope_parameters": {"rope_type": "default"}}
    with refused("rope_scaling is a table, not what rope_parameters says too, which is default"):
        read_rope(PATH, both, "llama")
