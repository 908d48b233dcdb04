"""What makes the prompts of a target behind a server: a folder's or the server's tokenizer, and a chat template."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from configspec.families.chat.template import ChatTemplate
from configspec.targets.folder_tokenizer import FolderTokenizer
from configspec.targets.prompt_source import ServedTemplate
from configspec.targets.server.server_client import ServerClient
from configspec.targets.server.server_template import Properties, properties, served_template, told_template
from configspec.targets.server.server_tokenizer import RemoteTokenizer, Tokenizer
from configspec.testbed.chat_spec import SpecialTokens
from configspec.testbed.family_spec import HubSpec, ServerSpec


class ServerSource:
    """Asks the server for what no folder says; completes nothing."""

    def __init__(self, spec: ServerSpec) -> None:
        """Read or find the tokenizer.

        Raises:
            UsageError: openai is not installed, the folder is broken, or the server does not tokenise.
            TestbedError: The server cannot be reached, or does not behave.
        """
        self.name = f"{spec.model} at {spec.url}"
        self._model = spec.model
        self._client = ServerClient(spec)
        self._tokenizer = tokenizer_of(spec, self._client)
        self.prefix = self._tokenizer.prefix

    @property
    def special_texts(self) -> Mapping[str, str]:
        """The texts of special tokens: the folder's, else those that the server tells."""
        if isinstance(self._tokenizer, FolderTokenizer):
            return self._tokenizer.special_texts
        texts = {"bos_token": self._told.bos_token, "eos_token": self._told.eos_token}
        return {name: text for name, text in texts.items() if text}

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix."""
        return self._tokenizer.encode(text, special_tokens)

    def template(self) -> ChatTemplate | ServedTemplate | None:
        """What the server serves with, where it tells that; else the folder's; else what the server renders."""
        told = told_template(self._told, self._tokenizer, self._client.url)
        if told is not None or self._told.chat_template:
            return told
        if isinstance(self._tokenizer, FolderTokenizer):
            return self._tokenizer.template()
        return served_template(self._client, self._model, self._tokenizer)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @cached_property
    def _told(self) -> Properties:
        return properties(self._client)


def tokenizer_of(spec: ServerSpec, client: ServerClient) -> Tokenizer:
    """The tokenizer of the folder that `spec` names, or the server's own."""
    if spec.tokenizer is None:
        return RemoteTokenizer(client, spec.model)
    assert not isinstance(spec.tokenizer, HubSpec), "a hub entry is resolved before a target is opened"
    return FolderTokenizer(spec.tokenizer)
