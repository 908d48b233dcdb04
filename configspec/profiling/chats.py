"""The prompts of a set as a chat template writes them, and what the template makes of what the sweep asks.

A template is known by what it does: where it leaves a message out, the text is the same whatever the message says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from configspec.errors import UsageError
from configspec.families.chat.rendering import INSTEAD, Rendered, TemplateRefusal, render
from configspec.families.chat.template import ChatTemplate
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.prompt import Message
from configspec.testbed.prompts import PromptSet

Chat = Sequence[Message]
SYSTEM = ("system", "developer")
_SWITCHES = frozenset(("enable_thinking", "thinking"))
_EFFORT = "reasoning_effort"
_OTHERWISE = " otherwise"  # added to a message, to see whether the template heeds it


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChats:
    """A text for each prompt. `thinking` and `tells_date`: what the template has to do with them."""

    texts: tuple[str, ...]
    thinking: Literal["on", "off", "no switch"] | None
    tells_date: bool


def render_chats(
    template: ChatTemplate, prompts: PromptSet, chat: ChatSpec, special_texts: Mapping[str, str]
) -> RenderedChats:
    """Each prompt as `template` writes it, up to where the assistant is to answer.

    Raises:
        UsageError: The template refuses a prompt, leaves it or the system prompt out, or has no such switch.
    """
    chats = [chat.with_system(prompt.messages) for prompt in prompts.prompts]
    values = {**special_texts, **chat.template_variables}
    try:
        rendered = _heeding(template, chats, values, chat.date)
    except TemplateRefusal as problem:
        raise _explained(problem, template, prompts, chat, values) from None
    return RenderedChats(
        texts=rendered.texts,
        thinking=_thinking(template, chat, rendered.variables),
        tells_date="strftime_now" in rendered.variables,
    )


def _heeding(template: ChatTemplate, chats: Sequence[Chat], values: Mapping[str, object], date: str) -> Rendered:
    """The texts, after it was seen that the template heeds what users and systems say."""
    with_system = next((one for one in chats if one[0].role in SYSTEM), None)
    altered = [_altered(chats[0], -1), *([] if with_system is None else [with_system, _altered(with_system, 0)])]
    refused: TemplateRefusal | None = None
    for typed in (False, True):
        try:
            rendered = render(template, [_as_values(one, typed=typed) for one in (*chats, *altered)], values, date)
        except TemplateRefusal as problem:
            refused = refused or problem
            continue
        texts, (other, *of_system) = rendered.texts[: len(chats)], rendered.texts[len(chats) :]
        if texts[0] == other:
            continue  # templates of models that see pictures may want a message's content as a list of parts
        if of_system and of_system[0] == of_system[1]:
            raise UsageError(
                f"The chat template in {template.place} leaves the system prompt out: its model has none. Drop "
                "`system`, or put its words into the prompts."
            )
        return Rendered(texts=texts, variables=rendered.variables)
    if refused is not None:
        raise refused
    raise UsageError(f"The chat template in {template.place} leaves out what the user says. {INSTEAD}")


def _altered(chat: Chat, place: int) -> Chat:
    """The chat with one message that says something else."""
    messages = list(chat)
    messages[place] = Message(role=messages[place].role, content=messages[place].content.rstrip() + _OTHERWISE)
    return messages


def _as_values(chat: Chat, *, typed: bool) -> Sequence[Mapping[str, object]]:
    def content(text: str) -> object:
        return [{"type": "text", "text": text}] if typed else text

    return [{"role": one.role, "content": content(one.content)} for one in chat]


def _thinking(
    template: ChatTemplate, chat: ChatSpec, variables: frozenset[str]
) -> Literal["on", "off", "no switch"] | None:
    if chat.thinking is None or variables & _SWITCHES:
        return chat.thinking
    if _EFFORT in variables:
        raise UsageError(
            f"The chat template in {template.place} cannot switch thinking {chat.thinking}: it asks how much effort to "
            "make. Say `chat_template_kwargs: {reasoning_effort: low}` (or medium, high) in place of `thinking`."
        )
    return "no switch"


def _explained(
    problem: TemplateRefusal, template: ChatTemplate, prompts: PromptSet, chat: ChatSpec, values: Mapping[str, object]
) -> UsageError:
    """The error with the prompt that it is about, and whether the system prompt is the cause."""
    if problem.chat is None or problem.chat >= len(prompts.prompts):
        return problem
    prompt = prompts.prompts[problem.chat]
    message = f"{prompts.path}: prompt {prompt.id!r}: {problem}"
    if chat.system is not None and chat.with_system(prompt.messages) != prompt.messages:
        try:
            render(template, [_as_values(prompt.messages, typed=False)], values, chat.date)
        except UsageError:
            return UsageError(message)
        message += " It takes the prompt without a system prompt: drop `system`, or put its words into the prompts."
    return UsageError(message)
