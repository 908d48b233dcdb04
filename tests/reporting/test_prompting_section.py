"""How prompts became what targets read, at the end of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import measured_row

from configspec.records.prompting import PLAIN, Prompting
from configspec.records.row import Row
from configspec.reporting.prompting_section import prompting_section
from configspec.reporting.terminal import section_body

CHAT = Prompting(template="gguf", template_sha256="ab" * 32, special_tokens="parse")


def row(prompting: Prompting | None) -> Row:
    plain = measured_row(2, device="orin")
    return replace(plain, acceptance=replace(plain.acceptance, prompts=24, prompting=prompting))


def test_each_family_is_told_once() -> None:
    """Whatever the number of its rows; rows that do not say are passed over."""
    section = prompting_section([row(CHAT), row(CHAT), row(None), row(PLAIN)])
    assert section is not None
    assert [line.strip() for line in section_body(section).splitlines()] == [
        "pair: 24 prompts as chat template of the target's gguf (abababababab)",
        "pair: 24 prompts as plain text, without a chat template",
    ]
    assert prompting_section([row(None)]) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"thinking": "off"}, "thinking off"),
        ({"thinking": "no switch"}, "no switch for thinking"),
        ({"system_sha256": "cd" * 32}, "a system prompt"),
        ({"date": "2026-01-01"}, "the date 2026-01-01"),
        ({"variables": (("reasoning_effort", '"low"'),)}, 'reasoning_effort "low"'),
        ({"template": "file"}, "chat template of the file that `chat` names"),
        ({"template": "server", "template_sha256": None}, "chat template of the target's server"),
    ],
)
def test_what_a_template_was_told_is_said(changed: dict[str, object], words: str) -> None:
    """All that the sweep asks of it."""
    assert words in replace(CHAT, **changed).words()  # type: ignore[arg-type]
