"""Chats made texts by a template that is not believed: in a process of its own, which always ends (`sandbox.py`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from configspec.errors import UsageError
from configspec.families.chat.template import ChatTemplate
from configspec.printable import printable
from configspec.untrusted import NotJson, parse_json

Chat = Sequence[Mapping[str, object]]  # messages, each with a role and a content

_PROGRAM = Path(__file__).with_name("sandbox.py")
_SHOWN = 300  # letters of what a template says
_GROWTH, _MORE = 4, 1_000_000  # a chat may become so many times its letters, and so many more
_COPIES = 16  # of the chats, as JSON, as values and as texts of four bytes a letter, that are there at once
_WAITS = 15  # a busy machine gives a process this part of its time, at least
# What starting Python takes. No more: keys of servers and of the hub stand in the environment.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What rendering may take: processor seconds and memory, beside what many or large chats take anyway."""

    cpu_s: int = 20
    memory_bytes: int = 1 << 30

    def for_chats(self, count: int, *, size_bytes: int) -> Limits:
        """The limits for so many chats: a second more for each thousand, and for each 16 MB."""
        cpu_s = self.cpu_s + count // 1000 + (size_bytes >> 24)
        return Limits(cpu_s=cpu_s, memory_bytes=self.memory_bytes + _COPIES * size_bytes)


class Rendered(msgspec.Struct, frozen=True):
    """A text for each chat, and the names that the template looks up without setting them."""

    texts: tuple[str, ...]
    variables: frozenset[str]


class _Problem(msgspec.Struct):
    kind: Annotated[str, msgspec.Meta(max_length=20)]
    words: str = ""
    line: int | None = None
    chat: int | None = None


class _Failed(msgspec.Struct):
    problem: _Problem


class TemplateRefusal(UsageError):  # noqa: N818 (whose move it is, not whose fault)
    """A template raised, or failed at, one chat; `chat` is its place."""

    def __init__(self, message: str, chat: int | None) -> None:
        super().__init__(message)
        self.chat = chat


def render(
    template: ChatTemplate, chats: Sequence[Chat], values: Mapping[str, object], date: str, limits: Limits | None = None
) -> Rendered:
    """The text of each chat, up to where the assistant is to answer.

    Args:
        template: The template, and where it comes from.
        chats: The messages of each chat.
        values: What the template's other variables are: the texts of special tokens, `enable_thinking`.
        date: What `strftime_now` tells, as YYYY-MM-DD.
        limits: What it may take.

    Raises:
        UsageError: jinja2 is missing, or the template is not one, raises, fails, or takes too much.
    """
    given = {"tools": None, "documents": None, "add_generation_prompt": True, **values}
    asked = {"template": template.text, "chats": [_sized(chat) for chat in chats], "values": given, "date": date}
    limits = (limits or Limits()).for_chats(len(chats), size_bytes=len(json.dumps(asked["chats"])))
    answer = _answer(template, json.dumps({**asked, **asdict(limits)}).encode("ascii"), limits)
    try:
        found = parse_json(answer)
        if isinstance(found, dict) and "problem" in found:
            raise _refused(template, msgspec.convert(found, _Failed).problem)
        rendered = msgspec.convert(found, Rendered)
        if len(rendered.texts) != len(chats):
            raise ValueError("it is of other chats")
    except (NotJson, msgspec.ValidationError, ValueError) as problem:
        raise _stopped(template, f"left an answer that cannot be read ({problem})") from None
    return rendered


def _sized(chat: Chat) -> dict[str, object]:
    messages = [dict(message) for message in chat]
    letters = sum(len(str(message.get("content"))) for message in messages)
    return {"messages": messages, "most": _GROWTH * letters + _MORE}


def _answer(template: ChatTemplate, content: bytes, limits: Limits) -> bytes:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    command = [sys.executable, "-P", str(_PROGRAM)]
    try:
        ended = subprocess.run(
            command, input=content, capture_output=True, timeout=_WAITS * limits.cpu_s, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise _stopped(template, f"did not end within {_WAITS * limits.cpu_s} s") from None
    if ended.returncode == 0:
        return ended.stdout
    if ended.returncode in _OUT_OF_TIME:
        raise _stopped(template, f"took more than {limits.cpu_s} s of processor time: it may loop for ever")
    said = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    if said and said[0].startswith("ModuleNotFoundError"):
        raise UsageError(f"Rendering a chat template needs jinja2 ({said[0][:80]}): pip install -U 'jinja2>=3.1.6'.")
    raise _stopped(template, f"ended its process with {ended.returncode}: {printable(*said or [''], at_most=_SHOWN)}")


def _refused(template: ChatTemplate, problem: _Problem) -> UsageError:
    words = printable(problem.words, at_most=_SHOWN)
    at = "" if problem.line is None else f" at line {problem.line}"
    said = {
        "syntax": f"is not a Jinja template: {words}{at}",
        "raised": f"refuses the messages: {words}",
        "unsafe": f"does what no chat template may{at}: {words}",
        "long": "made more text of a prompt than any chat needs",
        "memory": "took more memory than it may",
        "failed": f"failed{at}: {words}",
    }.get(problem.kind, f"failed: {words}")
    return TemplateRefusal(f"The chat template in {template.place} {said}. {INSTEAD}", problem.chat)


def _stopped(template: ChatTemplate, what: str) -> UsageError:
    return UsageError(f"The chat template in {template.place} {what}. {INSTEAD}")


INSTEAD = "`sweep: {chat: PATH}` names another template, `chat: none` measures plain prompts."
