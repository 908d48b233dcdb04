"""The shapes of prompt files that are known by name: which keys tell them, and of which keys a prompt is made.

To add one is a line of SHAPES and a small file of it in fixtures/prompts/shapes/. The table of docs/prompts.md is made
from SHAPES.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from configspec.errors import UsageError

Fields = Mapping[str, object]
KEYS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape of entries.

    Attributes:
        name: As people call it.
        slug: As its file in fixtures/prompts/shapes/ is called.
        told_by: An entry that has all of these keys, and not null, is of this shape, if no earlier one claims it.
        reads: The keys that the prompt is made of, in its order. The first has to be there; texts of several keys are
            set apart by an empty line.
        ids, categories: Where its id and its category are, the first key that is there.
        inside: The key of the mapping that holds the keys of `reads`, where that is not the entry itself.
        address: Where the shape is described.
        gaps: Whether files as they are published have conversations that begin with an answer or are empty. Those are
            counted and left out; elsewhere they are errors.
    """

    name: str
    slug: str
    told_by: tuple[str, ...]
    reads: tuple[str, ...]
    ids: tuple[str, ...] = ("id",)
    categories: tuple[str, ...] = ("category",)
    inside: str = ""
    address: str = ""
    gaps: bool = False

    def claims(self, fields: Fields) -> bool:
        """Whether an entry is of this shape, by its keys."""
        return all(value_at(fields, key) is not None for key in self.told_by)

    def has(self, fields: Fields) -> bool:
        """Whether an entry has what this shape cannot do without."""
        return value_at(self.inner(fields), self.reads[0]) is not None

    def inner(self, fields: Fields) -> Fields:
        """The mapping that holds the keys of `reads`."""
        found = fields.get(self.inside) if self.inside else fields
        return found if isinstance(found, dict) else {}


_HUB = "https://huggingface.co/datasets"
# In this order: an earlier one needs more of an entry than a later one that would claim it too.
SHAPES: tuple[Shape, ...] = (
    Shape(
        name="OpenAI batch",
        slug="openai_batch",
        told_by=("custom_id", "body"),
        reads=("messages",),
        ids=("custom_id",),
        inside="body",
        address="https://platform.openai.com/docs/guides/batch",
    ),
    Shape(
        name="OpenAI messages",
        slug="openai_messages",
        told_by=("messages",),
        reads=("messages",),
        ids=("id", "prompt_id", "conversation_id"),
        address="https://platform.openai.com/docs/guides/supervised-fine-tuning",
    ),
    Shape(
        name="ShareGPT",
        slug="sharegpt",
        told_by=("conversations",),
        reads=("conversations",),
        address=f"{_HUB}/anon8231489123/ShareGPT_Vicuna_unfiltered",
        gaps=True,
    ),
    Shape(
        name="LMSYS-Chat, WildChat",
        slug="lmsys_chat",
        told_by=("conversation",),
        reads=("conversation",),
        ids=("conversation_id", "conversation_hash", "id"),
        address=f"{_HUB}/lmsys/lmsys-chat-1m",
    ),
    Shape(
        name="SPEED-Bench",
        slug="speed_bench",
        told_by=("turns", "src_id"),
        reads=("turns",),
        ids=("question_id",),
        address=f"{_HUB}/nvidia/SPEED-Bench",
    ),
    Shape(
        name="Spec-Bench, MT-bench",
        slug="spec_bench",
        told_by=("turns",),
        reads=("turns",),
        ids=("question_id", "id"),
        address="https://github.com/hemingkx/Spec-Bench",
    ),
    Shape(
        name="MT-bench of the hub",
        slug="mt_bench_hub",
        told_by=("prompt", "prompt_id"),
        reads=("prompt",),
        ids=("prompt_id",),
        address=f"{_HUB}/HuggingFaceH4/mt_bench_prompts",
    ),
    Shape(
        name="HumanEval",
        slug="human_eval",
        told_by=("task_id", "prompt"),
        reads=("prompt",),
        ids=("task_id",),
        address="https://github.com/openai/human-eval",
    ),
    Shape(
        name="Dolly",
        slug="dolly",
        told_by=("instruction", "context"),
        reads=("instruction", "context"),
        address=f"{_HUB}/databricks/databricks-dolly-15k",
    ),
    Shape(
        name="Alpaca",
        slug="alpaca",
        told_by=("instruction",),
        reads=("instruction", "input"),
        address="https://github.com/tatsu-lab/stanford_alpaca",
    ),
    Shape(
        name="LongBench v2",
        slug="longbench_v2",
        told_by=("context", "question", "choice_A"),
        reads=("context", "question", "choice_A", "choice_B", "choice_C", "choice_D"),
        ids=("_id", "id"),
        categories=("domain",),
        address=f"{_HUB}/zai-org/LongBench-v2",
    ),
    Shape(
        name="LongBench",
        slug="longbench",
        told_by=("context", "input"),
        reads=("context", "input"),
        ids=("_id", "id"),
        categories=("dataset", "category"),
        address="https://github.com/THUDM/LongBench",
    ),
    Shape(
        name="SQuAD",
        slug="squad",
        told_by=("context", "question"),
        reads=("context", "question"),
        address="https://rajpurkar.github.io/SQuAD-explorer/",
    ),
    Shape(
        name="GSM8K",
        slug="gsm8k",
        told_by=("question",),
        reads=("question",),
        address="https://github.com/openai/grade-school-math",
    ),
    Shape(name="prompts", slug="prompts", told_by=("prompt",), reads=("prompt",)),
    Shape(
        name="texts",
        slug="texts",
        told_by=("text",),
        reads=("text",),
        ids=("id", "task_id"),
    ),
)
# Keys that hold a part of what was asked, in whatever shape. Where a shape reads another key, these are counted.
PARTS = (
    *("context", "input", "passage", "document", "article", "choices", "options", "history", "tools", "functions"),
    *("image", "images", "audio", "video", "videos", "suffix"),
)


def shape_of(fields: Fields) -> Shape | None:
    """The shape that claims an entry; None where none does."""
    return next((shape for shape in SHAPES if shape.claims(fields)), None)


def value_at(fields: Fields, key: str) -> object:
    """The value at a key, or at a path with dots into mappings; None where there is none."""
    if key in fields:
        return fields[key]
    first, _, rest = key.partition(".")
    inner = fields.get(first)
    return value_at(inner, rest) if rest and isinstance(inner, dict) else None


def unread_parts(fields: Fields, reads: Sequence[str]) -> tuple[str, ...]:
    """The keys that hold a part of what was asked and are not read."""
    return tuple(key for key in PARTS if key not in reads and fields.get(key) not in (None, "", [], {}))


def unknown_shape(fields: Fields, where: str) -> UsageError:
    """What an entry of no known shape has, what is known, and how to declare it."""
    keys = [f"`{key:.40}`" for key in fields]
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    found = f"its keys are {', '.join(keys[:KEYS_SHOWN])}{more}" if keys else "it has no keys"
    known = ", ".join(f"{shape.name} ({' with '.join(f'`{key}`' for key in shape.told_by)})" for shape in SHAPES)
    return UsageError(
        f"{where} is of no shape that configspec knows: {found}. Known: {known}. For another one say which key holds "
        "the prompt, as in `sweep: {prompts: {path: FILE, text: KEY}}`."
    )
