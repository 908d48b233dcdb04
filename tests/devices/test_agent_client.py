"""The host's side against agents that misbehave: scripts that stand in for the agent, in real processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configspec.agent.protocol import GONE_STATUS
from configspec.devices.agent_client import AgentClient
from configspec.devices.connect import Pulse
from configspec.devices.connection import STDERR_KEPT_BYTES, LocalConnection
from configspec.devices.device import open_device
from configspec.errors import TestbedError, UsageError
from configspec.inventory.specs import DeviceSpec

pytestmark = pytest.mark.real

HELLO = """
import json, os, sys, time
def say(**message): print(json.dumps(message), flush=True)
def hello(sha256="this"): say(configspec_agent=1, sha256=sha256, python="3.8.10", pid=os.getpid(), clock_s=1.5)
"""
Start = Callable[[str], AgentClient]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a stand-in for the agent; its script has `hello()`, `say(**message)` and stdin."""
    clients: list[AgentClient] = []

    def start(script: str) -> AgentClient:
        connection = LocalConnection([sys.executable, "-c", HELLO + script])
        clients.append(AgentClient(connection, device="orin", grace_s=0.3))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def greet(client: AgentClient) -> AgentClient:
    client.greet(sha256="this", deadline_s=10.0)
    return client


def test_a_banner_before_the_hello_is_kept_and_harmless(start: Start) -> None:
    """Login banners and profile scripts may speak first."""
    client = greet(start("print('Welcome'); hello(); input(); say(id=1, ok={'x': 2})"))
    assert client.noise == ("Welcome",)
    assert client.call("describe", deadline_s=5.0) == {"x": 2}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("hello(); input(); print('debug print', flush=True); input()", "not a message: 'debug print'"),
        ("hello(); input(); say(id=9, ok={}); input()", '"id":9.* to request 1'),
        ("hello(); input(); say(id=1, maybe={}); input()", "neither ok nor error"),
        ("hello(); input(); sys.exit('out of luck')", "ended with status 1 before an answer to 'draft'.*out of luck"),
        ("hello(); input(); os.kill(os.getpid(), 9)", "was killed by SIGKILL .*before an answer"),
        ("hello(); input(); time.sleep(60)", "no sign of an answer to 'draft' within 0.4 s"),
        ("hello(); os.close(1); sys.stdin.read(); sys.exit(5)", "closed its end before an answer"),
    ],
    ids=["noise", "other-id", "no-answer", "exit", "killed", "hang", "closed"],
)
def test_a_device_is_lost_and_every_later_call_tells_the_first_cause(start: Start, script: str, message: str) -> None:
    """What breaks the conversation is a testbed error with the device's name, now and from then on."""
    client = greet(start(script))
    with pytest.raises(TestbedError, match=f"(?s)^orin: .*{message}") as first:
        client.call("draft", deadline_s=0.1)
    with pytest.raises(TestbedError) as second:
        client.call("describe", deadline_s=0.1)
    assert str(second.value) == str(first.value)


def test_a_second_answer_to_one_request_is_noticed(start: Start) -> None:
    """Exactly one answer a request: another is not taken for the next one's."""
    client = greet(start("hello(); input(); say(id=1, ok={}); say(id=1, ok={}); input()"))
    client.call("close", deadline_s=5.0)
    with pytest.raises(TestbedError, match="to request 2"):
        client.call("close", deadline_s=5.0)


@pytest.mark.parametrize(
    ("kind", "raised"), [("usage", UsageError), ("testbed", TestbedError), ("internal", RuntimeError)]
)
def test_an_error_becomes_the_class_of_its_kind(start: Start, kind: str, raised: type[Exception]) -> None:
    """Whose move it is survives the way, and the device goes on serving."""
    error = {"kind": kind, "what": "no room", "found": "7", "hint": "Make some."}
    client = greet(start(f"hello(); input(); say(id=1, error={error}); input(); say(id=2, ok={{}})"))
    with pytest.raises(raised, match=r"orin: no room: 7\. Make some\.$"):
        client.call("draft", deadline_s=5.0)
    assert client.call("close", deadline_s=5.0) == {}


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
    assert client.call("draft", deadline_s=10.0) == {}
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
        "say(id=1, ok={'n': len(json.loads(line)['text'])})"
    )
    connection = LocalConnection([sys.executable, "-c", HELLO + script], beat_s=0.001)
    client = greet(AgentClient(connection, device="orin"))
    assert client.call("say", deadline_s=20.0, text="x" * 3_000_000) == {"n": 3_000_000}
    client.close()


def test_an_agent_that_heard_nothing_says_so(start: Start) -> None:
    """It has ended itself; that is neither a crash nor a lack of memory."""
    client = greet(start(f"hello(); input(); os._exit({GONE_STATUS})"))
    with pytest.raises(TestbedError, match="its agent ended itself, having heard nothing from this host for too long"):
        client.call("draft", deadline_s=5.0)


def test_the_host_keeps_its_agent_alive_and_a_silent_host_does_not(agent_cache: Path) -> None:
    """The real agent: beats keep it through a pause of the host's, and without them it ends."""
    spec = DeviceSpec(name="here", connection="local")
    with open_device(spec, agent_cache, pulse=Pulse(beat_s=0.2, silence_s=0.8)) as device:
        time.sleep(1.6)
        assert device.describe().cores >= 1
    with open_device(spec, agent_cache, pulse=Pulse(beat_s=60.0, silence_s=0.5)) as device:
        time.sleep(1.2)
        with pytest.raises(TestbedError, match="having heard nothing"):
            device.describe()


def test_what_is_sent_after_the_end_goes_nowhere() -> None:
    """Its descriptor may be another file's by then."""
    connection = LocalConnection(["true"])
    connection.close()
    with pytest.raises(BrokenPipeError):
        connection.send(b"x")
