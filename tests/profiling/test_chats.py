"""What a template makes of a sweep's prompts, and what is said where it makes nothing of them."""

from __future__ import annotations

import pytest
from chat_models import GEMMA, GPT_OSS, LLAMA_3, QWEN_3, set_of

from configspec.errors import UsageError
from configspec.families.chat.template import ChatTemplate
from configspec.profiling.chats import RenderedChats, render_chats
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.prompt import Message, Prompt

pytest.importorskip("jinja2", reason="needs jinja2: pip install 'configspec[llama]'")
pytestmark = pytest.mark.real

PROMPTS = tuple(Prompt(id=name, content=f"say {name}") for name in ("a", "b"))
PICTURES = (
    "{% for m in messages %}<{{ m.role }}>{% for part in m.content %}"
    "{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
)


def made(template: str | None, chat: ChatSpec, prompts: tuple[Prompt, ...] = PROMPTS) -> RenderedChats:
    own = ChatTemplate(text=template or "", place="t.jinja", source="file")
    return render_chats(own, set_of(*prompts), chat, {"bos_token": "<b>"})


def test_a_content_in_parts_is_given_where_a_template_reads_no_other() -> None:
    """Templates of models that see pictures loop over the parts of a message; of a string they would see letters."""
    assert made(PICTURES, ChatSpec()).texts == ("<user>say a", "<user>say b")
    index = "{% for m in messages %}{{ m.content[0].text + '.' }}{% endfor %}"  # of a string it would fail
    assert made(index, ChatSpec()).texts == ("say a.", "say b.")
    system = made(PICTURES, ChatSpec(system="Be short."))
    assert system.texts[0] == "<system>Be short.<user>say a"


def test_a_prompt_that_is_left_out_is_told() -> None:
    """A template for another kind of messages would measure one and the same text for each prompt."""
    with pytest.raises(UsageError, match=r"t\.jinja leaves out what the user says.*`chat: none`"):
        made("{{ messages[0].text }}hello", ChatSpec())


def test_a_system_prompt_that_is_left_out_is_told() -> None:
    """A model without one may say nothing: seen by its text, which is the same whatever the system says."""
    silent = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
    with pytest.raises(UsageError, match=r"leaves the system prompt out.*Drop `system`"):
        made(silent, ChatSpec(system="x"))
    assert made(silent, ChatSpec()).texts == ("say a", "say b")


def test_a_template_that_wants_turns_is_told_of_its_prompt() -> None:
    """Two messages of the user, one after another, in the second prompt."""
    twice = Prompt(id="twice", content=(Message(role="user", content="x"), Message(role="user", content="y")))
    with pytest.raises(UsageError, match=r"p\.jsonl: prompt 'twice': .*roles must take turns") as caught:
        made(GEMMA.template, ChatSpec(), (PROMPTS[0], twice))
    assert "drop `system`" not in str(caught.value)


def test_a_system_prompt_that_is_the_cause_is_named() -> None:
    """Without it the prompt is taken, and that is said."""
    with pytest.raises(UsageError, match=r"prompt 'a'.*It takes the prompt without a system prompt: drop `system`"):
        made(GEMMA.template, ChatSpec(system="x"))


def test_a_switch_is_there_or_not() -> None:
    """Qwen3 has one; Llama 3 has nothing to switch; gpt-oss asks for an effort instead, which is said."""
    assert made(QWEN_3.template, ChatSpec(thinking="off")).thinking == "off"
    assert made(QWEN_3.template, ChatSpec()).thinking is None
    assert made(LLAMA_3.template, ChatSpec(thinking="on")).thinking == "no switch"
    with pytest.raises(UsageError, match=r"cannot switch thinking off.*reasoning_effort: low"):
        made(GPT_OSS.template, ChatSpec(thinking="off"))


def test_only_a_template_that_asks_is_told_the_date() -> None:
    """Else a date in the record would make two equal runs differ."""
    assert [made(shape.template, ChatSpec()).tells_date for shape in (LLAMA_3, QWEN_3)] == [True, False]
