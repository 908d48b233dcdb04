"""How servers answer about prompts: llama-server and vLLM, with a real tokenizer behind them.

Paths and keys: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, and vLLM's
entrypoints/serve/tokenize/protocol.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configspec.families.chat.sandbox import render
from configspec.families.chat.template import ChatTemplate
from configspec.targets.prompt_source import PromptSource, begun
from configspec.testbed.chat_spec import SpecialTokens

DATE = "2026-01-01"  # of the server's clock
# What llama-server shows for a model that has no template.
STAND_IN = (
    "{%- for message in messages -%}\n"
    "  {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}\n"
    "{%- endfor -%}\n{%- if add_generation_prompt -%}\n  {{- '<|im_start|>assistant\n' -}}\n{%- endif -%}"
)
NO_TEMPLATE = "As of transformers v4.44, default chat template is no longer allowed, so you must provide one"


class NotThereError(Exception):
    """The server has no such page, or refuses what it is asked: a status with its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class LlamaServer:
    """`llama-server`; `pages` are those it has: an older one has no /apply-template, a proxy may hide /props."""

    source: PromptSource
    pages: tuple[str, ...] = ("/props", "/apply-template", "/tokenize", "/v1/models")

    def answer(self, path: str, sent: Any) -> dict[str, Any]:
        """The JSON of an answer."""
        if path not in self.pages:
            raise NotThereError(404, "File Not Found")
        if path == "/v1/models":
            return {"data": [{"id": "chat"}]}
        if path == "/props":
            return {"total_slots": 1, "chat_template": self._template, **self.source.special_texts}
        if path == "/apply-template":
            return {"prompt": self._without_bos(self._rendered(sent["messages"], sent.get("chat_template_kwargs", {})))}
        special: SpecialTokens = "parse" if sent.get("parse_special", True) else "text"
        ids = self.source.encode(sent["content"], special)
        return {"tokens": [*(self.source.prefix if sent.get("add_special") else ()), *ids]}

    @property
    def _template(self) -> str:
        found = self.source.template()
        return found.text if isinstance(found, ChatTemplate) else STAND_IN

    def _rendered(self, messages: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> str:
        return rendered(self._template, messages, {**self.source.special_texts, **values})

    def _without_bos(self, text: str) -> str:
        """common/chat.cpp takes off what tokenising puts there again."""
        bos = self.source.special_texts.get("bos_token", "")
        return text.removeprefix(bos) if self.source.prefix else text


@dataclass(frozen=True, kw_only=True)
class Vllm:
    """vLLM: no /props; /tokenize takes a prompt or messages, and parses special tokens always."""

    source: PromptSource

    def answer(self, path: str, sent: Any) -> dict[str, Any]:
        """The JSON of an answer."""
        if path == "/v1/models":
            return {"data": [{"id": "chat", "max_model_len": 512}]}
        if path != "/tokenize":
            raise NotThereError(404, "Not Found")
        if "messages" not in sent:
            ids = self.source.encode(sent["prompt"], "parse")
            return self._told([*(self.source.prefix if sent.get("add_special_tokens", True) else ()), *ids])
        template = self.source.template()
        if not isinstance(template, ChatTemplate):
            raise NotThereError(400, NO_TEMPLATE)
        values = {**self.source.special_texts, **sent.get("chat_template_kwargs", {})}
        ids = self.source.encode(rendered(template.text, sent["messages"], values), "parse")
        return self._told(begun(self.source.prefix, ids) if sent.get("add_special_tokens", False) else ids)

    def _told(self, ids: Sequence[int]) -> dict[str, Any]:
        return {"count": len(ids), "max_model_len": 512, "tokens": list(ids), "token_strs": None}


def rendered(template: str, messages: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> str:
    """What a server's own renderer makes of messages; NotThereError where the template refuses them."""
    chat = {"messages": list(messages), "most": 10**6}
    given = {"tools": None, "documents": None, "add_generation_prompt": True, **values}
    found = render({"template": template, "chats": [chat], "values": given, "date": DATE})
    if "problem" in found:
        raise NotThereError(500, found["problem"]["words"])
    text: str = found["texts"][0]
    return text
