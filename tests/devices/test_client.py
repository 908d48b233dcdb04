"""The host's side against agents that misbehave: scripts that stand in for the agent, in real processes."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configspec.agent.protocol import GONE_STATUS, MAX_LINE_BYTES
from configspec.agent.requests.files import Chunk
from configspec.agent.requests.model import Close, Draft, Rollback
from configspec.devices.device import Device, open_device
from configspec.devices.faults import AgentFailed
from configspec.devices.replies.board import Done
from configspec.devices.replies.files import Arrived
from configspec.devices.replies.model import DraftedTokens, Drawable, Length, Scores, TimedRounds
from configspec.devices.transport.client import AgentClient, Limits
from configspec.devices.transport.connect import Heartbeat
from configspec.devices.transport.local import STDERR_KEPT_BYTES, LocalConnection
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytestmark = pytest.mark.real

HELLO = """
import base64, json, os, sys, time
def say(**message): print(json.dumps(message), flush=True)
def event(**message): say(event={"doing": None, "done": None, "total": None, **message}, id=1)
def hello(sha256="this"): say(configspec_agent=1, sha256=sha256, python="3.8.10", pid=os.getpid(), clock_s=1.5)
"""
DRAFT, CLOSE = Draft(k=4), Close()
Start = Callable[..., AgentClient]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a stand-in for the agent; its script has `hello()`, `say(**message)` and stdin."""
    clients: list[AgentClient] = []

    def start(script: str, *, progress: Callable[[str], None] | None = None, **options: float) -> AgentClient:
        connection = LocalConnection([sys.executable, "-c", HELLO + script])
        clients.append(AgentClient(connection, device="orin", limits=Limits(grace_s=0.3, **options), progress=progress))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def greet(client: AgentClient) -> AgentClient:
    client.greet(sha256="this", deadline_s=10.0)
    return client


def test_a_banner_before_the_hello_is_kept_and_harmless(start: Start) -> None:
    """Login banners and profile scripts may speak first."""
    client = greet(start("print('Welcome'); hello(); input(); say(id=1, ok={'length': 2})"))
    assert client.noise == ("Welcome",)
    assert client.call(Rollback(keep=2), Length, deadline_s=5.0) == Length(length=2)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("hello(); input(); print('debug print', flush=True); input()", "not a message: 'debug print'"),
        ("hello(); input(); say(id=9, ok={}); input()", '"id":9.* to request 1'),
        ("hello(); input(); say(id=1, maybe={}); input()", "neither ok nor error"),
        ("hello(); input(); say(id=1, ok=[]); input()", r"breaks the protocol: Expected `object`, got `array`.*ok"),
        (
            "hello(); input(); say(id=1, ok={'tokens': [1]}); input()",
            "breaks the protocol: .*missing required.*stamps_s",
        ),
        ("hello(); input(); say(id=1, error='out'); input()", "breaks the protocol: Expected `object`, got `str`"),
        ("hello(); input(); sys.exit('out of luck')", "ended with status 1 before an answer to 'draft'.*out of luck"),
        ("hello(); input(); os.kill(os.getpid(), 9)", "was killed by SIGKILL .*before an answer"),
        ("hello(); input(); time.sleep(60)", "no sign of an answer to 'draft' within 0.4 s"),
        ("hello(); os.close(1); sys.stdin.read(); sys.exit(5)", "closed its end before an answer"),
    ],
    ids=["noise", "other-id", "no-answer", "list", "other-shape", "text-error", "exit", "killed", "hang", "closed"],
)
def test_a_device_is_lost_and_every_later_call_tells_the_first_cause(start: Start, script: str, message: str) -> None:
    """What breaks the conversation is a testbed error with the device's name, now and from then on."""
    client = greet(start(script))
    with pytest.raises(TestbedError, match=f"(?s)^orin: .*{message}") as first:
        client.call(DRAFT, DraftedTokens, deadline_s=0.1)
    with pytest.raises(TestbedError) as second:
        client.call(CLOSE, Done, deadline_s=0.1)
    assert str(second.value) == str(first.value)


