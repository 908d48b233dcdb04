"""A prompt's two forms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from configspec.testbed.prompt import Message, Prompt


@given(st.text())
def test_a_plain_text_is_what_a_user_says(text: str) -> None:
    """A template gets it as one message, unchanged; without a template it stands as it is."""
    prompt = Prompt(id="1", content=text)
    assert (prompt.messages, prompt.text) == ((Message(role="user", content=text),), text)


def test_messages_without_a_template_are_set_apart_by_empty_lines() -> None:
    """In their order, none left out."""
    said = (Message(role="system", content="Be brief."), Message(role="user", content="Name a colour."))
    prompt = Prompt(id="1", content=said)
    assert (prompt.messages, prompt.text) == (said, "Be brief.\n\nName a colour.")
