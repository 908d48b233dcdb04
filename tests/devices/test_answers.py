"""What an agent answers, damaged in every field: a reply that can be, or an error of that board and nothing else."""

from __future__ import annotations

import base64
import dataclasses
import json
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from answering import HELLO, Answering, as_line
from damage import HOSTILE_TEXTS, civil, damaged_bytes, one_field_at_a_time
from healthy_board import WELL

from configspec.agent.protocol import MAX_LETTERS
from configspec.agent.requests.board import (
    Describe,
    Health,
    Heat,
    Holder,
    Idle,
    Lock,
    ProcessorTimes,
    ReadMemory,
    Reap,
)
from configspec.agent.requests.files import Chunk, FindFile, Finish, ListFiles, Receive
from configspec.agent.requests.forms import Request
from configspec.agent.requests.model import (
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
from configspec.agent.requests.power import FindMeter, RecordMeter, StartMeter, TakeReadings
from configspec.agent.requests.registry import REQUESTS
from configspec.devices.device import Device
from configspec.devices.replies.board import Done, Ended, HeatNow, Hello, LockState, ProcessorCounts, Span
from configspec.devices.replies.files import Arrived, Beginning, FoundFile, Listing, Placed
from configspec.devices.replies.model import (
    Begun,
    DraftedTokens,
    DraftedWindow,
    Drawable,
    Length,
    Scores,
    TimedPrefills,
    TimedReturns,
    TimedRounds,
)
from configspec.devices.replies.power import FoundMeter, NotedMeter, Readings
from configspec.devices.replies.reading import read_reply
from configspec.devices.transport.client import AgentClient, Limits
from configspec.errors import ConfigspecError, TestbedError
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.records.passes import MemorySpeed
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import BATCH_TOKENS, LlamaCppSpec
from configspec.testbed.power_spec import PowerSpec

SHA256 = "0" * 64
OWNER = {"user": "alice", "host": "ci", "pid": "7", "since": "now"}
LOCK = {"held": True, "path": "/run/lock/x", "owner": OWNER, "fallback_reason": None}
FACTS: dict[str, object] = {
    **{"platform": "Linux", "machine": "aarch64", "board": "Orin", "cpu_model": None, "cores": 12},
    **{"governor": "schedutil", "governor_reason": None, "load_1min": 0.2, "memory_bytes": 8 * 10**9, "python": "3.8"},
    **{"llama_cpp_version": "0.3", "llama_cpp_system_info": "CUDA", "llama_cpp_reason": None},
}
MODEL = {
    **{"architecture": "llama", "description": "tiny", "parameters": 10, "weights_bytes": 20, "file_bytes": 30},
    **{"file_sha256": SHA256, "vocabulary": 300, "vocabulary_sha256": SHA256, "trained_context": 2048, "context": 64},
    **{"batch": 64, "threads": 1, "gpu_layers": 0, "load_s": 0.1, "metadata": {"general.name": "tiny"}},
}


def packed(form: str, *numbers: float) -> str:
    return base64.b64encode(struct.pack(form, *numbers)).decode()


DRAW = {"vocabulary": 300, "tokens": packed("<2I", 3, 8), "probabilities": packed("<2d", 0.25, 0.75)}
SCORES = {"start": 1, "argmax": [1, 2], "logprob": [-0.5, -1.0], "gap": [0.1, 0.0], "confidence": [0.9, 1.0]}
ROUNDS = {"k": 2, "depth": 4, "warmup": 1, "tokens": [1, 2], "rounds_that_differ": 1}
RETURNS: dict[str, object] = {
    **{"depth": 4, "checkpoint_bytes": 9, "pending": [1, 3]},
    **{part: [[0.1, 0.2], [0.1, 0.2]] for part in ("restore_s", "first_two_s", "save_s")},
}
COUNTS: dict[str, object] = {
    **{"t_s": 9.5, "own_s": 1.5, "processors": 2, "busy_s": 50.0, "stolen_s": 0.0, "waiting_s": None},
    **{"throttled_s": 0.25, "throttled_periods": 3, "reason": "no /proc/pressure/cpu"},
}
MEMORY = {"bytes_per_s": 9e9, "threads": 2, "bytes": 64 << 20, "passes": 3, "elapsed_s": 0.2, "method": "sums"}
STATE: dict[str, object] = {
    **{"t_s": 9.5, "temperature_c": 41.5, "temperature_zone": "cpu-thermal", "temperature_reason": None},
    **{"zones_c": {"cpu-thermal": 41.5}, "events": {"oc1": 2}, "pi_bits": 0, "pi_bits_reason": None},
    **{"cooling": {"cpufreq-cpu0": 0}, "power_mode": "15W", "power_mode_reason": None},
    **{"governor": "schedutil", "governor_reason": None},
    **{"cpu_clocks": {"0-3": {"min_hz": 1, "max_hz": 9, "now_hz": 5}}, "gpu_clocks": {}},
    **{"swap_in_pages": 0, "swap_out_pages": 0, "oom_kills": 0, "swap_reason": None, "loop_s": 0.01},
}
HEAT = {"state": STATE, "seen": {"max_c": 44.0, "max_readings": 3, "pi_bits_seen": 0}}
METER: dict[str, object] = {
    **{"meter": "ina3221", "shows": "watts", "boundary": "board", "channels": ["VDD_IN", "VDD_CPU"]},
    **{"adds": [True, False], "period_s": 0.05, "lag_s": 0.0, "step": 0.04, "range_j": None, "supply_w": None},
    **{"sensor": {"i2c": "1-0040", "shunt_uohm": [5000]}},
}
FOUND: dict[str, object] = {"facts": METER, "looked_for": [["ina238", "no hwmon chip is named ina238"]]}
READ: dict[str, object] = {
    **{"t_s": [1.0, 1.1], "values": [[6.0, 6.1], [2.0, None]], "stamps": ["10:00", None]},
    **{"failures": [[1.2, "the plug is off"]], "failed": 1, "ended": None, "cpu_s": 0.01},
}
NOTED: dict[str, object] = {
    **{"files": {"sys/a": "5000", "sys/b": None}, "links": {"sys/class/a": "../b"}, "lines": {"tegrastats": ["RAM"]}},
    **{"programs": [[["vcgencmd", "x"], 0, "text"]], "answers": [["/rpc", 200, "{}"]], "ports": [["f0", "0963"]]},
    **{"library": {"nvmlInit_v2": [0, None]}, "values": [6.0, 2.0], "boundary": "board"},
}
# Each request of the protocol, the kind of its reply, and one that can be.
CONVERSATION: list[tuple[Request, type[object], dict[str, object]]] = [
    (Lock(user="u", host="h", pid=1, since="s", run="r"), LockState, LOCK),
    (Holder(), LockState, {"held": False, "path": None, "owner": None, "fallback_reason": None}),
    (Reap(mark="m"), Ended, {"ended": [7]}),
    (Health(models="~"), HealthFacts, json.loads(json.dumps(dataclasses.asdict(WELL)))),
    (Describe(), DeviceFacts, FACTS),
    (Receive(name="a", size=9, sha256=SHA256), Beginning, {"have_bytes": 0, "have_sha256": SHA256}),
    (Chunk(offset=2, data=b"abc"), Arrived, {"have_bytes": 5}),
    (Finish(), Placed, {"path": "/m/a"}),
    (FindFile(name="a", size=9), FoundFile, {"path": "/m/a", "size_bytes": 9, "sha256": SHA256}),
    (ListFiles(), Listing, {"path": "/m", "names": ["a"]}),
    (Open(path="/m/a", context=64, gpu_layers=0, batch=64, threads=1), ModelFacts, MODEL),
    (Score(start=1, tokens=(1, 2, 3)), Scores, {**SCORES, "rank": [0, 1]}),
    (Prefill(tokens=(1, 2, 3)), Begun, {"length": 3, "elapsed_s": 0.1}),
    (Rounds(k=2, rounds=3, warmup=1, seconds=1.0), TimedRounds, {**ROUNDS, "stamps_s": [[1, 2, 2], [3, 4, 5]]}),
    (
        Draft(k=2, keep=4, temperature=1.0),
        DraftedTokens,
        {"tokens": [1, 2], "stamps_s": [1.0, 1.5, 2.0], "length": 6, "probabilities": [0.5, 1.0]},
    ),
    (Distribution(index=0), Drawable, DRAW),
    (Rollback(keep=2), Length, {"length": 2}),
    (Close(), Done, {}),
    (Returns(pending=(1, 3), rounds=2, warmup=1, seconds=1.0), TimedReturns, RETURNS),
    (ProcessorTimes(), ProcessorCounts, COUNTS),
    (ReadMemory(threads=2, seconds=0.2), MemorySpeed, MEMORY),
    (Heat(), HeatNow, HEAT),
    (Idle(seconds=0.5), Span, {"begin_s": 1.0, "end_s": 1.6}),
    (Window(k=2, seconds=0.5), DraftedWindow, {"k": 2, "depth": 4, "stamps_s": [1.0, 1.25, 1.5]}),
    (FindMeter(meter="ina3221"), FoundMeter, FOUND),
    (StartMeter(), Done, {}),
    (TakeReadings(stop=True), Readings, READ),
    (RecordMeter(), NotedMeter, NOTED),
    (Prefills(prefills=3, seconds=1.0), TimedPrefills, {"evaluated": 2, "stamps_s": [[1.0, 1.5], [1.5, 2.0]]}),
]
EACH = pytest.mark.parametrize(("asked", "kind", "good"), CONVERSATION, ids=lambda one: getattr(one, "op", ""))


def client_of(answer: Callable[[dict[str, Any]], bytes], hello: bytes | None = None) -> AgentClient:
    client = AgentClient(Answering(answer, hello), device="orin", limits=Limits(grace_s=0.0))
    client.greet(sha256="this", deadline_s=1.0)
    return client


def answering(ok: object) -> AgentClient:
    return client_of(lambda request: as_line({"id": request["id"], "ok": ok}))


def answer_or_error(client: AgentClient, asked: Request, kind: type[object]) -> object:
    try:
        return client.call(asked, kind, deadline_s=5.0)
    except ConfigspecError as problem:
        return problem


def check_damaged(name: str, ok: object, asked: Request, kind: type[object]) -> None:
    client = answering(ok)
    answer = answer_or_error(client, asked, kind)
    if isinstance(answer, TestbedError):
        assert str(answer).startswith("orin: "), name
        assert len(str(answer)) < 1000, name
        civil(3, str(answer))
        assert client.cause is answer, name
    else:
        assert type(answer) is kind, name


def test_every_request_of_the_protocol_is_in_the_conversation() -> None:
    """A new one is damaged, too."""
    assert {type(asked) for asked, _, _ in CONVERSATION} == set(REQUESTS)


@EACH
def test_an_answer_that_can_be_is_taken(asked: Request, kind: type[object], good: dict[str, object]) -> None:
    """Else nothing were shown by those that are refused."""
    assert type(answering(good).call(asked, kind, deadline_s=5.0)) is kind


@EACH
def test_a_damaged_answer_is_a_reply_or_loses_its_board(
    asked: Request, kind: type[object], good: dict[str, object]
) -> None:
    """One field at a time left out or made extreme, and one that nobody knows; every later call tells the same."""
    changes = [("one field more", {**good, "more": 1}), *one_field_at_a_time(good, seed=10, at_most=250)]
    for name, ok in changes:
        check_damaged(name, ok, asked, kind)


@EACH
def test_an_answer_with_two_damaged_fields_is_a_reply_or_loses_its_board(
    asked: Request, kind: type[object], good: dict[str, object]
) -> None:
    """What one field's error hides, and what two make of each other."""
    for first, damaged in one_field_at_a_time(good, seed=11, at_most=12):
        for second, ok in one_field_at_a_time(damaged, seed=12, at_most=6):
            check_damaged(f"{first}, {second}", ok, asked, kind)


@EACH
def test_an_answer_whose_bytes_are_damaged_loses_its_board_or_is_one(
    asked: Request, kind: type[object], good: dict[str, object]
) -> None:
    """Cut, flipped, with holes and doubled pieces: never another exception."""
    line = as_line({"id": 1, "ok": good})
    for name, content in damaged_bytes(line, seed=10, count=40):
        client = client_of(lambda _, content=content: content)  # type: ignore[misc]
        answer = answer_or_error(client, asked, kind)
        assert isinstance(answer, (kind, ConfigspecError)), name
        civil(3, str(answer) if isinstance(answer, ConfigspecError) else "")


DRAFT, GREEDY = Draft(k=2, keep=4), {"tokens": [1, 2], "stamps_s": [1.0, 1.5, 2.0], "length": 6}
OPEN, TIMED = CONVERSATION[10], CONVERSATION[18]
HOT, IDLED, DRAFTED, METERED, _, TAKEN, RECORDED, PREFILLED = CONVERSATION[21:]
BACK = {"restore_s": 0.1, "save_s": 0.5, "pending": 2}
CANNOT_BE = [
    (DRAFT, DraftedTokens, GREEDY, {"tokens": [1], "stamps_s": [1.0, 2.0]}, "tokens: 1, where 2 was asked for"),
    (DRAFT, DraftedTokens, GREEDY, {"length": 7}, "length: 7, where 6"),
    (Draft(k=2, append=(5,)), DraftedTokens, GREEDY, {"length": 2}, "tokens drafted and appended: 3, where"),
    (DRAFT, DraftedTokens, GREEDY, {"probabilities": [0.5, 0.5]}, "probabilities: 2, where 0"),
    (DRAFT, DraftedTokens, GREEDY, {"stamps_s": [1.0, 1.5, 5e4]}, r"49999 s of work, and was asked .* s ago"),
    (DRAFT, DraftedTokens, GREEDY, {"tokens": [1, 2**24]}, "Expected `int`"),
    (*PREFILLED, {"stamps_s": [[1.0, 1.5]] * 4}, "went back"),
    (*PREFILLED, {"stamps_s": [[float(at), at + 0.5] for at in range(2, 6)]}, "prefills: 4, where at most 3"),
    (*PREFILLED, {"stamps_s": []}, "0 prefills of 2 tokens"),
    (*PREFILLED, {"evaluated": 0}, "2 prefills of 0 tokens"),
    (*PREFILLED, {"stamps_s": [[1.0, 5e4]]}, "49999 s of work"),
    (*OPEN, {"threads": 2}, "threads: 2, where 1 was asked for"),
    (*OPEN, {"threads": 4294967297}, "Out of bounds, 1 to 512"),
    (*OPEN, {"context": 128}, "context: 128, where 64"),
    (*OPEN, {"load_s": 1e6}, "1e[+]06 s of work"),
    (*OPEN, {"file_sha256": "x"}, "A hash has 64"),
    (*OPEN, {"description": "x" * (MAX_LETTERS + 1)}, "Longer than"),
    (*OPEN, {"metadata": dict.fromkeys(map(str, range(2000)), "x")}, "Longer than"),
    (*CONVERSATION[3], {"temperature_c": 4000.0}, "Out of bounds"),
    (*CONVERSATION[3], {"available_memory_bytes": -1}, "Out of bounds"),
    (*CONVERSATION[3], {"throttling": ["x" * 5000]}, "Longer than"),
    (*CONVERSATION[4], {"cores": 0}, "Out of bounds"),
    (*CONVERSATION[4], {"cpu_model": "x" * 5000}, "Longer than"),
    (*CONVERSATION[5], {"have_bytes": 10}, "have_bytes: 10, where at most 9"),
    (*CONVERSATION[8], {"size_bytes": 8}, "hashed: True, where False"),
    (*CONVERSATION[8], {"sha256": "0" * 63 + "\n"}, "Expected `str` matching regex"),
    (*CONVERSATION[6], {"have_bytes": 4}, "have_bytes: 4, where 5"),
    (*CONVERSATION[11], {"start": 2}, "start: 2, where 1"),
    (*CONVERSATION[11], {"logprob": [0.5, 0.5]}, "Expected `float`"),
    (*CONVERSATION[13], {"k": 3, "tokens": [1, 2, 3], "stamps_s": [[1, 2, 3, 4]] * 2}, "k: 3, where 2"),
    (*CONVERSATION[13], {"stamps_s": [[1, 2, 3]] * 4}, "rounds: 4, where at most 3"),
    (*CONVERSATION[13], {"stamps_s": [[3, 4, 5], [1, 2, 3]]}, "a round began before"),
    (*CONVERSATION[13], {"rounds_that_differ": 2}, "2 of 2 rounds differ"),
    (*CONVERSATION[15], {"probabilities": packed("<2d", 0.25, 0.25)}, "no distribution"),
    (*CONVERSATION[15], {"probabilities": packed("<2d", 2.0, -1.0)}, "no distribution"),
    (*CONVERSATION[15], {"probabilities": packed("<2d", float("nan"), 1.0)}, "no distribution"),
    (*CONVERSATION[15], {"tokens": packed("<2I", 8, 3)}, "not rising"),
    (DRAFT, DraftedTokens, GREEDY, {"going_back": {**BACK, "restore_s": 5e4}}, "50001 s of work"),
    (DRAFT, DraftedTokens, GREEDY, {"going_back": {**BACK, "save_s": 1.5}}, "1.5 s of 1 s are of a copy"),
    (DRAFT, DraftedTokens, GREEDY, {"going_back": {**BACK, "restore_s": -0.1}}, "Expected `float` >= 0"),
    (*TIMED, {"pending": [1, 2]}, r"pending: \(1, 2\), where \(1, 3\)"),
    (*TIMED, {"save_s": [[0.1, 0.2]]}, "samples of 1 numbers of pending tokens"),
    (*TIMED, {"save_s": [[0.1], [0.1, 0.2]]}, "samples of 2 numbers"),
    (*TIMED, {"restore_s": [[0.1, 0.2], [0.1, -0.2]]}, "Expected `float` >= 0"),
    (*TIMED, {part: [[0.1] * 3] * 2 for part in ("restore_s", "first_two_s", "save_s")}, "rounds: 3, where at most 2"),
    (*TIMED, {"first_two_s": [[5e4, 0.1], [0.1, 0.1]]}, "s of work"),
    (*HOT, {"state": {**STATE, "temperature_c": 4000.0}}, "Expected `float` <= 1000"),
    (
        *HOT,
        {"state": {**STATE, "cpu_clocks": {"0": {"min_hz": -1, "max_hz": 1, "now_hz": None}}}},
        "Expected `int` >= 0",
    ),
    (*HOT, {"state": {**STATE, "zones_c": dict.fromkeys(map(str, range(65)), 1.0)}}, "length <= 64"),
    (*HOT, {"seen": {"max_c": 44.0, "max_readings": -1, "pi_bits_seen": 0}}, "Expected `int` >= 0"),
    (*IDLED, {"begin_s": 1.6, "end_s": 1.0}, "its monotonic clock went back"),
    (*IDLED, {"end_s": 1.4}, "idle for 0.4 s, where 0.5 were asked for"),
    (*IDLED, {"end_s": 5e4}, "49999 s of work"),
    (*DRAFTED, {"k": 3}, "k: 3, where 2 was asked for"),
    (*DRAFTED, {"stamps_s": [1.0]}, "1 stamps of 1 tokens"),
    (*DRAFTED, {"stamps_s": [1.0, 0.5]}, "its monotonic clock went back"),
    (*DRAFTED, {"stamps_s": [1.0, 5e4]}, "49999 s of work"),
    (*METERED, {"facts": {**METER, "meter": "rapl"}}, "meter: rapl, where ina3221 was asked for"),
    (*METERED, {"facts": {**METER, "boundary": "street"}}, "Invalid enum value 'street'"),
    (*METERED, {"facts": {**METER, "adds": [True]}}, "2 channels, of which 1 add up"),
    (*METERED, {"facts": {**METER, "adds": [False, False]}}, "2 channels, of which 0 add up"),
    (*METERED, {"facts": {**METER, "range_j": 0.0}}, "range_j is 0"),
    (*METERED, {"facts": {**METER, "period_s": 1e12}}, "Expected `float` <= 1000000000"),
    (*METERED, {"looked_for": [["rapl", "no"]] * 41}, "41 meters were looked for"),
    (*TAKEN, {"values": [[6.0], [2.0]]}, "2 times, and columns of other lengths"),
    (*TAKEN, {"stamps": ["10:00"]}, "2 times, and columns of other lengths"),
    (*TAKEN, {"values": [[1e19, 6.0], [2.0, 2.0]]}, "Expected `float` <= 1e.18"),
    (*RECORDED, {"ports": [["f0", "xyz"]]}, "Expected `str` matching regex"),
    (*RECORDED, {"programs": [[[], 0, "text"]]}, "a program without a name"),
    (*RECORDED, {"boundary": "street"}, "Invalid enum value 'street'"),
]


@pytest.mark.parametrize(("asked", "kind", "good", "change", "message"), CANNOT_BE)
def test_what_cannot_be_is_named(
    asked: Request, kind: type[object], good: dict[str, object], change: dict[str, object], message: str
) -> None:
    """Of the right shape, and no answer to what was asked, or of no board: no figure is made of it."""
    with pytest.raises(TestbedError, match=f"^orin: .*{message}"):
        answering({**good, **change}).call(asked, kind, deadline_s=5.0)


def test_an_answer_within_what_a_sleeping_host_misses_is_taken() -> None:
    """Its clock stands still while it sleeps, and an agent waits for it that long."""
    taken = answering({**GREEDY, "stamps_s": [1.0, 1.5, 20.0]}).call(DRAFT, DraftedTokens, deadline_s=5.0)
    assert taken.stamps_s[-1] == 20.0


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("kind", ["usage", "testbed", "internal"])
def test_an_error_with_any_text_is_an_error_for_people(kind: str, text: str) -> None:
    """Whoever it says must act, and whatever it says."""
    error = {"kind": kind, "what": text, "found": text, "hint": text}
    client = client_of(lambda request: as_line({"id": request["id"], "error": error}))
    with pytest.raises(ConfigspecError, match=r"^orin: ") as refused:
        client.call(DRAFT, DraftedTokens, deadline_s=5.0)
    civil(3, str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":1,"ok":' + b"[" * 100_000 + b"\n",
        b'{"id":9,"ok":' + b"[" * 900 + b"]" * 900 + b"}\n",
        b'{"id":1,"ok":{"length":' + b"9" * 5000 + b"}}\n",
        b'{"id":' + b"9" * 5000 + b',"ok":{}}\n',
        b'{"id":1,"ok":{},"error":null}\n',
        b'{"id":1,"ok":{},"event":{"doing":null,"done":null,"total":null}}\n',
        b'{"id":1,"ok":{"length":1e999}}\n',
        b'{"id":1,"ok":{"length":NaN}}\n',
        b'{"id":1,"ok":{"length":"\\ud800"}}\n',
        b'{"id":1,"ok":{"\\u0000":1}}\n',
        b"\n" * 1000,
        b"{}\n" * 100_000,
        b"\x00\xff" * 50_000,
        b"x" * 5_000_000,
        b"",
    ],
    ids=lambda line: repr(line[:24]),
)
def test_a_line_that_is_no_answer_loses_the_board(line: bytes) -> None:
    """Nested deeply, without end, of another id, with a key too many, garbage, a flood, nothing."""
    client = client_of(lambda _: line)
    with pytest.raises(TestbedError, match=r"^orin: ") as refused:
        client.call(Rollback(keep=1), Length, deadline_s=5.0)
    assert client.lost
    assert len(str(refused.value)) < 1000
    civil(3, str(refused.value))


def told_at_hello(hello: bytes) -> str:
    try:
        client_of(lambda _: b"", hello)
    except ConfigspecError as problem:
        return str(problem)
    return ""


def test_a_damaged_hello_is_no_agent() -> None:
    """One field at a time: the agent of this configspec, or an error."""
    for name, hello in one_field_at_a_time(HELLO, seed=10, at_most=500):
        told = told_at_hello(as_line(hello))
        assert len(told) < 1000, name
        civil(3, told)


def device_answering(*oks: object) -> Device:
    """A device whose agent gives these answers, one after the other."""
    waiting = iter(oks)
    client = client_of(lambda request: as_line({"id": request["id"], "ok": next(waiting)}))
    hello = read_reply(Hello, HELLO)
    spec = DeviceSpec(name="orin", connection="local")
    return Device(spec=spec, client=client, hello=hello, taken=None, mark="mark")


def draft_at(*stamps_s: float) -> dict[str, object]:
    return {**GREEDY, "stamps_s": list(stamps_s)}


@pytest.mark.parametrize(
    ("oks", "told"),
    [
        ([draft_at(1.0, 1.2, 1.4)], "from 1.5 s to 1 s"),
        ([draft_at(2.0, 2.5, 3.0), draft_at(2.9, 3.1, 3.2)], "from 3 s to 2.9 s"),
        ([draft_at(2.0, 2.5, 3.0), {**ROUNDS, "stamps_s": [[2, 3, 4], [5, 6, 7]]}], "from 3 s to 2 s"),
        ([{**ROUNDS, "stamps_s": [[2, 3, 4], [5, 6, 7]]}, draft_at(6.0, 7.0, 8.0)], "from 7 s to 6 s"),
    ],
)
def test_a_clock_that_goes_back_between_two_answers_loses_the_board(oks: list[Any], told: str) -> None:
    """It said hello at 1.5 s: each answer alone is in order, and no figure is made of the last."""
    device = device_answering(*oks)
    rounds, draft = partial(device.timed_rounds, 2, rounds=3, warmup=1, seconds=1.0), partial(device.draft, 2, keep=4)
    *before, last = [rounds if "k" in ok else draft for ok in oks]
    for ask in before:
        ask()
    with pytest.raises(TestbedError, match=f"^orin: its monotonic clock went back, {told}"):
        last()
    assert device.lost


@pytest.mark.parametrize("values", [[[6.0, 6.1]], [[6.0, 6.1]] * 3, []])
def test_readings_of_another_meter_lose_the_board(values: list[list[float]]) -> None:
    """Two channels were found: readings of one, of three or of none are not theirs."""
    taken = {**READ, "values": values}
    device = device_answering(FOUND, {}, taken)
    meter = device.metering.find(PowerSpec(meter="ina3221"), {}, uses_gpu=False).meter
    assert meter is not None
    meter.start()
    with pytest.raises(TestbedError, match=f"^orin: .*readings of {len(values)} channels, and the meter has 2"):
        meter.stop()
    assert device.lost


@pytest.mark.parametrize(
    ("ok", "ask"),
    [
        ({**GREEDY, "tokens": [1, 300]}, lambda device: device.draft(2, keep=4)),
        ({**SCORES, "rank": [0, 1], "argmax": [1, 300]}, lambda device: device.score([1, 2, 3], 1)),
        ({**DRAW, "vocabulary": 301}, lambda device: device.distribution(0)),
        ({**SCORES, "rank": [0, 300]}, lambda device: device.score([1, 2, 3], 1)),
    ],
)
def test_a_token_that_its_model_does_not_have_loses_the_board(ok: object, ask: Callable[[Device], object]) -> None:
    """Figures, and the target's probabilities, would be looked up by it."""
    device = device_answering({**MODEL, "batch": BATCH_TOKENS}, ok)
    device.open_model(Path("/m/a"), LlamaCppSpec(threads=1, context=64))
    with pytest.raises(TestbedError, match=r"^orin: (its model has|of) 300 tokens"):
        ask(device)
    assert device.lost