STAMPS = {"tokens": [1, 2], "length": 9}
COLUMNS = {"start": 0, "argmax": [1], "logprob": [-0.1], "gap": [0.1], "confidence": [0.1], "rank": [0]}


@pytest.mark.parametrize(
    ("kind", "reply", "message"),
    [
        (DraftedTokens, {**STAMPS, "stamps_s": [0.1, 0.2]}, "2 stamps of 2 tokens"),
        (DraftedTokens, {**STAMPS, "stamps_s": [0.1, 0.3, 0.2]}, "clock went back"),
        (DraftedTokens, {**STAMPS, "stamps_s": [0, 0, 0], "probabilities": [1.0]}, "1 probabilities of 2 tokens"),
        (DraftedTokens, {**STAMPS, "stamps_s": [0, 0, 1e300]}, "Expected `float` <= 1"),
        (DraftedTokens, {**STAMPS, "stamps_s": [-1, 0, 0]}, "Expected `float` >= 0"),
        (DraftedTokens, {**STAMPS, "stamps_s": [0, 0, 0], "more": 1}, "Unknown field 'more'"),
        (TimedRounds, {"k": 2, "tokens": [1], "stamps_s": [[0, 0, 0]]}, "1 tokens in 1 rounds of 2"),
        (TimedRounds, {"k": 1, "tokens": [1], "stamps_s": []}, "1 tokens in 0 rounds of 1"),
        (TimedRounds, {"k": 1, "tokens": [1], "stamps_s": [[0]]}, "1 stamps of 1 tokens"),
        (Scores, {**COLUMNS, "rank": [0, 1]}, "unequal length"),
        (Drawable, {"vocabulary": 10**12, "tokens": "", "probabilities": ""}, "a vocabulary of 1000000000000"),
        (Drawable, {"vocabulary": 9, "tokens": "AAAAAA==", "probabilities": ""}, "0 bytes of probabilities"),
        (Drawable, {"vocabulary": 9, "tokens": "CQAAAA==", "probabilities": "AAAAAAAAAAA="}, "or not of the 9"),
    ],
)
def test_a_reply_that_contradicts_itself_loses_the_device(
    start: Start, kind: type[object], reply: dict[str, object], message: str
) -> None:
    """Of the right types, and impossible: a message, before a figure is made of it."""
    rest = {"depth": 1, "warmup": 0, "rounds_that_differ": 0} if kind is TimedRounds else {}
    client = greet(start(f"hello(); input(); say(id=1, ok={ {**reply, **rest}!r}); input()"))
    with pytest.raises(TestbedError, match=f"^orin: its message breaks the protocol: .*{message}"):
        client.call(DRAFT, kind, deadline_s=5.0)
    assert client.lost


def test_an_error_of_an_unknown_kind_loses_the_device(start: Start) -> None:
    """Who would have to act is not known."""
    error = {"kind": "odd", "what": "w", "found": None, "hint": None}
    client = greet(start(f"hello(); input(); say(id=1, error={error!r}); input()"))
    with pytest.raises(TestbedError, match=r"^orin: its message breaks the protocol: .*'odd'.*kind"):
        client.call(DRAFT, Done, deadline_s=5.0)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "[(time.sleep(0.05), event()) for _ in range(1000)]",
            "no sign of an answer to 'draft' within 0.8 s",
        ),
        ("[event() for _ in range(10**7)]", "no sign of an answer to 'draft' within 0.8 s"),
        ("event(); time.sleep(60)", "fell silent: not a byte for 0.3 s while an answer to 'draft' was awaited"),
        ("say(id=2, event={}); time.sleep(60)", '"id":2.* to request 1'),
        ("say(id=1, event=3); time.sleep(60)", '"event":3'),
        ("os.write(1, bytes([0, 255, 10])); time.sleep(60)", r"not a message: '\\x00"),
        ("""os.write(1, b'{"id":1,"o'); time.sleep(60)""", "fell silent: not a byte for 0.3 s"),
        ("""os.write(1, b'{"id":1,"o'); sys.exit(0)""", "ended with status 0 before an answer"),
        ("[(os.write(1, b'['), time.sleep(0.05)) for _ in range(1000)]", "no sign of an answer .* within 0.8 s"),
    ],
    ids=[
        "events-for-ever",
        "flood",
        "silent",
        "other-id",
        "no-event",
        "garbage",
        "half-a-line",
        "half-a-line-and-gone",
        "a-byte-now-and-then",
    ],
)
def test_an_agent_that_never_answers_is_given_up_soon(start: Start, script: str, message: str) -> None:
    """Long before its deadline where it falls silent, at its deadline where it talks on; never later."""
    client = greet(start("hello(); input(); " + script, silence_s=0.3))
    begin_s = time.monotonic()
    with pytest.raises(TestbedError, match=f"^orin: .*{message}"):
        client.call(DRAFT, DraftedTokens, deadline_s=0.5 if "range" in script else 300.0)
    assert time.monotonic() - begin_s < 10


