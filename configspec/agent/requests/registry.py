"""What the host may ask of the agent: one class a request, shared by both sides.

To add an operation: a class in the file of its subject, its name in `REQUESTS`, a handler in `operations.py`, a method
in `configspec/devices/device.py`. An unknown name is refused: a misspelt argument must not pass for an absent one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING

from ..protocol import usage_error
from .board import Describe, Health, Heat, Holder, Idle, Lock, ProcessorTimes, ReadMemory, Reap
from .files import Chunk, FindFile, Finish, ListFiles, Receive
from .forms import Request, read_value, short, slots_of
from .model import (
    Close,
    Distribution,
    Draft,
    Open,
    Prefill,
    Prefills,
    Returns,
    Rollback,
    Rounds,
    Score,
    Window,
)
from .power import FindMeter, RecordMeter, StartMeter, TakeReadings

REQUESTS: tuple[type[Request], ...] = (
    *(Lock, Holder, Health, Heat, Idle, ProcessorTimes, ReadMemory, Reap, Describe),
    *(Open, Prefill, Prefills, Draft, Distribution, Rounds, Window, Returns, Score, Rollback, Close),
    *(ListFiles, FindFile, Receive, Chunk, Finish),
    *(FindMeter, StartMeter, TakeReadings, RecordMeter),
)
_KINDS: dict[str, Callable[..., Request]] = {kind.op: kind for kind in REQUESTS}
_FORMS = {kind.op: {name: (form, default) for name, form, default in slots_of(kind)} for kind in REQUESTS}
_NEEDED = {op: [name for name, (_, default) in forms.items() if default is MISSING] for op, forms in _FORMS.items()}


def read_request(op: str, values: Mapping[str, object]) -> Request:
    """The request `op` with these arguments, as JSON has them; a usage error where it cannot be."""
    forms = _FORMS.get(op)
    if forms is None:
        raise usage_error("unknown operation", found=short(op), hint=f"This agent knows: {', '.join(_FORMS)}.")
    if not values.keys() <= forms.keys():
        known = ", ".join(sorted(forms)) or "none"
        unknown = min(values.keys() - forms.keys())
        raise usage_error(f"{op}: unknown argument", found=short(unknown), hint=f"It knows: {known}.")
    found: dict[str, object] = {}
    for name, value in values.items():
        form, default = forms[name]
        if value is not None or default is not None:  # null is None where that is the default
            found[name] = read_value(op, name, value, form)
    for name in _NEEDED[op]:
        if name not in values:
            read_value(op, name, MISSING, forms[name][0])
    return _KINDS[op](**found)
