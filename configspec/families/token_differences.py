"""Where two vocabularies differ, id by id, and which of the differences a draft and its target can live with.

What decides is what plain text can yield. An id with another *text* makes every figure of the pair worthless, so it is
an error. A control token with another name, or one that only one of the two has, comes from chat templates and never
from plain text: a warning with their number. Between the two are texts that a tokenizer was given in addition
(`<tool_call>`, `<think>`): an error, unless devices.yaml allows them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from enum import Enum, auto

from configspec.errors import UsageError
from configspec.families.token_meaning import Alphabet, Role, TokenTable
from configspec.printable import printable
from configspec.testbed.family_spec import ADDED, UNREADABLE

_NAMED = 3  # ids in a warning
_SHOWN = 60  # letters of a token in a message
_NOTHING = (Role.ABSENT, Role.PADDING)
_BROKEN = "\N{REPLACEMENT CHARACTER}"


class _Difference(Enum):
    MEANING = auto()  # one id with two texts, or a text that the target does not have
    ADDED = auto()
    UNREADABLE = auto()
    CONTROL = auto()
    LACKING = auto()  # tokens that only the target has


_BY_WORD = {ADDED: _Difference.ADDED, UNREADABLE: _Difference.UNREADABLE}


def token_warnings(
    draft: TokenTable, target: TokenTable, *, draft_name: str, target_name: str, allow: Collection[str] = ()
) -> tuple[str, ...]:
    """What differs and may differ; a UsageError that names the first difference that may not.

    Args:
        draft: The draft's tokens.
        target: The target's tokens.
        draft_name: What messages call the draft.
        target_name: What messages call the target.
        allow: `vocabulary.allow` of devices.yaml.

    """
    found: dict[_Difference, list[int]] = defaultdict(list)
    for index, kind in _differences(draft, target):
        found[kind].append(index)
    pair = _Pair(draft, target, draft_name, target_name)
    allowed = {_BY_WORD[word] for word in allow}
    refused = sorted(
        index for kind in (_Difference.MEANING, *_BY_WORD.values()) if kind not in allowed for index in found[kind]
    )
    if refused:
        helps = [word for word, kind in _BY_WORD.items() if refused[0] in found[kind]]
        raise UsageError(pair.refusal(refused[0], len(refused), helps))
    return tuple(pair.warnings(found))


def _differences(draft: TokenTable, target: TokenTable) -> Iterator[tuple[int, _Difference]]:
    for index in range(max(len(draft.tokens), len(target.tokens))):
        if not _same(draft, target, index):
            kind = _judged(draft, target, index)
            if kind is not None:
                yield index, kind


def _same(draft: TokenTable, target: TokenTable, index: int) -> bool:
    """Whether the id means the same, asked in the cheap way first: there are hundreds of thousands."""
    if index >= min(len(draft.tokens), len(target.tokens)):
        return False
    alphabet: Alphabet | None = draft.alphabet or target.alphabet
    one_alphabet = draft.alphabet == target.alphabet or None in (draft.alphabet, target.alphabet)
    if one_alphabet and draft.tokens[index] == target.tokens[index]:
        return True
    return draft.meaning(index, alphabet) == target.meaning(index, target.alphabet or alphabet)


def _judged(draft: TokenTable, target: TokenTable, index: int) -> _Difference | None:
    """What a difference is; None where neither means anything."""
    ours, theirs = draft.role(index), target.role(index)
    if ours in _NOTHING and theirs in _NOTHING:  # a token for padding is one, where the other has a bare row
        return _Difference.CONTROL if draft.is_control(index) != target.is_control(index) else None
    if ours in _NOTHING:
        return _Difference.CONTROL if theirs is Role.CONTROL else _Difference.LACKING
    if ours is Role.CONTROL and theirs in (Role.CONTROL, *_NOTHING):
        return _Difference.CONTROL
    if Role.TEXT in (ours, theirs):
        unreadable = ours is theirs and _BROKEN in draft.tokens[index] + target.tokens[index]
        return _Difference.UNREADABLE if unreadable else _Difference.MEANING
    return _Difference.ADDED if Role.ADDED in (ours, theirs) else _Difference.MEANING


class _Pair:
    """The words about two vocabularies."""

    def __init__(self, draft: TokenTable, target: TokenTable, draft_name: str, target_name: str) -> None:
        self._draft, self._target = draft, target
        self._draft_name, self._target_name = draft_name, target_name

    def refusal(self, first: int, count: int, helps: Sequence[str]) -> str:
        ours, theirs = _shown(self._draft, first), _shown(self._target, first)
        allowing = f" Or allow it: `vocabulary: {{allow: [{helps[0]}]}}` in the family." if helps else ""
        return (
            f"{self._draft_name} and {self._target_name} do not share a vocabulary: token {first} is {ours} in the "
            f"draft and {theirs} in the target. {count} ids differ; the draft has {_count(self._draft)} tokens, the "
            f"target {_count(self._target)}. Use a draft of the target's own family, or convert both from folders "
            f"with the same tokenizer.json.{allowing}"
        )

    def warnings(self, found: dict[_Difference, list[int]]) -> Iterator[str]:
        both = f"{self._draft_name} and {self._target_name}"
        if found[_Difference.CONTROL]:
            what = self._named(found[_Difference.CONTROL], "control token", f"differ between {both}")
            yield f"{what}; plain text never yields them"
        if found[_Difference.ADDED]:
            yield self._named(found[_Difference.ADDED], "added token", f"differ between {both}, which is allowed")
        if found[_Difference.UNREADABLE]:
            yield self._named(found[_Difference.UNREADABLE], "token", f"cannot be compared between {both}")
        lacking, ours, theirs = found[_Difference.LACKING], len(self._draft.tokens), len(self._target.tokens)
        if lacking:
            yield f"{self._draft_name} lacks {len(lacking)} tokens of {self._target_name}, which it can never propose"
        elif ours != theirs and not found[_Difference.CONTROL]:
            yield f"{self._draft_name} has {ours} token ids, {self._target_name} {theirs}; the rest is padding"

    def _named(self, indices: Sequence[int], kind: str, said: str) -> str:
        first = [
            f"{index} is {_shown(self._draft, index)} in the draft and {_shown(self._target, index)} in the target"
            for index in indices[:_NAMED]
        ]
        more = f", and {len(indices) - _NAMED} more" if len(indices) > _NAMED else ""
        what = f"{kind} {said.replace('differ ', 'differs ', 1)}" if len(indices) == 1 else f"{kind}s {said}"
        return f"{len(indices)} {what} ({', '.join(first)}{more})"


def _shown(table: TokenTable, index: int) -> str:
    known = table.role(index) not in _NOTHING or table.is_control(index)
    return printable(repr(table.tokens[index]), at_most=_SHOWN) if known else "no token"


def _count(table: TokenTable) -> int:
    return sum(table.role(index) not in _NOTHING for index in range(len(table.tokens)))
