"""Whether a reply can be one to its request: as many tokens as were asked for, and no more time than has passed.

The board's clock and this host's run equally fast, but for less than a tenth; and a host that sleeps for a moment sees
less time pass than its board.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

from configspec.agent.requests.board import Idle, ReadMemory
from configspec.agent.requests.files import Chunk, FindFile, Receive
from configspec.agent.requests.forms import Request
from configspec.agent.requests.model import Draft, Open, Prefill, Prefills, Returns, Rollback, Rounds, Score, Window
from configspec.agent.requests.power import FindMeter
from configspec.devices.replies.board import Span
from configspec.devices.replies.files import Arrived, Beginning, FoundFile
from configspec.devices.replies.model import (
    Begun,
    DraftedTokens,
    DraftedWindow,
    Length,
    Scores,
    TimedPrefills,
    TimedReturns,
    TimedRounds,
)
from configspec.devices.replies.power import FoundMeter
from configspec.printable import printable
from configspec.records.facts import ModelFacts
from configspec.records.passes import MemorySpeed

DRIFT = 1.1
ROUNDING_S = 1e-3


def check_agreement(asked: Request, reply: object, waited_s: float, slack_s: float) -> None:
    """Check the reply against its request, which was `waited_s` under way on this host's clock.

    Raises:
        ValueError: It answers something else, or tells of more time than `waited_s` and `slack_s`.
    """
    worked_s = 0.0
    match asked, reply:
        case Draft(), DraftedTokens():
            _equal("tokens", len(reply.tokens), asked.k)
            _equal("probabilities", len(reply.probabilities), 0 if asked.temperature is None else asked.k)
            if asked.keep is not None:
                _equal("length", reply.length, asked.keep + len(asked.append) + asked.k)
            else:
                _at_most("tokens drafted and appended", len(asked.append) + asked.k, reply.length)
            worked_s = reply.drafting_s + reply.restore_s
        case Rounds(), TimedRounds():
            _equal("k", reply.k, asked.k)
            _at_most("rounds", len(reply.stamps_s), asked.rounds)
            _at_most("warmup", reply.warmup, asked.warmup)
            if any(later[0] < earlier[-1] for earlier, later in pairwise(reply.stamps_s)):
                raise ValueError("a round began before the one before it had ended")
            worked_s = reply.stamps_s[-1][-1] - reply.stamps_s[0][0]
        case Returns(), TimedReturns():
            if reply.pending != asked.pending:
                raise ValueError(f"pending: {reply.pending}, where {asked.pending} was asked for")
            _at_most("rounds", reply.rounds, asked.rounds)
            parts = (reply.restore_s, reply.first_two_s, reply.save_s)
            worked_s = sum(sum(of_count) for samples in parts for of_count in samples)
        case Window(), DraftedWindow():
            _equal("k", reply.k, asked.k)
            worked_s = reply.stamps_s[-1] - reply.stamps_s[0]
        case Idle(), Span():
            worked_s = reply.end_s - reply.begin_s
            if worked_s < asked.seconds / DRIFT - ROUNDING_S:
                raise ValueError(f"idle for {worked_s:.6g} s, where {asked.seconds:g} were asked for")
        case FindMeter(), FoundMeter() if reply.facts is not None and asked.meter not in ("auto", reply.facts.meter):
            found = printable(reply.facts.meter, at_most=80)
            raise ValueError(f"meter: {found}, where {asked.meter} was asked for")
        case ReadMemory(), MemorySpeed():
            _equal("threads", reply.threads, asked.threads)
            worked_s = reply.elapsed_s
        case Score(), Scores():
            _equal("start", reply.start, asked.start)
            _equal("positions", len(reply.argmax), len(asked.tokens) - asked.start)
            _equal("sampled", reply.probability is not None, asked.temperature is not None)
        case Prefill(), Begun():
            _equal("length", reply.length, len(asked.tokens))
            worked_s = reply.elapsed_s
        case Prefills(), TimedPrefills():
            _at_most("prefills", len(reply.stamps_s), asked.prefills)
            worked_s = reply.stamps_s[-1][-1] - reply.stamps_s[0][0]
        case Rollback(), Length():
            _equal("length", reply.length, asked.keep)
        case Chunk(), Arrived():
            _equal("have_bytes", reply.have_bytes, asked.offset + len(asked.data))
        case Receive(), Beginning():
            _at_most("have_bytes", reply.have_bytes, asked.size)
        case FindFile(), FoundFile():
            _equal("hashed", reply.sha256 is not None, reply.size_bytes == asked.size)
        case Open(), ModelFacts():
            for name in ("context", "batch", "gpu_layers"):
                _equal(name, getattr(reply, name), getattr(asked, name))
            if asked.threads is not None:
                _equal("threads", reply.threads, asked.threads)
            if msgspec.json.encode(reply.settings) != msgspec.json.encode(asked.settings()):
                raise ValueError("settings: others than were asked for")
            worked_s = reply.load_s
    if worked_s > DRIFT * waited_s + slack_s:
        raise ValueError(f"it tells of {worked_s:.6g} s of work, and was asked {waited_s:.3g} s ago")


def _equal(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"{what}: {found}, where {wanted} was asked for")


def _at_most(what: str, found: int, most: int) -> None:
    if found > most:
        raise ValueError(f"{what}: {found}, where at most {most} was asked for")
