"""What a value of a prompt file asks: a text, the turns of a user, or a conversation.

    "..."                                       a text, as it stands
    ["...", "..."]                              what a user says, turn after turn: the first of them
    [{"role": "user", "content": "..."}, ...]   a conversation, also with `from` and `value`: its messages before the
                                                first answer

What follows the first answer was said to another model, so it cannot be asked of this one. It is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from configspec.errors import UsageError
from configspec.testbed.prompt import Message, Role

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "prompter": "user",
}
ANSWERS: Final = frozenset(("assistant", "gpt", "model", "bot", "chatgpt", "bing", "bard", "claude"))
OF_TOOLS: Final = frozenset(("tool", "function", "function_call", "function_response", "observation"))
# What stands in SPEED-Bench for a text that its licence does not let it hold.
PLACEHOLDER = "FULL BENCHMARK DATA SHOULD BE FETCHED FROM THE SOURCE USING SPECDEC_BENCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A prompt's content, and how many turns of the user come after the first answer and are no part of it."""

    said: str | tuple[Message, ...]
    later_turns: int = 0


class NoQuestion(Exception):  # noqa: N818 (it is a property of the conversation)
    """A conversation in which nobody asks anything before the first answer; the message is what it is instead."""


def content_of(value: object, key: str, where: str) -> Content:
    """What the value at `key` asks.

    Raises:
        NoQuestion: It is a list that is empty, or a conversation that begins with an answer.
        UsageError: It is nothing of the kind; `where` begins the message.
    """
    if isinstance(value, str):
        return Content(said=checked_text(value, key, where))
    if not isinstance(value, list):
        raise _not_text(value, key, where)
    if not value:
        raise NoQuestion("is empty")
    if isinstance(value[0], str):
        _check_turns(value, key, where)
        return Content(said=checked_text(value[0], f"{key}[0]", where), later_turns=len(value) - 1)
    return _conversation(value, key, where)


def checked_text(value: object, key: str, where: str) -> str:
    """The text at `key`, unchanged: the space at a prompt's end is part of it."""
    if not isinstance(value, str):
        raise _not_text(value, key, where)
    if not value.strip():
        raise UsageError(f"{where}: `{key}` is empty. Write a text, or delete the entry.")
    if value.strip() == PLACEHOLDER:
        raise UsageError(
            f"{where}: `{key}` is SPEED-Bench's placeholder for a text that it does not hold. Fetch the texts with the "
            "script that comes with it, and name the file that this writes."
        )
    return value


def _not_text(value: object, key: str, where: str) -> UsageError:
    return UsageError(f"{where}: `{key}` is {value!r:.60}. It has to be text.")


def _check_turns(turns: Sequence[object], key: str, where: str) -> None:
    for number, turn in enumerate(turns):
        if not isinstance(turn, str):
            raise _not_text(turn, f"{key}[{number}]", where)


def _conversation(messages: Sequence[object], key: str, where: str) -> Content:
    asked: list[Message] = []
    answered, later_turns = False, 0
    for number, message in enumerate(messages):
        here = f"{key}[{number}]"
        role = _role(message, here, where)
        answered = answered or role is None
        if not answered:
            assert role is not None
            asked.append(Message(role=role, content=_said(message, here, where)))
        elif role == "user":
            later_turns += 1
    if not any(message.role == "user" for message in asked):
        raise NoQuestion("has no user's message before the first answer")
    return Content(said=tuple(asked), later_turns=later_turns)


def _role(message: object, here: str, where: str) -> Role | None:
    """Who says it; None where it is an answer, or belongs to one as what a tool returned does."""
    if not isinstance(message, dict):
        raise UsageError(f"{where}: `{here}` is {message!r:.60}. It has to be a message: a role with its content.")
    name = message.get("role", message.get("from"))
    if isinstance(name, str) and name.lower() in ROLES:
        return ROLES[name.lower()]
    if isinstance(name, str) and name.lower() in ANSWERS | OF_TOOLS:
        return None
    known = ", ".join(sorted({*ROLES, *ANSWERS, *OF_TOOLS}))
    raise UsageError(f"{where}: the role of `{here}` is {name!r:.60}. Known: {known}.")


def _said(message: object, here: str, where: str) -> str:
    assert isinstance(message, dict)
    key = next((key for key in ("content", "value", "text") if key in message), "content")
    value = message.get(key)
    if isinstance(value, list):  # parts, as OpenAI's interface has them
        return "".join(_part(part, f"{here}.{key}[{number}]", where) for number, part in enumerate(value))
    return checked_text(value, f"{here}.{key}", where)


def _part(part: object, here: str, where: str) -> str:
    if isinstance(part, dict) and part.get("type") in ("text", "input_text"):
        return checked_text(part.get("text"), f"{here}.text", where)
    kind = part.get("type") if isinstance(part, dict) else part
    raise UsageError(f"{where}: `{here}` is {kind!r:.60}. Only parts of the type text can be asked; delete the entry.")
