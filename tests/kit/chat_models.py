"""Small models in the shapes of well-known chat models: special tokens, what begins a text, what templates can do.

The templates are written for the tests, in their own words; each uses the features of the family that it is named
after. The weights are random.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from configspec.testbed.prompt import Prompt
from configspec.testbed.prompts import PromptSet

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
PUNCTUATION = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|\p{N}{1,3}" + PUNCTUATION
QWEN2 = CONTRACTIONS + r"|\p{N}" + PUNCTUATION
MERGES = (("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("r", "e"), ("Ġ", "Ġ"))
WIDTH, HEADS = 32, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One family. `special` are its special tokens, `added` tokens that are text; `begins` go before every text."""

    special: tuple[str, ...]
    template: str | None
    begins: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    bos: str | None = None
    ends: tuple[str, ...] = ()
    regex: str = LLAMA3


LLAMA_3 = Shape(
    special=("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    begins=("<|begin_of_text|>",),
    bos="<|begin_of_text|>",
    ends=("<|end_of_text|>", "<|eot_id|>"),
    template="""{{- bos_token }}
{%- if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}
{%- if strftime_now is defined %}
    {%- set today = strftime_now("%d %b %Y") %}
{%- else %}
    {%- set today = "1 Jan 2000" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday is " + today + ".\\n\\n" + system + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
)
QWEN_3 = Shape(
    special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    added=("<think>", "</think>"),
    ends=("<|im_end|>", "<|endoftext|>"),
    regex=QWEN2,
    template="""{%- if tools %}
    {{- '<|im_start|>system\\n' + (tools | tojson) + '<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set last = namespace(index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- if message.role == "user" and message.content is string %}
        {%- set last.index = (messages|length - 1) - loop.index0 %}
        {%- break %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == "system" and loop.first %}{% continue %}{% endif %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
)
GEMMA = Shape(
    special=("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"),
    begins=("<bos>",),
    bos="<bos>",
    ends=("<eos>", "<end_of_turn>"),
    template="""{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('no system role here') }}{% endif %}
{% for message in messages %}
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('roles must take turns') }}
    {% endif %}
    {% set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}""",
)
GPT_OSS = Shape(
    special=("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>"),
    bos="<|startoftext|>",
    ends=("<|return|>", "<|endoftext|>"),
    template="""{%- macro about_the_model() %}
{{- (model_identity if model_identity is defined else "A model.") + "\\n" }}
{{- "Current date: " + strftime_now("%Y-%m-%d") + "\\n\\n" }}
{%- if reasoning_effort is not defined %}{% set reasoning_effort = "medium" %}{% endif %}
{{- "Reasoning: " + reasoning_effort }}
{%- endmacro %}
{{- "<|start|>system<|message|>" }}{{ about_the_model() }}{{- "<|end|>" }}
{%- if messages[0].role in ["developer", "system"] %}
    {{- "<|start|>developer<|message|># Instructions\\n\\n" + messages[0].content + "<|end|>" }}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set rest = messages %}
{%- endif %}
{%- for message in rest %}
    {%- if message.role == "user" %}{{- "<|start|>user<|message|>" + message.content + "<|end|>" }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|start|>assistant{% endif %}""",
)
GLM = Shape(  # what begins a text is two tokens, of which the template writes both
    special=("<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>"),
    begins=("[gMASK]", "<sop>"),
    ends=("<|endoftext|>", "<|user|>"),
    template="[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
)
BASE = Shape(special=("<s>", "</s>"), begins=("<s>",), bos="<s>", ends=("</s>",), template=None)
NAMED_NOT_ADDED = Shape(special=("<|startoftext|>", "<|endoftext|>"), bos="<|startoftext|>", template=None)
SHAPES = {
    "llama-3": LLAMA_3,
    "qwen3": QWEN_3,
    "gemma": GEMMA,
    "gpt-oss": GPT_OSS,
    "base": BASE,
    "named, not added": NAMED_NOT_ADDED,
}


def set_of(*prompts: Prompt) -> PromptSet:
    """These prompts as a set."""
    return PromptSet(path=Path("p.jsonl"), shape="prompts", prompts=prompts, in_file=len(prompts))


def write_folder(folder: Path, shape: Shape) -> Path:
    """A transformers folder of this shape, weights included; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    # Added tokens come last: the tokenizers package numbers them after the vocabulary, whatever the file says.
    texts = (*_letters(), *("".join(merge) for merge in MERGES), *shape.special, *shape.added)
    ids = {text: index for index, text in enumerate(texts)}
    _write(folder / "tokenizer.json", _tokenizer(shape, ids))
    end = shape.ends[0] if shape.ends else shape.special[-1]
    named = {"bos_token": shape.bos, "eos_token": end, "tokenizer_class": "PreTrainedTokenizerFast"}
    _write(folder / "tokenizer_config.json", named | {"clean_up_tokenization_spaces": False})
    if shape.template is not None:
        (folder / "chat_template.jinja").write_text(shape.template, encoding="utf-8")
    _write(folder / "generation_config.json", {"eos_token_id": [ids[text] for text in shape.ends or (end,)]})
    bos = None if shape.bos is None else ids[shape.bos]
    _write(folder / "config.json", _config(len(texts)) | {"bos_token_id": bos, "eos_token_id": ids[end]})
    _write_weights(folder / "model.safetensors", len(texts))
    return folder


def _letters() -> list[str]:
    """The 256 characters that stand for bytes in byte-level BPE (GPT-2's `bytes_to_unicode`), by byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(moved)) for byte in range(256)]


def _tokenizer(shape: Shape, ids: Mapping[str, int]) -> dict[str, Any]:
    exact = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    sequence = [{"Sequence": {"id": "A", "type_id": 0}}]
    begin = [{"SpecialToken": {"id": text, "type_id": 0}} for text in shape.begins]
    return {
        "version": "1.0",
        "added_tokens": [
            {"id": ids[text], "content": text, "special": text in shape.special} | exact
            for text in (*shape.special, *shape.added)
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": shape.regex}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [*begin, *sequence],
            "pair": [*begin, *sequence, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {text: {"id": text, "ids": [ids[text]], "tokens": [text]} for text in shape.begins},
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {text: index for text, index in ids.items() if text not in (*shape.special, *shape.added)},
            "merges": [list(merge) for merge in MERGES],
            "ignore_merges": shape.regex == LLAMA3,
        },
    }


def _config(rows: int) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": rows,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "head_dim": WIDTH // HEADS,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_theta": 5000.0, "rope_type": "default"},
        "dtype": "float32",
    }


def _write_weights(path: Path, rows: int) -> None:
    """In the form of safetensors, which needs no library to be written."""
    block = "model.layers.0."
    heads = {f"{block}self_attn.{one}_proj.weight": (WIDTH, WIDTH) for one in "qkvo"}
    feed = {f"{block}mlp.{one}_proj.weight": (WIDTH, WIDTH) for one in ("gate", "up", "down")}
    norms = {f"{block}{one}_layernorm.weight": (WIDTH,) for one in ("input", "post_attention")}
    shapes = {"model.embed_tokens.weight": (rows, WIDTH), "model.norm.weight": (WIDTH,), **heads, **feed, **norms}
    random = np.random.default_rng(0)
    tensors = {name: random.standard_normal(size).astype(np.float32) for name, size in shapes.items()}
    header, end = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(one.tobytes() for one in tensors.values()))


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
