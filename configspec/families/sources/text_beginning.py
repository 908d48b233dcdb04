"""What a tokenizer itself puts before every text: no token, one, or several.

tokenizer.json's post-processor decides. `add_bos_token` of tokenizer_config.json does not: transformers 5 leaves it
aside where there is a tokenizer.json (`PreTrainedTokenizerBase._from_pretrained`), and so does every server that loads
the model with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from configspec.families.sources.model_json import JsonObject, shown, table, tables, wrong
from configspec.families.sources.tokenizer_json import Tokenizer, flat_steps


def ids_before(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The ids before a text, by the post-processor; those of a later step come before those of an earlier one."""
    found: tuple[int, ...] = ()
    for step in flat_steps(tokenizer.path, tokenizer.raw, "post_processor", "processors"):
        found = (*_before(tokenizer, step), *found)
    return found


def _before(tokenizer: Tokenizer, step: JsonObject) -> tuple[int, ...]:
    if step.get("type") in ("BertProcessing", "RobertaProcessing"):
        return (_id(tokenizer, step.get("cls")),)
    if not isinstance(step.get("single"), list):
        return ()
    special = table(tokenizer.path, step, "special_tokens")
    ids: list[int] = []
    for part in tables(tokenizer.path, step, "single"):
        if "SpecialToken" not in part:
            break
        name = table(tokenizer.path, part, "SpecialToken").get("id")
        entry = special.get(name) if isinstance(name, str) else None
        listed = entry.get("ids") if isinstance(entry, Mapping) else None
        if not isinstance(listed, list):
            raise wrong(tokenizer.path, "post_processor", name, "one of its special_tokens")
        ids += [_known(tokenizer, one) for one in listed]
    return tuple(ids)


def _id(tokenizer: Tokenizer, pair: object) -> int:
    """Of a token that is written as its text and its id."""
    return _known(tokenizer, pair[1] if isinstance(pair, list) and len(pair) == 2 else pair)


def _known(tokenizer: Tokenizer, index: object) -> int:
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(tokenizer.tokens):
        raise wrong(tokenizer.path, "post_processor", shown(index), "a token's id")
    return index
