"""Templates that would never end, or never stop growing: each ends, as an error that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.families.chat.rendering import Limits, TemplateRefusal, render
from configspec.families.chat.template import ChatTemplate

pytest.importorskip("jinja2", reason="needs jinja2: pip install 'configspec[llama]'")
pytestmark = pytest.mark.real

HELLO = [{"role": "user", "content": "hello"}]
QUICK = Limits(cpu_s=1, memory_bytes=1 << 28)
LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def rendered(text: str, limits: Limits = QUICK) -> str:
    template = ChatTemplate(text=text, place="here.jinja", source="file")
    return render(template, [HELLO], {"bos_token": "<b>"}, "2026-01-01", limits).texts[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOOPS, "more than 1 s of processor time|did not end within 15 s"),
        ("{{ 'a' * 100000000 }}", "more memory than it may|more text of a prompt than any chat needs"),
        ("{% for a in range(9999) %}{{ 'a' * 9999 }}{% endfor %}", "more text of a prompt than any chat needs"),
        ("{{ 'a' * 10 ** 12 }}", "more memory than it may"),
        ("{% set x = 9 ** (9 ** (9 ** 9)) %}", "processor time|did not end within 15 s"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("{{ cycler.__init__.__globals__.os.system('true') }}", "no chat template may|failed"),
        ("{{ '\x1b[31m' | int(base=1) }}{{ raise_exception('\x1b[31m\n::error::') }}", r"\\x1b\[31m\\n"),
    ],
    ids=["loops", "one word", "many words", "all memory", "large power", "recursion", "escape", "repaints"],
)
def test_every_template_ends(text: str, said: str) -> None:
    """Within its time and memory; the message has the template's place, what it did, and what would do."""
    with pytest.raises(UsageError, match=said) as caught:
        rendered(text)
    assert str(caught.value).startswith("The chat template in here.jinja ")
    assert "`sweep: {chat: PATH}`" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_refusal_names_the_chat() -> None:
    """The place of the one that was refused, of several."""
    text = "{% if messages[0].content == 'no' %}{{ raise_exception('never') }}{% endif %}"
    template = ChatTemplate(text=text, place="here.jinja", source="file")
    with pytest.raises(TemplateRefusal, match="refuses the messages: never") as caught:
        render(template, [HELLO, [{"role": "user", "content": "no"}]], {}, "2026-01-01")
    assert caught.value.chat == 1


def test_an_environments_secrets_stay_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The process of a template that found a way out would have no key to read."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    from configspec.families.chat import rendering

    seen = tmp_path / "environ"
    program = tmp_path / "program.py"
    program.write_text(f"import os\nopen({str(seen)!r}, 'w').write(str(dict(os.environ)))\nprint('{{}}')")
    monkeypatch.setattr(rendering, "_PROGRAM", program)
    with pytest.raises(UsageError, match="cannot be read"):
        rendered("x")
    assert "PATH" in seen.read_text()
    assert "hf_secret" not in seen.read_text()


def test_many_large_prompts_are_no_attack() -> None:
    """A thousand chats of a hundred kilobytes fit into what one chat may take, times their size."""
    template = ChatTemplate(text="{{ messages[0].content }}!", place="here.jinja", source="file")
    chats = [[{"role": "user", "content": "é" * 50_000}]] * 60
    found = render(template, chats, {}, "2026-01-01", Limits(memory_bytes=1 << 27))
    assert {len(text) for text in found.texts} == {50_001}


def test_half_a_letter_is_told() -> None:
    """A template that cuts an escape in two makes a text that no tokenizer takes."""
    with pytest.raises(UsageError, match="half of a surrogate pair"):
        rendered("{{ '\\ud83d' }}")
