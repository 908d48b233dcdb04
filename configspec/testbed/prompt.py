"""A prompt: what a target is asked, as a plain text or as messages that a chat template makes a text of.

Both forms give both: a plain text is what a user says, and messages without a template are their texts, one after
another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["system", "developer", "user"]
MAX_PROMPTS = 100_000  # of a set
MAX_LABEL = 200  # letters of an id or a category
UNCATEGORISED = "uncategorised"
BETWEEN = "\n\n"  # of messages, where no template says how they are set apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a chat. What an assistant answered is no part of a prompt: the target answers for itself."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt. `content` is a plain text, or the messages before the target's first answer, at least one."""

    id: str
    content: str | tuple[Message, ...]
    category: str = UNCATEGORISED

    @property
    def messages(self) -> tuple[Message, ...]:
        """For a chat template: the messages, or the plain text as a user's only one."""
        return (Message(role="user", content=self.content),) if isinstance(self.content, str) else self.content

    @property
    def text(self) -> str:
        """Without a template: the plain text as it stands, or the messages' texts with an empty line between them."""
        return self.content if isinstance(self.content, str) else BETWEEN.join(one.content for one in self.content)
