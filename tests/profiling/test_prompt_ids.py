"""A prompt set as a target reads it: kept by all that it depends on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from chat_models import BASE, QWEN_3, set_of, write_folder

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.families.chat.template import template_of_file
from configspec.profiling import prompt_ids
from configspec.profiling.prompt_ids import TokenizedPrompts, ids_sha256, tokenize_prompts
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.family_spec import FamilySpec, TargetSpec
from configspec.testbed.prompt import Message, Prompt
from configspec.testbed.prompts import PromptSet

for package, extra in (("tokenizers", "transformers"), ("jinja2", "transformers"), ("torch", "transformers")):
    pytest.importorskip(package, reason=f"needs {package}: pip install 'configspec[{extra}]'")
pytestmark = pytest.mark.real

PROMPTS = set_of(Prompt(id="a", content="the thing"))


def made(folder: Path, chat: ChatSpec | None = None, prompts: PromptSet = PROMPTS) -> TokenizedPrompts:
    family = FamilySpec(name="f", target=TargetSpec(transformers=folder), drafts={}, quants=("Q8_0",))
    return tokenize_prompts(family, prompts, chat or ChatSpec(), Store(folder.parent / "cache"))


def test_ids_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time neither the tokenizer nor the template is read; ids and record are the same."""
    folder = write_folder(tmp_path / "model", QWEN_3)
    first = made(folder, ChatSpec(thinking="off"))
    monkeypatch.setattr(prompt_ids, "prompt_source", None)
    assert made(folder, ChatSpec(thinking="off")) == first
    assert first.sha256 == ids_sha256(first.ids)


def test_ids_are_made_anew_where_something_changed(tmp_path: Path) -> None:
    """The template, a named one's text, what is asked of it, a role: each is another hash."""
    folder, own = write_folder(tmp_path / "model", QWEN_3), tmp_path / "own.jinja"
    own.write_text("1{{ messages[-1].content }}")
    system = Message(role="system", content="the")
    roles = [(system, Message(role="user", content="thing")), (Message(role="user", content="the thing"),)]
    sets = [replace(PROMPTS, prompts=(Prompt(id="a", content=messages),)) for messages in roles]
    found = [made(folder), made(folder, ChatSpec(template="none")), made(folder, ChatSpec(thinking="off"))]
    found += [made(folder, ChatSpec(template=own)), *(made(folder, None, one) for one in sets[:1])]
    own.write_text("2{{ messages[-1].content }}")
    found.append(made(folder, ChatSpec(template=own)))
    (folder / "chat_template.jinja").write_text("3{{ messages[-1].content }}")
    found.append(made(folder))
    assert len({one.sha256 for one in found}) == len(found)
    assert made(folder).ids == made(folder, None, sets[1]).ids  # a plain prompt is what a user says


def test_a_record_says_which_template(tmp_path: Path) -> None:
    """Its place and hash; none for a base model, and for `none`."""
    chat, base = write_folder(tmp_path / "chat", QWEN_3), write_folder(tmp_path / "base", BASE)
    found = made(chat).prompting
    assert (found.template, found.special_tokens) == ("tokenizer folder", "parse")
    assert found.template_sha256 == template_of_file(chat / "chat_template.jinja").sha256
    for one in (made(base), made(chat, ChatSpec(template="none"))):
        assert (one.prompting.template, one.prompting.template_sha256) == ("none", None)
        assert one.prompting.words() == "plain text, without a chat template"


def test_a_prompt_without_a_token_is_told(tmp_path: Path) -> None:
    """A vocabulary that has no token for its letters would leave the target nothing to go on from."""
    folder = write_folder(tmp_path / "model", replace(QWEN_3, template=None))
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text())
    raw["model"] |= {"vocab": {f"w{n}": n for n in range(len(raw["model"]["vocab"]))}, "merges": []}
    path.write_text(json.dumps(raw))
    with pytest.raises(UsageError, match=r"p\.jsonl: prompt 'a' is no token to the target of f"):
        made(folder)
