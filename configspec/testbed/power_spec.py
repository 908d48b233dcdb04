"""The power meter of a device: which, what its figure holds, and the keys of its kind.

Those keys, what they mean and what form they have, stand with each kind (`configspec/agent/power/`): a new meter brings
its own. They are checked here as the board checks them again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import SkipJsonSchema

from configspec.agent.power.meter import BOUNDARIES, MeterKind, Option
from configspec.agent.power.metering import AUTO, FORMS, check_options, kind_named, names
from configspec.agent.power.registry import METERS
from configspec.agent.protocol import AgentError
from configspec.errors import UsageError, did_you_mean
from configspec.testbed.key_types import MAX_NAME, MAX_WORDS, TEXT_PATTERN, BoardFolder, Positive
from configspec.testbed.nowhere import check_together
from configspec.testbed.process_environment import NAME, OF_HOST
from configspec.testbed.spec import HIDDEN, Spec

MAX_WINDOW_S = 3600.0
MAX_OPTION_LETTERS = 1000
MAX_W = 1e6
MeterName: TypeAlias = Annotated[
    str, Field(strict=True, json_schema_extra={"enum": [*names()], "title": "name of a meter"})
]
Boundary: TypeAlias = Literal["rail", "module", "board", "usb-input", "wall"]
SHOWN_OPTIONS = ("rails", "channel", "component", "phase", "gpu", "key", "unit", "chip", "watts", "idle_watts")
_EXAMPLE = "${PLUG_PASSWORD}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSpec(Spec):
    """A meter. `options` are the keys of its kind; a secret among them is `${NAME}`, a variable of this host."""

    meter: Annotated[
        str,
        Field(
            strict=True,
            description="Which meter: a kind of docs/power.md, or `auto`, the first found on the device",
            json_schema_extra={"enum": [*names()]},
        ),
    ] = AUTO
    boundary: Annotated[
        Boundary | None,
        Field(description="What is inside its figure, if only you know: for a meter in a lead, or a command"),
    ] = None
    window_s: Annotated[
        Annotated[Positive, Field(le=MAX_WINDOW_S)] | None,
        Field(description="Seconds that a cell drafts for the meter; default: as many as the meter needs"),
    ] = None
    root: Annotated[
        BoardFolder, Field(description="The folder on the device that contains its `/sys`, as in a container: `/host`")
    ] = "/"
    read_by: Annotated[
        Literal["auto", "device", "host"],
        Field(description="Who reads a meter on the network: the device, this host, or the device if it can"),
    ] = "auto"
    options: Annotated[SkipJsonSchema[Any], Field(default_factory=dict, validation_alias=f"{HIDDEN}options")] = field(
        default_factory=dict
    )

    @model_validator(mode="wrap")
    @classmethod
    def _with_options(cls, written: object, handler: ModelWrapValidatorHandler[PowerSpec]) -> PowerSpec:
        """The keys that every meter has, and those of its kind."""
        if isinstance(written, str):
            written = {"meter": written}
        if not isinstance(written, dict):
            return handler(written)
        own = {one.name for one in fields(cls)} - {"options"}
        options = {key: value for key, value in written.items() if key not in own}
        read = handler({**{key: value for key, value in written.items() if key in own}, f"{HIDDEN}options": options})
        if None not in options.values():  # a key without a value is told as that
            check_meter(read)
        return read

    @property
    def on_network(self) -> bool:
        """Whether this host could read it where the device cannot."""
        return self.meter != AUTO and kind_named(self.meter).on_network


def check_meter(spec: PowerSpec) -> None:
    """A ValueError where there is no such meter, or it has not the keys that it needs."""
    try:
        kinds = [kind for kind in METERS if kind.auto] if spec.meter == AUTO else [kind_named(spec.meter)]
        able = {option.name: option for kind in kinds for option in kind.options}
        for name, value in spec.options.items():
            _check_known(spec, name, tuple(able))
            _check_plain(name, value)
        for option in able.values():
            if option.secret and option.name in spec.options:
                _check_secret(option, spec.options[option.name])
        for kind in kinds:
            check_options(kind, {name: value for name, value in spec.options.items() if _is_of(kind, name)})
        if spec.meter != AUTO and not _of_host(spec):
            check_together(kinds[0], spec.options)
    except AgentError as problem:
        found = f", found {problem.found}" if problem.found else ""
        raise ValueError(f"cannot be: {problem.what}{found}. {problem.hint or ''}".strip()) from None
    _check_owners_words(spec, None if spec.meter == AUTO else kinds[0])


def _is_of(kind: MeterKind, name: str) -> bool:
    return any(option.name == name for option in kind.options)


def _check_known(spec: PowerSpec, name: object, able: tuple[str, ...]) -> None:
    if name in able:
        return
    owners = [kind.name for kind in METERS if any(one.name == name for one in kind.options)]
    if owners:
        raise ValueError(
            f"has `{name}`, a key of {', '.join(owners)} and not of {spec.meter}. Name that meter, or delete the key."
        )
    known = did_you_mean(str(name)[:MAX_NAME], [*(one.name for one in fields(spec) if one.name != "options"), *able])
    raise ValueError(f"has the unknown key `{name!s:.60}`. {known}")


def _of_host(spec: PowerSpec) -> bool:
    """Whether a value that decides what is read is taken from this host's environment: it is not known here."""
    secrets = {option.name for option in kind_named(spec.meter).options if option.secret}
    texts = [value for name, value in spec.options.items() if name not in secrets and isinstance(value, str)]
    return any(OF_HOST.fullmatch(text) for text in texts)


