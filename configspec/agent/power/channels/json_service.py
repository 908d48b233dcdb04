"""Meters that are a page of JSON on the network: how one is asked, and what it may answer.

The file of a meter has the page's path, and a function that makes watts of the answer; the rest is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Callable, Optional, Tuple, final

from ...protocol import JsonObject, usage_error
from ..meter import WATTS, Channel, MeterFacts, NoMeterError, Option, Reading, ReadingError, did_you_mean
from ..surroundings import Surroundings, option_text
from .digest import Login
from .http import Answer, Asked, address_of
from .json_values import object_in

PERIOD_S = 1.0  # about 1 Hz is typical of plugs; none promises it
LONGEST_PERIOD_S = 3600.0

URL = Option("url", "Its address, such as http://192.168.1.20, without user and password", needed=True)
USER = Option("user", "The user, if it asks for one; default: admin")
PASSWORD = Option("password", "The password, if it asks for one", secret=True)

Watts = Tuple[float, Optional[str]]  # with the service's own time of it, where it tells one
Parse = Callable[[JsonObject], Watts]


class StatusError(ReadingError):
    """The service answered with an error."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


@final
class ServiceMeter:
    """A meter with one channel, asked by HTTP."""

    def __init__(self, around: Surroundings, asked: Asked, parse: Parse, facts: MeterFacts) -> None:
        self._around = around
        self._asked = asked
        self._parse = parse
        self.facts = facts

    def read(self) -> Reading:
        """The watts, at the middle of asking: the service saw the meter somewhere between."""
        begin_s = self._around.now_s()
        told = ask(self._around, self._asked)
        t_s = (begin_s + self._around.now_s()) / 2
        watts, stamp = self._parse(told)
        return Reading(t_s, (watts,), stamp)

    def close(self) -> None:
        """Nothing is held: connections are those of the process."""


def service_facts(
    meter: str, channel: str, sensor: Mapping[str, object], *, period_s: float = PERIOD_S, step_w: float = 0.0
) -> MeterFacts:
    """What a meter of the mains says of itself: one channel, in watts, supply losses included."""
    return MeterFacts(
        meter=meter,
        shows=WATTS,
        boundary="wall",
        channels=(Channel(channel),),
        period_s=period_s,
        step=step_w,
        sensor=dict(sensor),
    )


def service_url(options: Mapping[str, object]) -> str:
    """The address, without what cannot be one: AgentError says why it is none, and repeats nothing of it."""
    url = option_text(options, "url")
    try:
        address_of(url)
    except ValueError as problem:
        hint = "Write it as http://192.168.1.20, and a password as power.password: ${NAME}."
        raise usage_error(f"power.url is no address of a service: {problem}", hint=hint) from None
    return url


def login_of(options: Mapping[str, object]) -> Optional[Login]:
    """User and password; None where there is no password."""
    password = option_text(options, "password")
    return (option_text(options, "user") or "admin", password) if password else None


def period_of(options: Mapping[str, object], default_s: float = PERIOD_S) -> float:
    """How often the owner says that there is a new value, seconds; AgentError where that is none."""
    period_s = options.get("period_s", default_s)
    if not isinstance(period_s, (int, float)) or not 0 < period_s < LONGEST_PERIOD_S:
        raise usage_error(f"power.period_s is {period_s!r:.40}", hint="Say seconds, more than 0, less than an hour.")
    return float(period_s)


def not_there(device: str, name: str, there: Sequence[str], problem: str) -> Exception:
    """Why a part of a device did not answer: the person named one that it has not, or it failed."""
    if name in there:
        return NoMeterError(problem)
    hint = f"{did_you_mean(name, there)} power.component and power.channel name one."
    return usage_error(f"this {device} has no {name}", hint=hint)


@contextmanager
def looked_for() -> Iterator[None]:
    """What fails here while a meter is looked for means that there is none: NoMeterError, with its reason."""
    try:
        yield
    except ReadingError as problem:
        raise NoMeterError(str(problem)) from None


def ask(around: Surroundings, asked: Asked) -> JsonObject:
    """The JSON object that a service answers; ReadingError where it does not."""
    try:
        answer = around.fetch(asked)
    except OSError as problem:
        raise ReadingError(problem.strerror or str(problem)) from None
    if not 200 <= answer.status < 300:
        raise StatusError(f"{asked.shown}: {_refusal(answer, asked)}", answer.status)
    told = object_in(answer.body)
    if told is None:
        raise ReadingError(f"{asked.shown}: the answer is {'no JSON object' if answer.body else 'empty'}")
    return told


def _refusal(answer: Answer, asked: Asked) -> str:
    if answer.status in (401, 403):
        if asked.login is None and not asked.query and not asked.headers:
            return "it asks for a password: power.password"
        return "it does not take that user and password, or that token"
    if 300 <= answer.status < 400:
        return f"it sends elsewhere, to {answer.sends_to or 'no address'}: write that in power.url if it is the meter"
    return f"it answers with HTTP status {answer.status}"
