"""The chat template of a model behind a server: its text where the server tells it, else chats that the server renders.

llama-server   GET /props holds `chat_template`, `bos_token`, `eos_token`; POST /apply-template makes a text of messages
               (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md)
vLLM           POST /tokenize takes `messages` in place of a prompt, and makes token ids of them
               (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, Tokenizer API)

A text that is told is rendered here, so that all kinds of target give the same ids, and `date` is what it is told. What
the server renders has the server's own date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

import msgspec

from configspec.errors import TestbedError, UsageError
from configspec.families.chat.rendering import INSTEAD
from configspec.families.chat.template import ChatTemplate
from configspec.targets.prompt_source import Encoder, begun, prompt_ids
from configspec.targets.server.server_answer import TokenId, read_form
from configspec.targets.server.server_client import FailedError, RefusedError, ServerClient
from configspec.testbed.prompt import Message

PROPS, APPLY, TOKENIZE = "../props", "../apply-template", "../tokenize"
_HELLO = (Message(role="user", content="a"),)
_Form = TypeVar("_Form")
_STANDS_IN = "<|im_start|>"


class Properties(msgspec.Struct):
    """What llama-server says of its model."""

    chat_template: Annotated[str, msgspec.Meta(max_length=1 << 20)] | None = None
    bos_token: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    eos_token: Annotated[str, msgspec.Meta(max_length=4096)] | None = None


class RenderedByServer:
    """Chats that the server renders; `path` is where it is asked."""

    def __init__(self, client: ServerClient, model: str, encoder: Encoder, path: str) -> None:
        """Nothing is sent yet."""
        self.place = f"{client.url} ({path.removeprefix('..')})"
        self._client = client
        self._model = model
        self._encoder = encoder
        self._path = path

    def ids(self, messages: Sequence[Message], variables: Mapping[str, object]) -> tuple[int, ...]:
        """The ids of a chat, up to where the assistant is to answer.

        Raises:
            UsageError: The template refuses the messages.
            TestbedError: The server misbehaves.
        """
        body = {
            "model": self._model,
            "messages": [{"role": one.role, "content": one.content} for one in messages],
            "add_generation_prompt": True,
            "add_special_tokens": False,
            "chat_template_kwargs": dict(variables),
        }
        try:
            answer = self._client.post(self._path, body, retries=1)
        except (RefusedError, FailedError) as problem:  # llama-server answers 500 where a template raises
            less = " If that is about a system prompt, drop `system`." if messages[0].role == "system" else ""
            raise UsageError(
                f"The chat template in {self.place} refuses the messages. {problem}{less} {INSTEAD}"
            ) from None
        if self._path == APPLY:
            return prompt_ids(self._encoder, _one_of(answer, "prompt", str, self.place), "parse")
        return begun(self._encoder.prefix, _one_of(answer, "tokens", list[TokenId], self.place))


def properties(client: ServerClient) -> Properties:
    """What the server says of its model; nothing where it has no such page."""
    try:
        return read_form(client.get(PROPS), Properties, "what it says of its model", client.url)
    except (UsageError, FailedError):  # a proxy may forbid this page, and no other
        return Properties()


def told_template(told: Properties, encoder: Encoder, url: str) -> ChatTemplate | None:
    """The template that the server tells; None where it tells none, or only its stand-in for a model without one."""
    text = told.chat_template
    if not text or not text.strip():
        return None
    # llama-server shows its own ChatML for a model that has no template. Such a model has no token of that name.
    if _STANDS_IN in text and len(encoder.encode(_STANDS_IN, "parse")) != 1:
        return None
    return ChatTemplate(text=text, place=f"{url} (/props)", source="server")


def served_template(client: ServerClient, model: str, encoder: Encoder) -> RenderedByServer | None:
    """What the server renders; None where it says that its model has no template.

    Raises:
        UsageError: It cannot be asked.
    """
    for path in (APPLY, TOKENIZE):
        served = RenderedByServer(client, model, encoder, path)
        try:
            served.ids(_HELLO, {})
        except UsageError as problem:
            if path == TOKENIZE and "chat template is no longer allowed" in str(
                problem
            ):  # vLLM's words, of transformers
                return None
        except TestbedError:
            pass
        else:
            return served
    raise UsageError(
        f"{client.url} does not say whether its model has a chat template: it has no /props, no /apply-template, and "
        "no /tokenize that takes messages. Name the folder with the model's tokenizer as `tokenizer`, its template as "
        "`sweep: {chat: PATH}`, or measure plain prompts with `chat: none`."
    )


def _one_of(answer: Mapping[str, object], key: str, form: type[_Form], place: str) -> _Form:
    if key not in answer:
        raise TestbedError(f"{place}: its answer has no `{key}`.")
    return read_form(answer[key], form, key, place)
