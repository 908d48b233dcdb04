"""Renders one chat template for many chats: a program of its own, run by its path; it imports nothing of the package.

It reads a JSON object on stdin and writes one on stdout; `rendering.py` is its other side. A template comes with a
model and is not believed: it runs in the sandbox that transformers gives it (utils/chat_template_utils.py there), in a
process whose processor time and memory are bounded, since loops in loops never end and a text can double itself.
"""

from __future__ import annotations

import datetime
import json
import re
import resource
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
import jinja2.exceptions
import jinja2.ext
import jinja2.meta
import jinja2.nodes
import jinja2.parser
import jinja2.sandbox

Problem = dict[str, Any]
SAFE = (3, 1, 6)  # older ones have known ways out of the sandbox; transformers asks for the same


class RaisedError(jinja2.TemplateError):
    """What a template says with `raise_exception`."""


class TooLongError(Exception):
    """A chat became more text than it may."""


class Generation(jinja2.ext.Extension):
    """`{% generation %}`, by which transformers finds what an assistant said: its body, as it stands."""

    tags = {"generation"}  # noqa: RUF012 (jinja2 wants a set)

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        """The statements up to `{% endgeneration %}`."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Namespace(jinja2.utils.Namespace):
    """As jinja2's, without names that begin with an underscore, as transformers has it."""

    def __init__(*args: Any, **named: Any) -> None:
        """Its first attributes."""
        itself, *of = args
        jinja2.utils.Namespace.__init__(itself)
        for name, value in dict(*of, **named).items():
            itself[name] = value

    def __setitem__(self, name: str, value: object) -> None:
        """Set an attribute."""
        if str(name).startswith("_"):
            raise jinja2.exceptions.SecurityError(f"a namespace takes no attribute {name!r}")
        super().__setitem__(name, value)


def environment(date: datetime.date) -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    """What transformers renders with, but that `strftime_now` always tells `date`."""
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    midnight = datetime.datetime.combine(date, datetime.time())
    made.filters["tojson"] = _to_json
    made.globals |= {
        "raise_exception": _raise,
        "strftime_now": lambda form: midnight.strftime(form),
        "dict": lambda *of, **more: dict(*of, **more),
        "namespace": Namespace,
    }
    return made


def variables(template: str) -> list[str]:
    """The names that a template looks up and does not set itself."""
    plain = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    plain.globals.clear()
    return sorted(jinja2.meta.find_undeclared_variables(plain.parse(template)))


def render(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of all chats and the `variables`, or the first `problem`: its kind, words, line and chat.

    `asked` has `template`, `chats` (each with `messages` and `most`, the letters that it may become), `values` for the
    template's variables, and `date`.
    """
    at: int | None = None
    try:
        made = environment(datetime.date.fromisoformat(asked["date"]))
        template = made.from_string(asked["template"])
        texts = []
        for at, chat in enumerate(asked["chats"]):  # noqa: B007 (it is where the problem was)
            values = {**asked["values"], "messages": chat["messages"]}
            texts.append(_bounded(template.generate(**values), chat["most"]))
        return {"texts": texts, "variables": variables(asked["template"])}
    except jinja2.TemplateSyntaxError as problem:
        return {"problem": _problem("syntax", problem.message or "", problem.lineno, at)}
    except RaisedError as problem:
        return {"problem": _problem("raised", problem.message or "", None, at)}
    except jinja2.exceptions.SecurityError as problem:
        return {"problem": _problem("unsafe", str(problem), _line(problem), at)}
    except TooLongError:
        return {"problem": _problem("long", "", None, at)}
    except MemoryError:
        return {"problem": _problem("memory", "", None, at)}
    except Exception as problem:  # whatever the template's own expressions raise
        return {"problem": _problem("failed", f"{type(problem).__name__}: {problem}", _line(problem), at)}


def main() -> None:
    """One request, one answer, within the limits that the request names."""
    if tuple(map(int, re.findall(r"\d+", jinja2.__version__)[:3])) < SAFE:
        raise ModuleNotFoundError(f"jinja2 {jinja2.__version__} has known ways out of its sandbox")
    asked = json.loads(sys.stdin.buffer.read())
    limits = (resource.RLIMIT_CPU, asked["cpu_s"]), (resource.RLIMIT_AS, asked["memory_bytes"])
    for what, most in (*limits, (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))
    with open(1, "wb", closefd=False) as answer:
        answer.write(json.dumps(render(asked)).encode("ascii"))


def _bounded(pieces: Iterable[str], most: int) -> str:
    found: list[str] = []
    letters = 0
    for piece in pieces:
        letters += len(piece)
        if letters > most:
            raise TooLongError
        found.append(piece)
    return "".join(found)


def _raise(message: object) -> None:
    raise RaisedError(str(message))


def _to_json(
    value: object, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
) -> str:
    # jinja2's own would escape < and >, which are part of what a model reads.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _line(problem: BaseException) -> int | None:
    """The template's line that raised, by the last of its frames."""
    line, trace = None, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _problem(kind: str, words: str, line: int | None, chat: int | None) -> Problem:
    return {"kind": kind, "words": words[:2000], "line": line, "chat": chat}


if __name__ == "__main__":
    main()
