"""What the host may ask of the agent: one class a request, shared by both sides.

A request says which values it takes; the agent checks each of them when it reads the request, so the host builds one
from whatever it was given. To add an operation: a class here, a handler in `operations.py`, a method in
`configspec/devices/device.py`.

On the wire, fields that have their default are left out. An unknown name is refused: a misspelt argument must not pass
for an absent one.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import ClassVar, Generic, TypeVar

from .protocol import MAX_LETTERS, usage_error

T = TypeVar("T")
_FORM = "form"
MOST = 2**53 - 1  # of a count: beyond it, JSON does not count by ones everywhere
C_INT = 2**31 - 1  # llama.cpp takes these numbers as C's int, which a larger one would leave without a word
MAX_THREADS = 512  # GGML_MAX_N_THREADS, https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h
MAX_CPUS = 8192  # CONFIG_NR_CPUS of Linux is at most that on the machines it runs on
MAX_DEVICES = 16  # llama_max_devices()
SEED = 2**64 - 1
# The names of ggml_type that llama-bench takes for the cache (ggml_type_from_name in its source).
CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


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
        found = "nothing" if value is MISSING else _short(value)
        raise usage_error(f"{op}: {name} must be {form.wanted}", found=found) from None


def _short(value: object) -> str:
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
        for name, form, default in _SLOTS[self.op]:
            value = getattr(self, name)
            if value != default:
                found[name] = value if form.write is None else form.write(value)
        return found


@dataclass(frozen=True)
class Lock(Request):
    """Hold the board for the run `run`; the other fields say whose run that is."""

    op = "lock"
    user: str = field(metadata=takes(TEXT))
    host: str = field(metadata=takes(TEXT))
    pid: int = field(metadata=takes(whole(0)))
    since: str = field(metadata=takes(TEXT))
    run: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class Holder(Request):
    """Who holds the board."""

    op = "holder"


@dataclass(frozen=True)
class Health(Request):
    """How the board is at this moment; `models` is the folder whose disk counts."""

    op = "health"
    models: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class ProcessorTimes(Request):
    """What the board's processors have done so far."""

    op = "processor_times"


@dataclass(frozen=True)
class ReadMemory(Request):
    """Read the board's memory for `seconds`, with `threads`."""

    op = "read_memory"
    threads: int = field(metadata=takes(whole(1, MAX_THREADS)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Reap(Request):
    """End the agent of that mark, which its host has lost."""

    op = "reap"
    mark: str = field(metadata=takes(TEXT))


@dataclass(frozen=True)
class Describe(Request):
    """What kind of board it is."""

    op = "describe"


@dataclass(frozen=True)
class Open(Request):
    """Open a GGUF file in place of the model that is open.

    `threads` None: as many as `board/processors.py` finds. `gpu_layers` -1: all. `cache_bytes`: what the context's
    cache will take; 0: not known. The fields from `threads_batch` on are settings: None leaves them to llama.cpp.
    """

    op = "open"
    path: str = field(metadata=takes(TEXT))
    context: int = field(metadata=takes(whole(1)))
    gpu_layers: int = field(metadata=takes(whole(-1)))
    batch: int = field(metadata=takes(whole(1)))
    threads: int | None = field(default=None, metadata=takes(whole(1, MAX_THREADS)))
    cache_bytes: int = field(default=0, metadata=takes(whole(0, MOST)))
    threads_batch: int | None = field(default=None, metadata=takes(whole(1, MAX_THREADS)))
    cpus: tuple[int, ...] | None = field(default=None, metadata=takes(CPUS))
    flash_attention: str | None = field(default=None, metadata=takes(one_of("on", "off", "auto")))
    cache_type_k: str | None = field(default=None, metadata=takes(one_of(*CACHE_TYPES)))
    cache_type_v: str | None = field(default=None, metadata=takes(one_of(*CACHE_TYPES)))
    micro_batch: int | None = field(default=None, metadata=takes(whole(1)))
    mmap: bool | None = field(default=None, metadata=takes(FLAG))
    mlock: bool | None = field(default=None, metadata=takes(FLAG))
    main_gpu: int | None = field(default=None, metadata=takes(whole(0)))
    devices: tuple[str, ...] | None = field(default=None, metadata=takes(NAMES))
    cpu_moe_layers: int | None = field(default=None, metadata=takes(whole(0)))

    def settings(self) -> dict[str, object]:
        """What is not left to llama.cpp, by its name, as JSON has it."""
        return {name: value for name, value in self.as_json().items() if name in SETTINGS}


@dataclass(frozen=True)
class Prefill(Request):
    """Start a new sequence."""

    op = "prefill"
    tokens: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))


@dataclass(frozen=True)
class Draft(Request):
    """Cut the sequence to `keep` tokens (None: all), add `append`, and draft K tokens.

    `temperature` None: greedily. `seed` None: the random numbers continue.
    """

    op = "draft"
    k: int = field(metadata=takes(whole(1)))
    keep: int | None = field(default=None, metadata=takes(whole(1)))
    append: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))
    temperature: float | None = field(default=None, metadata=takes(number(0.0)))
    top_k: int = field(default=0, metadata=takes(whole(0)))
    top_p: float = field(default=1.0, metadata=takes(number(0.0, 1.0)))
    seed: int | None = field(default=None, metadata=takes(whole(0, SEED)))


