"""What must be equal for two rows to compare: which figures may stand in one table.

A setup has parts, each of something with a name in `devices.yaml`: of a device, of a family's target and its text, of a
drafter on a device. Figures, load, temperature, kernel and dates are no part of it: they differ from run to run. It is
made when a row is measured, and compared as a value; resuming, merging, histories and gates all ask the same question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import TypeAlias

from configspec.printable import CUT
from configspec.records.facts import Asked
from configspec.records.prompting import PLAIN
from configspec.records.row import Row
from configspec.theory.decoding import Decoding
from configspec.theory.ids import settings_words
from configspec.theory.serving.link import Link

SHOWN = 24  # characters of a value in a message
ALIKE = 8  # of them before the first that differs, where that is far inside


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSetup:
    """Of a device: what it is, and how it opens a draft. Of recorded figures: which file they come from."""

    machine: str | None = None
    board: str | None = None
    cpu_model: str | None = None
    cores: int | None = None
    governor: str | None = None
    llama_cpp_version: str | None = None
    llama_cpp_system_info: str | None = None
    threads: int | None = None
    context: int | None = None
    gpu_layers: int | None = None
    batch: int | None = None
    settings: tuple[tuple[str, Asked], ...] = ()  # the others that are not left to llama.cpp, by name
    env_names: tuple[str, ...] = ()  # of its environment; what they are set to, no record holds
    profile: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSetup:
    """Of a family: its target, and the text that drafts are scored against."""

    sha256: str | None = None
    dtype: str | None = None
    runtime: str | None = None
    template_sha256: str | None = None
    system_sha256: str | None = None
    thinking: str | None = None
    date: str | None = None
    prompts_sha256: str | None = None
    new_tokens: int | None = None
    longest: str | None = None  # what was done with prompts that did not fit; None: there was none
    decoding: Decoding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrafterSetup:
    """Of a drafter on a device: its file, and how it was timed."""

    file_sha256: str | None = None
    depth_tokens: int | None = None
    rounds_asked: int | None = None
    seconds_allowed: float | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSetup:
    """Of real decoding: how much of it, and over which link."""

    prompts: int
    repeats: int
    link: Link | None


SetupPart: TypeAlias = DeviceSetup | TargetSetup | DrafterSetup | DecodedSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first field in which two parts differ, and both values, cut short."""

    what: str  # as `device.cores`
    then: str
    now: str

    def __str__(self) -> str:
        """As a message says it."""
        return f"{self.what} was {self.then}, is {self.now}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All parts of one row; `target` None where recorded figures name no model, `decoded` where none was decoded."""

    device: DeviceSetup
    target: TargetSetup | None
    drafter: DrafterSetup
    decoded: DecodedSetup | None = None

    def difference(self, now: Setup) -> Difference | None:
        """The first difference of another setup, `now`, from this one; None where they compare."""
        for name in ("device", "target", "drafter", "decoded"):
            found = difference(name, getattr(self, name), getattr(now, name))
            if found is not None:
                return found
        return None


def setup_of(row: Row) -> Setup:
    """What a row was measured with."""
    board, draft, target, decoded = row.environment.device, row.models.draft, row.models.target, row.end_to_end
    timed, counted = row.drafting, row.acceptance
    prompting = counted.prompting or PLAIN
    return Setup(
        device=DeviceSetup(
            machine=None if board is None else board.machine,
            board=None if board is None else board.board,
            cpu_model=None if board is None else board.cpu_model,
            cores=None if board is None else board.cores,
            governor=None if board is None else board.governor,
            llama_cpp_version=None if board is None else board.llama_cpp_version,
            llama_cpp_system_info=None if board is None else board.llama_cpp_system_info,
            threads=None if draft is None else draft.threads,
            context=None if draft is None else draft.context,
            gpu_layers=None if draft is None else draft.gpu_layers,
            batch=None if draft is None else draft.batch,
            settings=() if draft is None else tuple(sorted(draft.settings.items())),
            env_names=row.environment.env_names,
            profile=row.environment.profile,
            source=row.environment.source,
        ),
        target=None
        if target is None
        else TargetSetup(
            sha256=target.sha256,
            dtype=target.dtype,
            runtime=target.runtime,
            template_sha256=prompting.template_sha256,
            system_sha256=prompting.system_sha256,
            thinking=prompting.thinking,
            date=prompting.date,
            prompts_sha256=row.sweep_prompts_sha256,
            new_tokens=counted.new_tokens,
            longest=None if counted.asked is None or counted.asked.longest == "error" else counted.asked.longest,
            decoding=counted.decoding,
        ),
        drafter=DrafterSetup(
            file_sha256=None if draft is None else draft.file_sha256,
            depth_tokens=timed.depth_tokens,
            rounds_asked=timed.rounds_asked,
            seconds_allowed=timed.seconds_allowed,
            method=timed.method,
        ),
        decoded=None
        if decoded is None
        else DecodedSetup(prompts=len(decoded.prompts), repeats=len(decoded.repeats_s), link=decoded.link),
    )


def named_parts(row: Row) -> Iterator[tuple[str, SetupPart]]:
    """Each thing that the row is about, by its kind and names, with its part of the setup."""
    setup, words = setup_of(row), settings_words(row.cell.settings)
    with_settings = f", {words}" if words else ""  # one board that is measured in several ways is several things
    yield f"device {row.device}{with_settings}", setup.device
    yield f"draft {row.device} {row.family} {row.draft} {row.quant}{with_settings}", setup.drafter
    if setup.target is not None:
        yield f"family {row.family}", setup.target


def difference(part: str, then: SetupPart | None, now: SetupPart | None) -> Difference | None:
    """The first field of a part, such as `device`, that differs; None where they are equal."""
    if then == now:
        return None
    if then is None or now is None or type(then) is not type(now):
        return _difference(part, then, now)
    for field in fields(then):
        before, after = getattr(then, field.name), getattr(now, field.name)
        if before != after and field.name == "settings":
            return first_difference(dict(before), dict(after), f"{part}.settings")
        if before != after:
            return _difference(f"{part}.{field.name}", before, after)
    return None


def first_difference(then: object, now: object, path: str = "") -> Difference | None:
    """The first place, as a dotted path, at which two JSON values differ; None where they are equal."""
    if then == now:
        return None
    if isinstance(then, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*now, *then)):
            found = first_difference(then.get(key), now.get(key), f"{path}.{key}" if path else str(key))
            if found is not None:
                return found
    return _difference(path, then, now)


def _difference(what: str, then: object, now: object) -> Difference:
    one, other = str(then), str(now)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    # What llama.cpp says of itself has 300 letters, and may differ in the last ones.
    skipped = 0 if same < SHOWN - len(CUT) else same - ALIKE
    return Difference(what=what, then=_short(one, skipped), now=_short(other, skipped))


def _short(text: str, skipped: int) -> str:
    rest = f"{CUT if skipped else ''}{text[skipped:]}"
    return rest if len(rest) <= SHOWN else f"{rest[: SHOWN - len(CUT)]}{CUT}"
