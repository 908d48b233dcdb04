"""A transformers folder as an F16 GGUF file, for the architectures of the small families and their large relatives.

What llama.cpp's convert_hf_to_gguf.py does, as far as `ARCHITECTURES` needs it. The chat template and special tokens go
in too, so that llama.cpp serves the file as transformers would serve the folder; gguf's `SpecialVocab` reads the same,
but believes every file. The same folder gives the same bytes, whatever it is called.
GGUF: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.families.chat.template import DEFAULT, named_templates
from configspec.families.gguf.tensor_plan import PlannedTensor, planned_tensors
from configspec.families.sources.model_config import ModelConfig, read_config
from configspec.families.sources.model_json import wrong
from configspec.families.sources.rope import RopeScaling
from configspec.families.sources.special_tokens import end_ids, named_ids
from configspec.families.sources.text_beginning import ids_before
from configspec.families.sources.tokenizer_json import (
    Tokenizer,
    bpe_merges,
    pre_tokenizer_name,
    read_tokenizer,
)

_NAMED = ("bos", "eos", "unk", "sep", "pad", "mask")  # what both sides have a name for
WRITER_VERSION = 3  # raised with every change of the bytes written: cached files are keyed by it


def write_gguf(folder: Path, out: Path) -> None:
    """Convert a transformers folder into one F16 GGUF file at `out`."""
    config = read_config(folder)
    writer = gguf.GGUFWriter(None, config.architecture)
    _add_model(writer, config)
    _add_tokenizer(writer, folder, config, read_tokenizer(folder))
    plan = list(planned_tensors(folder, config))
    for planned in plan:
        writer.add_tensor_info(planned.name, planned.shape, planned.dtype, planned.size_bytes)
    try:
        writer.write_header_to_file(out)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for planned in plan:
            writer.write_tensor_data(_as_stored(folder, planned))
    except OSError as error:
        if error.errno is None:  # numpy says only "65536 requested and 17408 written"
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out)) from error
        raise
    finally:
        writer.close()


def _add_model(writer: gguf.GGUFWriter, config: ModelConfig) -> None:
    writer.add_type("model")
    writer.add_vocab_size(config.vocabulary)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.feed_forward)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope.theta)
    if config.rope.scaling is not None:
        _add_scaling(writer, config.rope.scaling)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_scaling(writer: gguf.GGUFWriter, scaling: RopeScaling) -> None:
    writer.add_rope_scaling_type(gguf.RopeScalingType(scaling.kind))
    writer.add_rope_scaling_factor(scaling.factor)
    if scaling.original_context is not None:
        writer.add_rope_scaling_orig_ctx_len(scaling.original_context)


def _add_tokenizer(writer: gguf.GGUFWriter, folder: Path, config: ModelConfig, tokenizer: Tokenizer) -> None:
    tokens = tokenizer.padded(config.vocabulary)
    if len(tokens) > config.vocabulary:
        raise UsageError(
            f"{tokenizer.path} has {len(tokens)} tokens, but {config.path} a vocab_size of {config.vocabulary}. "
            "Take both files from the same model."
        )
    special = {**config.special_ids, **named_ids(folder, tokenizer)}
    for name, index in special.items():
        if index >= len(tokens):
            raise wrong(config.path, f"{name}_token_id", index, f"one of the {len(tokens)} tokens")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer_name(tokenizer))
    writer.add_token_list(tokens)
    writer.add_token_types([_token_type(tokenizer, index) for index in range(len(tokens))])
    writer.add_token_merges(bpe_merges(tokenizer))
    _add_special(writer, special, end_ids(folder, len(tokens)))
    # Written even where false: llama.cpp would otherwise begin every "llama-bpe" text with bos.
    writer.add_add_bos_token("bos" in special and special["bos"] in ids_before(tokenizer))
    _add_templates(writer, named_templates(folder)[1])


def _add_templates(writer: gguf.GGUFWriter, templates: Mapping[str, str]) -> None:
    """The default under its own key and others by name, in an order that is always the same (gguf's own is a set's)."""
    named = {re.sub(r"[^A-Za-z0-9]", "_", name): text for name, text in templates.items() if name != DEFAULT}
    for name, text in sorted(named.items()):
        writer.add_string(gguf.Keys.Tokenizer.CHAT_TEMPLATE_N.format(name=name), text)
    if named:
        writer.add_array(gguf.Keys.Tokenizer.CHAT_TEMPLATES, sorted(named))
    if DEFAULT in templates:
        writer.add_chat_template(templates[DEFAULT])


def _add_special(writer: gguf.GGUFWriter, special: Mapping[str, int], ends: Sequence[int]) -> None:
    """The ids with a meaning, each once. llama.cpp knows three that end a text: of a text, a turn and a message."""
    for name in _NAMED:
        if name in special:
            getattr(writer, f"add_{name}_token_id")(special[name])
    more = [index for index in ends if index != special.get("eos")]
    for name, index in zip(("eot", "eom"), more, strict=False):
        getattr(writer, f"add_{name}_token_id")(index)


def _token_type(tokenizer: Tokenizer, index: int) -> gguf.TokenType:
    if index in tokenizer.control:
        return gguf.TokenType.CONTROL
    if index in tokenizer.added:
        return gguf.TokenType.USER_DEFINED
    if index in tokenizer.unused or index >= len(tokenizer.tokens):
        return gguf.TokenType.UNUSED
    return gguf.TokenType.NORMAL


def _as_stored(folder: Path, planned: PlannedTensor) -> NDArray[np.generic]:
    with np.errstate(over="ignore"):
        values = planned.values().astype(planned.dtype)
    if not np.isfinite(values).all():
        raise UsageError(f"{folder}: {planned.name} holds values that are not finite, or beyond F16's 65504.")
    return np.ascontiguousarray(values)