def test_ten_megabytes_in_one_line_are_not_held(start: Start) -> None:
    """They end the conversation, and this host holds little more than a line may have, and its copy as it grows."""
    client = greet(start("hello(); input(); os.write(1, b'{'); [os.write(1, b'x' * 1000) for _ in range(10**4)]"))
    tracemalloc.start()
    with pytest.raises(TestbedError, match=rf"it sent a line of more than {MAX_LINE_BYTES} bytes: '\{{xxx"):
        client.call(DRAFT, DraftedTokens, deadline_s=20.0)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 3 * MAX_LINE_BYTES


def test_events_tell_how_far_long_work_is(start: Start) -> None:
    """In per cent where both numbers are there; a beat alone tells nothing, and control characters are shown."""
    told: list[str] = []
    script = (
        "hello(); input(); event(); event(doing='hashing', done=1, total=4); event(doing='a\\x1b[2Jb'); "
        "event(doing='odd', done=5, total=4); say(id=1, ok={})"
    )
    client = greet(start(script, progress=told.append, progress_every_s=0.0))
    assert client.call(CLOSE, Done, deadline_s=20.0) == Done()
    assert told == ["orin: hashing, 25 %", r"orin: a\x1b[2Jb", "orin: odd"]


def test_progress_of_long_work_is_shown_now_and_then(start: Start) -> None:
    """A thousand events are one line, until it is time for another."""
    told: list[str] = []
    script = "hello(); input(); [event(doing='hashing') for _ in range(1000)]; say(id=1, ok={})"
    client = greet(start(script, progress=told.append, progress_every_s=60.0))
    assert client.call(CLOSE, Done, deadline_s=20.0) == Done()
    assert told == ["orin: hashing"]


def test_a_real_agent_is_heard_while_it_works(agent_cache: Path, tiny_gguf: Path) -> None:
    """It tells which rounds it is at, and is not given up though its answer takes longer than silence may."""
    pytest.importorskip("llama_cpp")
    told: list[str] = []
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=512))
    heartbeat = Heartbeat(beat_s=0.1, silence_s=1.9, alive_s=0)
    with open_device(spec, agent_cache, heartbeat=heartbeat, progress=told.append) as device:
        device.open_model(tiny_gguf)
        device.prefill(list(range(2, 40)))
        timed = device.timed_rounds(4, rounds=10**7, warmup=0, seconds=3.0)
        assert timed.rounds_that_differ == 0
        assert device.describe().cores >= 1
    (first, *_) = [line for line in told if "timing" in line]  # on a busy machine, loading is heard too
    assert first.startswith("here: timing rounds, 0 %")


