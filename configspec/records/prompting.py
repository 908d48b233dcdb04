"""How prompts became what the target read: by which chat template, with what it was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from configspec.records.bounds import Sha256, Text

TemplateSource: TypeAlias = Literal["none", "tokenizer folder", "gguf", "server", "file"]
NOT_RENDERED = "measured before chat templates: texts went in as they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """Of one family. Hashes are of texts in UTF-8.

    `thinking` is None where the template's own default held, "no switch" where it was asked for and the template has
    none. `date` is what the template was told, None where it asks for none. `variables` are more of its variables, each
    with its value as JSON.
    """

    template: TemplateSource
    template_sha256: Sha256 | None
    template_reason: Text | None = None  # why there is no hash of a template that was used
    system_sha256: Sha256 | None = None
    thinking: Literal["on", "off", "no switch"] | None = None
    date: Text | None = None
    variables: tuple[tuple[Text, Text], ...] = ()
    special_tokens: Literal["text", "parse"]  # what a special token's name in a prompt was

    def words(self) -> str:
        """As the end of a run says it.

        >>> Prompting(template="none", template_sha256=None, special_tokens="text").words()
        'plain text, without a chat template'
        """
        if self.template == "none":
            parsed = ", special tokens parsed" if self.special_tokens == "parse" else ""
            return f"plain text, without a chat template{parsed}"
        where = {"file": "of the file that `chat` names"}.get(self.template, f"of the target's {self.template}")
        which = "" if self.template_sha256 is None else f" ({self.template_sha256[:12]})"
        told = [f"chat template {where}{which}"]
        if self.system_sha256 is not None:
            told.append("a system prompt")
        if self.thinking is not None:
            told.append("no switch for thinking" if self.thinking == "no switch" else f"thinking {self.thinking}")
        if self.date is not None:
            told.append(f"the date {self.date}")
        return ", ".join((*told, *(f"{name} {value}" for name, value in self.variables)))


PLAIN = Prompting(template="none", template_sha256=None, special_tokens="text")