@dataclass(frozen=True)
class Distribution(Request):
    """What token `index` of the last draft was drawn from."""

    op = "distribution"
    index: int = field(metadata=takes(whole(0)))


@dataclass(frozen=True)
class Rounds(Request):
    """Draft K tokens again and again from the same sequence, `seconds` long at most."""

    op = "rounds"
    k: int = field(metadata=takes(whole(1)))
    rounds: int = field(metadata=takes(whole(1)))
    warmup: int = field(metadata=takes(whole(0)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Returns(Request):
    """Time what going back to the present sequence costs, with so many tokens pending as `pending` says, in turns.

    For a model whose memory cannot be cut; `seconds` long at most.
    """

    op = "returns"
    rounds: int = field(metadata=takes(whole(1)))
    warmup: int = field(metadata=takes(whole(0)))
    seconds: float = field(metadata=takes(number(0.0)))
    pending: tuple[int, ...] = field(default=(1,), metadata=takes(COUNTS))


@dataclass(frozen=True)
class Score(Request):
    """Score tokens[start:], each given all before it; with a temperature, by the warped distribution too."""

    op = "score"
    start: int = field(metadata=takes(whole(1)))
    tokens: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))
    temperature: float | None = field(default=None, metadata=takes(number(0.0)))
    top_k: int = field(default=0, metadata=takes(whole(0)))
    top_p: float = field(default=1.0, metadata=takes(number(0.0, 1.0)))


@dataclass(frozen=True)
class Rollback(Request):
    """Keep the first tokens of the sequence."""

    op = "rollback"
    keep: int = field(metadata=takes(whole(1)))


@dataclass(frozen=True)
class Close(Request):
    """Free the model's memory."""

    op = "close"


@dataclass(frozen=True)
class ListFiles(Request):
    """What is in the folder of model files; None: the one in the account's cache."""

    op = "list_files"
    folder: str | None = field(default=None, metadata=takes(TEXT))


@dataclass(frozen=True)
class FindFile(Request):
    """A model file: its size, and its hash if it is as large as it should be."""

    op = "find_file"
    name: str = field(metadata=takes(TEXT))
    size: int = field(metadata=takes(whole(0, MOST)))
    folder: str | None = field(default=None, metadata=takes(TEXT))


@dataclass(frozen=True)
class Receive(Request):
    """Announce a file. `replace`: it may replace another file. `fresh`: forget what has arrived of it."""

    op = "receive"
    name: str = field(metadata=takes(TEXT))
    size: int = field(metadata=takes(whole(1, MOST)))
    sha256: str = field(metadata=takes(TEXT))
    folder: str | None = field(default=None, metadata=takes(TEXT))
    replace: bool = field(default=False, metadata=takes(FLAG))
    fresh: bool = field(default=False, metadata=takes(FLAG))


@dataclass(frozen=True)
class Chunk(Request):
    """The next bytes of the announced file."""

    op = "chunk"
    offset: int = field(metadata=takes(whole(0, MOST)))
    data: bytes = field(metadata=takes(DATA))


@dataclass(frozen=True)
class Finish(Request):
    """Verify the announced file and put it in its place."""

    op = "finish"


REQUESTS: tuple[type[Request], ...] = (
    *(Lock, Holder, Health, ProcessorTimes, ReadMemory, Reap, Describe),
    *(Open, Prefill, Draft, Distribution, Rounds, Returns, Score, Rollback, Close),
    *(ListFiles, FindFile, Receive, Chunk, Finish),
)
# The fields of `Open` that may be left to llama.cpp.
SETTINGS = tuple(one.name for one in fields(Open) if one.default is None and one.name != "threads")
_KINDS: dict[str, Callable[..., Request]] = {kind.op: kind for kind in REQUESTS}
# Analysed once: a round waits for its request to be read and written.
_SLOTS = {kind.op: [(one.name, one.metadata[_FORM], one.default) for one in fields(kind)] for kind in REQUESTS}
_FORMS = {op: {name: (form, default) for name, form, default in slots} for op, slots in _SLOTS.items()}
_NEEDED = {op: [name for name, _, default in slots if default is MISSING] for op, slots in _SLOTS.items()}


def read_request(op: str, values: Mapping[str, object]) -> Request:
    """The request `op` with these arguments, as JSON has them; a usage error where it cannot be."""
    forms = _FORMS.get(op)
    if forms is None:
        raise usage_error("unknown operation", found=_short(op), hint=f"This agent knows: {', '.join(_FORMS)}.")
    if not values.keys() <= forms.keys():
        known = ", ".join(sorted(forms)) or "none"
        unknown = min(values.keys() - forms.keys())
        raise usage_error(f"{op}: unknown argument", found=_short(unknown), hint=f"It knows: {known}.")
    found: dict[str, object] = {}
    for name, value in values.items():
        form, default = forms[name]
        if value is not None or default is not None:  # null is None where that is the default
            found[name] = read_value(op, name, value, form)
    for name in _NEEDED[op]:
        if name not in values:
            read_value(op, name, MISSING, forms[name][0])
    return _KINDS[op](**found)