def test_a_real_agent_that_is_stopped_is_given_up(agent_cache: Path) -> None:
    """SIGSTOP: no signal that a pipe would tell of. Nothing of it is left."""
    spec = DeviceSpec(name="here", connection="local")
    with open_device(spec, agent_cache, heartbeat=Heartbeat(beat_s=0.1, silence_s=0.9, alive_s=0)) as device:
        os.kill(device.hello.pid, signal.SIGSTOP)
        with pytest.raises(TestbedError, match=r"here: it fell silent: .*Its process was stopped"):
            device.describe()
        assert not Path(f"/proc/{device.hello.pid}").exists()


def test_a_second_answer_to_one_request_is_noticed(start: Start) -> None:
    """Exactly one answer a request: another is not taken for the next one's."""
    client = greet(start("hello(); input(); say(id=1, ok={}); say(id=1, ok={}); input()"))
    client.call(CLOSE, Done, deadline_s=5.0)
    with pytest.raises(TestbedError, match="to request 2"):
        client.call(CLOSE, Done, deadline_s=5.0)


@pytest.mark.parametrize(("kind", "raised"), [("usage", UsageError), ("testbed", TestbedError)])
def test_an_error_becomes_the_class_of_its_kind(start: Start, kind: str, raised: type[Exception]) -> None:
    """Who must act survives the way, and the device goes on serving."""
    error = {"kind": kind, "what": "no room", "found": "7", "hint": "Make some."}
    client = greet(start(f"hello(); input(); say(id=1, error={error}); input(); say(id=2, ok={{}})"))
    with pytest.raises(raised, match=r"orin: no room: 7\. Make some\.$"):
        client.call(DRAFT, DraftedTokens, deadline_s=5.0)
    assert client.call(CLOSE, Done, deadline_s=5.0) == Done()


def test_a_fault_of_the_agent_is_told_by_its_last_frames(start: Start) -> None:
    """In one line, as what the testbed did; the device goes on serving."""
    traceback = "File 'a.py'\n  b()\nKeyError: 3\n"
    error = {"kind": "internal", "what": "the agent failed", "found": traceback, "hint": None}
    client = greet(start(f"hello(); input(); say(id=1, error={error}); input(); say(id=2, ok={{}})"))
    with pytest.raises(AgentFailed, match=r"^orin: draft: .* a bug of configspec: File.* \| KeyError: 3$"):
        client.call(DRAFT, DraftedTokens, deadline_s=5.0)
    assert client.call(CLOSE, Done, deadline_s=5.0) == Done()


@pytest.mark.parametrize(
    ("script", "raised", "message"),
    [
        ("hello(sha256='other'); input()", UsageError, "another agent answers .*hash other"),
        ("say(configspec_agent=2, sha256='this'); input()", UsageError, "protocol 2"),
        ("raise SystemExit('no such module')", UsageError, "status 1 before the agent said hello.*no such module"),
        ("os.kill(os.getpid(), 11)", TestbedError, "killed by SIGSEGV before its hello"),
        ("time.sleep(60)", TestbedError, "no sign of its hello within 0.5 s"),
        ("print('x' * 100_000)", TestbedError, "while waiting for its hello, it sent a line of more than"),
    ],
    ids=["other-archive", "other-protocol", "exit", "killed", "silent", "flood"],
)
def test_an_agent_that_does_not_come_up(start: Start, script: str, raised: type[Exception], message: str) -> None:
    """Each way of not saying the right hello has its own message."""
    with pytest.raises(raised, match=f"^orin: .*{message}"):
        start(script).greet(sha256="this", deadline_s=0.5 if "sleep" in script else 10.0)


def test_a_flood_of_stderr_neither_blocks_nor_fills_memory(start: Start) -> None:
    """Far more than a pipe holds goes to stderr; the answer still comes, and only the end is kept."""
    script = "hello(); input(); sys.stderr.write('x' * 1_000_000); sys.stderr.write('END'); say(id=1, ok={})"
    connection = LocalConnection([sys.executable, "-c", HELLO + script])
    client = greet(AgentClient(connection, device="orin"))
    assert client.call(CLOSE, Done, deadline_s=10.0) == Done()
    client.close()
    assert connection.stderr_tail().endswith("END")
    assert len(connection.stderr_tail()) == STDERR_KEPT_BYTES


