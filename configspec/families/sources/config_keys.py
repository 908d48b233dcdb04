"""Which keys of a config.json change what a model computes.

The GGUF file that configspec writes says what is in `model_config.ModelConfig`, and nothing else. So a key is *read*,
or *harmless* (it is about training, printing, generating or loading), or *neutral* with the one value that computes
nothing more, or the model is refused by the key's name. A key that nobody here has heard of is refused too: a file that
lacked what it means would load, and only be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.sources.model_json import JsonObject, shown
from configspec.printable import printable

_SIZES = ("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads", "num_hidden_layers")
READ = frozenset(
    (
        *("architectures", *_SIZES, "head_dim", "vocab_size", "max_position_embeddings", "rms_norm_eps"),
        *("rope_theta", "rope_scaling", "rope_parameters", "tie_word_embeddings"),
        *("bos_token_id", "eos_token_id", "pad_token_id"),
    )
)
_OF_LOADING = (
    *("_name_or_path", "name_or_path", "_commit_hash", "model_type", "dtype", "torch_dtype", "transformers_version"),
    *("auto_map", "tokenizer_class", "processor_class", "license", "torchscript", "use_bfloat16"),
    *("unsloth_version", "unsloth_fixed", "is_llama_config", "transformers.js_config", "model_max_length"),
)
_OF_RUNNING = (
    *("use_cache", "cache_implementation", "output_attentions", "output_hidden_states", "output_scores"),
    *("return_dict", "use_return_dict", "return_dict_in_generate", "chunk_size_feed_forward", "pretraining_tp"),
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal", "_attn_implementation_autoset"),
    *("_flash_attn_2_enabled", "use_flash_attn", "use_flash_attention_2", "_experts_implementation"),
)
_OF_TRAINING = (
    *("initializer_range", "attention_dropout", "hidden_dropout", "dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop"),
    *("gradient_checkpointing", "neftune_noise_alpha", "tf_legacy_loss", "finetuning_task", "task_specific_params"),
    *("id2label", "label2id", "num_labels", "problem_type", "max_sequence_length"),
)
_OF_GENERATING = (
    *("is_decoder", "prefix", "do_sample", "temperature", "top_k", "top_p", "typical_p", "max_length", "min_length"),
    *("num_beams", "num_beam_groups", "num_return_sequences", "early_stopping", "length_penalty", "diversity_penalty"),
    *("repetition_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids"),
    *("forced_bos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens"),
    *("remove_invalid_values", "exponential_decay_length_penalty", "decoder_start_token_id"),
    *("sep_token_id", "unk_token_id", "mask_token_id"),
)
HARMLESS = frozenset((*_OF_LOADING, *_OF_RUNNING, *_OF_TRAINING, *_OF_GENERATING, "max_window_layers"))
# The values with which a key computes nothing more; null is one everywhere.
NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "hidden_act": ("silu",),
    **dict.fromkeys(("attention_bias", "qkv_bias", "mlp_bias", "use_bias", "bias"), (False,)),
    **dict.fromkeys(("qk_norm", "use_qk_norm", "qk_layernorm", "rope_interleaved", "use_mup"), (False,)),
    **dict.fromkeys(("use_sliding_window", "is_encoder_decoder", "add_cross_attention"), (False,)),
    **dict.fromkeys(("tie_encoder_decoder", "scale_embeddings"), (False,)),
    **dict.fromkeys(("partial_rotary_factor", "rotary_pct", "embedding_multiplier", "scale_emb"), (1,)),
    **dict.fromkeys(("residual_multiplier", "logits_scaling", "logit_scale"), (1,)),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok"), (0,)),
    "num_nextn_predict_layers": (0,),
    "pruned_heads": ({},),
    # Settings without a value that every model has: the attention's scale, soft caps, windows, weights of other kinds.
    **dict.fromkeys(("attention_multiplier", "query_pre_attn_scalar", "sliding_window", "quantization_config"), ()),
    **dict.fromkeys(("attn_logit_softcapping", "final_logit_softcapping", "logit_softcap"), ()),
}


def check_keys(path: Path, raw: JsonObject, architecture: str) -> None:
    """A UsageError that names the first key of the config.json at `path` that a conversion would leave out.

    Args:
        path: The file, for the message.
        raw: What it holds.
        architecture: transformers' name of the class.

    """
    for key, value in raw.items():
        if value is None or key in READ or key in HARMLESS or _is_neutral(key, value, raw):
            continue
        if key not in NEUTRAL and key != _LAYER_TYPES:
            raise UsageError(
                f"{path}: {printable(key, at_most=60)} is {shown(value)}, and configspec does not know whether that "
                f"changes what {architecture} computes. Delete the key if it does not; else give the draft as ready "
                "GGUF files."
            )
        wanted = _FULL if key == _LAYER_TYPES else " or ".join(map(shown, (*NEUTRAL[key], None)))
        raise UsageError(
            f"{path}: {key} is {shown(value)}; configspec converts {architecture} only with {wanted}. "
            "Give the draft as ready GGUF files instead."
        )


_LAYER_TYPES, _FULL = "layer_types", "full_attention"


def _is_neutral(key: str, value: object, raw: JsonObject) -> bool:
    if key == _LAYER_TYPES:
        return isinstance(value, list) and all(one == _FULL for one in value)
    if key == "sliding_window":  # means nothing where it is switched off; without the switch it is on
        return raw.get("use_sliding_window") is False
    neutral = NEUTRAL.get(key, ())
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in neutral)
