"""What a template may do, and what is said of one that fails: the renderer itself, in this process."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from chat_models import GEMMA, GLM, GPT_OSS, LLAMA_3, QWEN_3
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jinja2", reason="needs jinja2: pip install 'configspec[llama]'")

from configspec.families.chat.sandbox import render, variables

HELLO = [{"role": "user", "content": "hello"}]
DATE = "2026-02-03"


def asked(template: str, messages: Any = HELLO, most: int = 1000, **values: Any) -> dict[str, Any]:
    given = {"tools": None, "documents": None, "add_generation_prompt": True, **values}
    return {"template": template, "chats": [{"messages": messages, "most": most}], "values": given, "date": DATE}


def text(template: str, messages: Any = HELLO, **values: Any) -> str:
    found = render(asked(template, messages, **values))
    (only,) = found["texts"]
    assert isinstance(only, str)
    return only


def problem(template: str, **more: Any) -> tuple[str, str, int | None]:
    found = render(asked(template, **more))["problem"]
    return found["kind"], found["words"], found["line"]


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{% if true %}\n  x\n{% endif %}\ny", "  x\ny"),
        (
            "{% for m in messages * 5 %}{% if loop.index > 2 %}{% break %}{% endif %}{{ m.role }}{% endfor %}",
            "useruser",
        ),
        ('{{ {"b": "<é>", "a": 1} | tojson }}', '{"b": "<é>", "a": 1}'),
        ("{{ [1] | tojson(indent=2) }}", "[\n  1\n]"),
        ("{% generation %}a{% endgeneration %}", "a"),
        ("{% set n = namespace(x=1) %}{% for m in messages %}{% set n.x = 2 %}{% endfor %}{{ n.x }}", "2"),
        ("{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f(messages[0].content) }}", "[hello]"),
        ("{{ dict(a=1).a }}{{ bos_token }}{{ tools is none }}", "1True"),
        ("{{ messages[-1]['content'].split('l')[0].strip().upper() }}", "HE"),
    ],
    ids=[
        "trims blocks",
        "break",
        "tojson as it is",
        "indent",
        "generation",
        "namespace",
        "macro",
        "globals",
        "methods",
    ],
)
def test_a_template_may_do_what_transformers_lets_it(template: str, wanted: str) -> None:
    """Its environment, filters and tags are those of `apply_chat_template`."""
    assert text(template) == wanted


def test_todays_date_is_the_sweeps() -> None:
    """Else two runs of two days would not compare."""
    assert text("{{ strftime_now('%d %b %Y %H:%M') }}") == "03 Feb 2026 00:00"
    assert str(datetime.date.today().year) + "x" not in text("{{ strftime_now('%Y') }}x") or DATE.startswith(
        str(datetime.date.today().year)
    )


@pytest.mark.parametrize(
    ("template", "kind", "words"),
    [
        ("{% if %}", "syntax", "Expected an expression"),
        ("{% for m in messages %}", "syntax", "Unexpected end of template"),
        ("{{ raise_exception('no system role') }}", "raised", "no system role"),
        ("{% if not tools %}{{ raise_exception('give me a tool') }}{% endif %}", "raised", "give me a tool"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe", "__class__"),
        ("{{ messages.append(1) }}", "unsafe", "append"),
        ("{{ strftime_now.__globals__ }}x{{ strftime_now.__globals__.os }}", "unsafe", "__globals__"),
        ("{% set n = namespace() %}{% set n._x = 1 %}", "unsafe", "_x"),
        ("{% set n = namespace(__class__=1) %}", "unsafe", "__class__"),
        ("{{ messages[0].nothing.of_it }}", "failed", "UndefinedError"),
        ("{{ 1 // 0 }}", "failed", "ZeroDivisionError"),
        ("{% include 'other' %}", "failed", "loader"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "failed", "RecursionError"),
        ("{% for i in range(100001) %}{% endfor %}", "failed", "OverflowError"),
        ("{% for i in range(99) %}{{ 'a' * 99 }}{% endfor %}", "long", ""),
    ],
)
def test_a_template_that_fails_says_how(template: str, kind: str, words: str) -> None:
    """Its kind, and the words that a person can act on; never a text."""
    found, said, _ = problem(template)
    assert (found, words in said) == (kind, True), said


def test_the_line_of_a_failure_is_the_templates() -> None:
    """And the chat that it failed at is told."""
    assert problem("a\nb\n{{ 1 // 0 }}")[2] == 3
    two = asked("{% if messages[0].content == 'no' %}{{ raise_exception('x') }}{% endif %}")
    two["chats"].append({"messages": [{"role": "user", "content": "no"}], "most": 10})
    assert render(two)["problem"]["chat"] == 1


def test_the_variables_that_a_template_looks_up_are_known() -> None:
    """Also those that it sets where they are missing, and its globals; not those that are its own."""
    found = variables(
        "{% if not x is defined %}{% set x = 1 %}{% endif %}{% set y = 2 %}{{ y }}{{ strftime_now('%d') }}"
    )
    assert found == ["strftime_now", "x"]
    assert "enable_thinking" in variables(QWEN_3.template or "")
    assert "reasoning_effort" in variables(GPT_OSS.template or "")


@settings(max_examples=15)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_what_a_user_says_is_never_a_template(said: str) -> None:
    """Whatever it looks like, it stands in the text as it is, trimmed where the template trims."""
    for shape in (LLAMA_3, QWEN_3, GPT_OSS, GLM, GEMMA):
        assert said.strip() in text(
            shape.template or "", [{"role": "user", "content": said + "{{ 7 * 7 }}"}], bos_token=""
        )


@pytest.mark.real
@pytest.mark.parametrize("shape", [LLAMA_3, QWEN_3, GEMMA, GPT_OSS, GLM], ids=["llama", "qwen", "gemma", "oss", "glm"])
def test_the_text_is_that_of_transformers(shape: Any) -> None:
    """Letter for letter, but for the date, which transformers takes from the clock."""
    library = pytest.importorskip("transformers.utils.chat_template_utils")
    messages = [{"role": "user", "content": " a  {{ b }}\n"}]
    template = shape.template.replace("strftime_now(", "(") if shape in (LLAMA_3, GPT_OSS) else shape.template
    values = {"bos_token": "<b>", "enable_thinking": False}
    wanted, _ = library.render_jinja_template([messages], chat_template=template, add_generation_prompt=True, **values)
    assert text(template, messages, **values) == wanted[0]