def _check_owners_words(spec: PowerSpec, kind: MeterKind | None) -> None:
    if kind is None:
        if spec.read_by != "auto":
            raise ValueError("has `read_by`, which means nothing beside auto: the device reads its own. Delete it.")
        return
    for name in ("watts", "idle_watts"):
        if isinstance(watts := spec.options.get(name), int | float) and watts > MAX_W:
            raise ValueError(f"has {name} {watts:g}, which no device draws. At most {MAX_W:,.0f} can be.")
    if kind.asks_boundary and spec.boundary is None:
        raise ValueError(
            f"needs a `boundary`: only who wired the {kind.name} meter knows what its figure holds. "
            f"Write one of {', '.join(BOUNDARIES)}."
        )
    if spec.read_by != "auto" and not kind.on_network:
        raise ValueError(f"has `read_by`, which means nothing beside {kind.name}: the device reads it. Delete it.")


def _check_plain(name: str, value: object) -> None:
    texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    if not all(text == "" or _is_plain(text) for text in texts):
        raise ValueError(f"has in `{name}` a text that is too long, or holds what no terminal could show.")
    if isinstance(value, list) and len(value) > MAX_WORDS:
        raise ValueError(f"has {len(value)} values of `{name}`; at most {MAX_WORDS} can be.")


def _is_plain(text: str) -> bool:
    """Whether an option can be that text, which is not empty."""
    return 0 < len(text) <= MAX_OPTION_LETTERS and re.fullmatch(TEXT_PATTERN[1:-1], text) is not None and _utf8(text)


def _utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _check_secret(option: Option, value: object) -> None:
    if not isinstance(value, str) or OF_HOST.fullmatch(value) is None:
        raise ValueError(
            f"has a `{option.name}` in plain text, and this file is shared. Put it into an environment variable and "
            f"write its name, as in `{option.name}: {_EXAMPLE}`."
        )


def with_secrets(device: str, spec: PowerSpec, of_host: Mapping[str, str]) -> dict[str, object]:
    """The options, secrets filled in from this host's environment.

    Raises:
        UsageError: This host has no such variable, or it holds what no option can be.
    """
    found: dict[str, object] = {}
    for name, value in spec.options.items():
        named = OF_HOST.fullmatch(value) if isinstance(value, str) else None
        if named is None:
            found[name] = value
            continue
        here = f"devices.{device}.power.{name} is taken from this host's variable {named[1]}, which"
        text = of_host.get(named[1])
        if text is None:
            raise UsageError(f"{here} is not set. Export it.")
        if not _is_plain(text):  # the text is not repeated: it may be a secret
            raise UsageError(f"{here} is empty, too long, or holds what no terminal could show. Export it again.")
        found[name] = text
    return found