def test_close_ends_an_agent_that_does_not_listen() -> None:
    """A process that ignores the end of its stdin is killed."""
    connection = LocalConnection([sys.executable, "-c", "import time; time.sleep(60)"])
    connection.close()
    assert connection.exit_status() == -9


def test_a_request_longer_than_the_pipe_arrives_whole() -> None:
    """The agent reads late and slowly; beats come between requests and never into one."""
    script = (
        "hello(); time.sleep(0.3); line = ''\n"
        "while not line.strip(): line = sys.stdin.readline()\n"
        "say(id=1, ok={'have_bytes': len(base64.b64decode(json.loads(line)['data']))})"
    )
    connection = LocalConnection([sys.executable, "-c", HELLO + script], beat_s=0.001)
    client = greet(AgentClient(connection, device="orin"))
    chunk = Chunk(offset=0, data=b"x" * 3_000_000)
    assert client.call(chunk, Arrived, deadline_s=20.0) == Arrived(have_bytes=3_000_000)
    client.close()


def test_a_link_that_takes_a_byte_now_and_then_is_given_up() -> None:
    """A request has a bound as a whole, and not for each of its pieces."""
    script = "hello()\nwhile os.read(0, 4096): time.sleep(0.15)"
    connection = LocalConnection([sys.executable, "-c", HELLO + script], send_wait_s=0.3, close_wait_s=0.1)
    client = greet(AgentClient(connection, device="orin", limits=Limits(grace_s=0.1, silence_s=0.3)))
    begin_s = time.monotonic()
    with pytest.raises(TestbedError, match=r"^orin: no sign of an answer to 'chunk'|^orin: it fell silent"):
        client.call(Chunk(offset=0, data=b"x" * 100_000), Arrived, deadline_s=0.1)
    assert time.monotonic() - begin_s < 10


def test_what_an_agents_script_started_ends_with_it(tmp_path: Path) -> None:
    """A `python` may be a script that starts another program."""
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    script.chmod(0o755)
    connection = LocalConnection([str(script)], close_wait_s=0.3)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().endswith("\n"):
        assert connection.receive(0.01) is None
    child = os.pidfd_open(int((tmp_path / "pid").read_text()))
    connection.close()
    assert select.select([child], [], [], 10)[0]
    os.close(child)


def test_an_agent_that_heard_nothing_says_so(start: Start) -> None:
    """It has ended itself; that is neither a crash nor a lack of memory."""
    client = greet(start(f"hello(); input(); os._exit({GONE_STATUS})"))
    with pytest.raises(TestbedError, match="its agent ended itself, having heard nothing from this host for too long"):
        client.call(DRAFT, DraftedTokens, deadline_s=5.0)


def ends_within(device: Device, seconds: float) -> bool:
    """Whether the agent's process ends in that time: https://man7.org/linux/man-pages/man2/pidfd_open.2.html."""
    process = os.pidfd_open(device.hello.pid)
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


def test_the_host_keeps_its_agent_alive_and_a_silent_host_does_not(agent_cache: Path) -> None:
    """The real agent: beats keep it through a pause of the host's, and without them it ends."""
    spec = DeviceSpec(name="here", connection="local")
    with open_device(spec, agent_cache, heartbeat=Heartbeat(beat_s=0.2, silence_s=0.8)) as device:
        assert not ends_within(device, 1.6)
        assert device.describe().cores >= 1
    with open_device(spec, agent_cache, heartbeat=Heartbeat(beat_s=60.0, silence_s=0.5)) as device:
        assert ends_within(device, 20.0)
        with pytest.raises(TestbedError, match="having heard nothing"):
            device.describe()


def test_what_is_sent_after_the_end_goes_nowhere() -> None:
    """Its descriptor may be another file's by then."""
    connection = LocalConnection(["true"])
    connection.close()
    with pytest.raises(BrokenPipeError):
        connection.send(b"x")
