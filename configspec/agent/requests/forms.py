"""How the values of a request travel, and what every request is.

A request says which values it takes; the agent checks each of them when it reads the request, so the host builds one
from whatever it was given. On the wire, fields that have their default are left out.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Dict, Generic, List, Tuple, TypeVar

from ..protocol import MAX_LETTERS, usage_error

T = TypeVar("T")
_FORM = "form"
MOST = 2**53 - 1  # of a count: beyond it, JSON does not count by ones everywhere
C_INT = 2**31 - 1  # llama.cpp takes these numbers as C's int, which a larger one would leave without a word
MAX_THREADS = 512  # GGML_MAX_N_THREADS, https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h
MAX_CPUS = 8192  # CONFIG_NR_CPUS of Linux is at most that on the machines it runs on
MAX_DEVICES = 16  # llama_max_devices()
MAX_OPTIONS = 20


@dataclass(frozen=True)
class Form(Generic[T]):
    """How a value travels. `read` takes it out of JSON, with a ValueError if it is not what is `wanted`."""

    wanted: str
    read: Callable[[object], T]
    write: Callable[[T], object] | None = None  # None: JSON holds it unchanged


def whole(minimum: int, most: int = C_INT) -> Form[int]:
    """A whole number from `minimum` to `most`."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= most:
            raise ValueError
        return value

    return Form(f"a whole number of at least {minimum} and at most {most}", read)


def number(above: float, most: float = sys.float_info.max) -> Form[float]:
    """A finite number above `above`, and no more than `most`."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not above < value <= most:
            raise ValueError
        return float(value)

    limit = f" and at most {most:g}" if most < sys.float_info.max else ""
    return Form(f"a number above {above:g}{limit}", read)


def one_of(*words: str) -> Form[str]:
    """One of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return value

    return Form(f"one of {', '.join(words)}", read)


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LETTERS or "\0" in value:
        raise ValueError
    value.encode("utf-8")  # UnicodeEncodeError is a ValueError: no file and no line could hold a lone surrogate
    return value


def _read_options(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or len(value) > MAX_OPTIONS:
        raise ValueError
    for name, one in value.items():
        _read_text(name)
        for part in one if isinstance(one, list) else [one]:
            if isinstance(part, str):
                _read_text(part)
            elif isinstance(part, bool) or not isinstance(part, (int, float)) or not abs(part) <= MOST:
                raise ValueError
    return value


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _read_tokens(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(token) is int and 0 <= token <= C_INT for token in value):
        raise ValueError
    return tuple(value)


def _read_counts(value: object) -> tuple[int, ...]:
    counts = _read_tokens(value)
    if not counts or 0 in counts:
        raise ValueError
    return counts


def _read_data(value: object) -> bytes:
    if not isinstance(value, str) or not value:  # as long as a line may be
        raise ValueError
    return base64.b64decode(value, validate=True)


def _read_cpus(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CPUS:
        raise ValueError
    if not all(type(cpu) is int and 0 <= cpu < MAX_CPUS for cpu in value):
        raise ValueError
    return tuple(value)


def _read_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_DEVICES:
        raise ValueError
    return tuple(map(_read_text, value))


def _write_list(value: tuple[object, ...]) -> list[object]:
    return list(value)


def _write_data(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


TEXT = Form(f"a string, not empty, of at most {MAX_LETTERS} letters, none of them NUL", _read_text)
FLAG = Form("true or false", _read_flag)
TOKENS = Form("a list of token ids", _read_tokens)
COUNTS = Form("a list of counts of 1 or more", _read_counts)
DATA = Form("base64", _read_data, _write_data)
CPUS = Form(f"a list of processors, 0 to {MAX_CPUS - 1}", _read_cpus, _write_list)
OPTIONS = Form("names with a text, a number or a list of them each", _read_options)
NAMES = Form(f"a list of 1 to {MAX_DEVICES} names", _read_names, _write_list)


def takes(form: Form[T]) -> dict[str, Form[T]]:
    """A field's metadata: in which form it travels."""
    return {_FORM: form}


def read_value(op: str, name: str, value: object, form: Form[T]) -> T:
    """A value as its form takes it; a usage error that names `op` and `name` where it is something else.

    `value` is `dataclasses.MISSING` where there is none.
    """
    try:
        return form.read(value)
    except ValueError:
        found = "nothing" if value is MISSING else short(value)
        raise usage_error(f"{op}: {name} must be {form.wanted}", found=found) from None


def short(value: object) -> str:
    """What was found, for an error: at most 80 letters."""
    try:
        text = repr(value)
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True)
class Request:
    """One request: `op` is its name on the wire."""

    op: ClassVar[str]

    def as_json(self) -> dict[str, object]:
        """Its arguments; those that have their default are left out."""
        found: dict[str, object] = {}
        for name, form, default in slots_of(type(self)):
            value = getattr(self, name)
            if value != default:
                found[name] = value if form.write is None else form.write(value)
        return found


_SLOTS: Dict[str, List[Tuple[str, Form[Any], object]]] = {}


def slots_of(kind: type[Request]) -> list[tuple[str, Form[Any], object]]:
    """The fields of a kind of request: name, form and default. Analysed once: a round waits for its request."""
    if kind.op not in _SLOTS:
        _SLOTS[kind.op] = [(one.name, one.metadata[_FORM], one.default) for one in fields(kind)]
    return _SLOTS[kind.op]