def asked_words(spec: PowerSpec) -> str:
    """What was asked for, in a line, so that a later run can tell whether it asks for the same.

    Addresses, names of services and commands do not stand in it: a hash of all options does.
    """
    shown = {"boundary": spec.boundary, "window_s": spec.window_s}
    shown |= {name: spec.options[name] for name in SHOWN_OPTIONS if name in spec.options}
    words = ", ".join(f"{name} {_written(value)}" for name, value in shown.items() if value is not None)
    # Where it is read from belongs to what is asked for: another root, or another reader, may show another board.
    where = {
        name: getattr(spec, name)
        for name, usual in (("root", "/"), ("read_by", "auto"))
        if getattr(spec, name) != usual
    }
    compared = {**spec.options, **where}
    digest = hashlib.sha256(json.dumps(compared, sort_keys=True, default=str).encode()).hexdigest()[:8]
    hidden = f" ({digest})" if compared.keys() - set(SHOWN_OPTIONS) else ""
    return f"{spec.meter}{f', {words}' if words else ''}{hidden}"


def _written(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def places(spec: PowerSpec) -> tuple[tuple[object, ...], ...]:
    """What tells one meter on the network, or of this host, from another: two boards must not share one of them.

    Several: the sum of three phases is each of them. None: it is in the board, or on one of its ports.
    """
    key = "url" if "url" in spec.options else "command" if "command" in spec.options else None
    if key is None or (key == "command" and spec.read_by != "host"):
        return ()
    of = str(spec.options[key])
    address = of.rstrip("/").removesuffix(":80").lower() if key == "url" else of
    usual = {**_PARTS_OF_METERS, "component": _USUAL_COMPONENTS.get(spec.meter, "")}
    parts = {name: str(spec.options.get(name, default)) for name, default in usual.items()}
    phases = PHASES if parts["phase"] == ALL_PHASES else (parts["phase"],)
    return tuple((spec.meter, address, *{**parts, "phase": phase}.values()) for phase in phases)


# What may be several in one meter, and which of them is meant where the owner says nothing.
_PARTS_OF_METERS: Mapping[str, object] = {"entity": "", "channel": 0, "component": "", "phase": "", "key": ""}
_USUAL_COMPONENTS: Mapping[str, str] = {"shelly_gen2": "switch", "shelly_gen1": "meter"}
PHASES, ALL_PHASES = ("a", "b", "c"), "total"


def option_schema() -> dict[str, object]:
    """The JSON Schema of the keys of all kinds, by name: what the kinds say of it, joined."""
    found: dict[str, list[tuple[MeterKind, Option]]] = {}
    for kind in METERS:
        for option in kind.options:
            found.setdefault(option.name, []).append((kind, option))
    return {name: _node(owners) for name, owners in sorted(found.items())}


def _node(owners: list[tuple[MeterKind, Option]]) -> dict[str, object]:
    by_meaning: dict[str, list[str]] = {}
    for kind, option in owners:
        by_meaning.setdefault(option.means, []).append(kind.name)
    words = "; ".join(f"{', '.join(kinds)}: {means}" for means, kinds in by_meaning.items())
    forms = list(dict.fromkeys(option.form for _, option in owners))
    secret = any(option.secret for _, option in owners)
    nodes = [_SECRET if secret else _NODES[form] for form in forms]
    title = "`${NAME}`" if secret else ", or ".join(FORMS[form] for form in forms)
    return {**(nodes[0] if len(nodes) == 1 else {"anyOf": nodes}), "description": words, "title": title}


_TEXT: dict[str, object] = {"type": "string", "minLength": 1, "maxLength": MAX_OPTION_LETTERS}
_LIST: dict[str, object] = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MAX_WORDS}
_SECRET: dict[str, object] = {"type": "string", "pattern": rf"^\$\{{{NAME}\}}$"}
_NODES: Mapping[str, dict[str, object]] = {
    "text": _TEXT,
    "number": {"type": "number", "minimum": 0},
    "whole": {"type": "integer", "minimum": 0},
    "texts": _LIST,
    "words": {"anyOf": [_TEXT, _LIST]},
}
