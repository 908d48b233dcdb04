"""Every request of the protocol, once, to a real agent with a real model: each gets the reply of its kind."""

from __future__ import annotations

import getpass
import hashlib
import os
from pathlib import Path

import pytest
from made_up_board import MadeUpChip
from recurrent_models import RandomModel, invented_vocabulary, write_model

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
from configspec.devices.replies.board import Done, Ended, HeatNow, LockState, ProcessorCounts, Span
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
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient
from configspec.devices.transport.connect import Start, connect
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.records.passes import MemorySpeed
from configspec.testbed.device_spec import DeviceSpec

pytestmark = pytest.mark.real

DATA = b"GGUF, a little"


def test_every_request_is_answered_with_its_reply(agent_cache: Path, tiny_gguf: Path, tmp_path: Path) -> None:
    """In an order in which they make sense."""
    pytest.importorskip("llama_cpp")
    recurrent = tmp_path / "mamba.gguf"
    write_model(recurrent, RandomModel(architecture="mamba", vocabulary=invented_vocabulary(300), width=64, layers=1))
    MadeUpChip(tmp_path / "board")
    folder, sha256 = str(tmp_path / "models"), hashlib.sha256(DATA).hexdigest()
    conversation: list[tuple[Request, type[object]]] = [
        (Lock(user=getpass.getuser(), host="here", pid=os.getpid(), since="now", run="one"), LockState),
        (Holder(), LockState),
        (Reap(mark="nobody"), Ended),
        (Health(models="~"), HealthFacts),
        (Describe(), DeviceFacts),
        (ProcessorTimes(), ProcessorCounts),
        (ReadMemory(threads=1, seconds=0.01), MemorySpeed),
        (Receive(name="a.gguf", size=len(DATA), sha256=sha256, folder=folder), Beginning),
        (Chunk(offset=0, data=DATA), Arrived),
        (Finish(), Placed),
        (FindFile(name="a.gguf", size=len(DATA), folder=folder), FoundFile),
        (ListFiles(folder=folder), Listing),
        (Open(path=str(tiny_gguf), context=64, gpu_layers=0, batch=64, threads=1), ModelFacts),
        (Score(start=1, tokens=(1, 2, 3)), Scores),
        (Prefill(tokens=(1, 2, 3)), Begun),
        (Rounds(k=2, rounds=1, warmup=0, seconds=1.0), TimedRounds),
        (Prefills(prefills=2, seconds=1.0), TimedPrefills),
        (Draft(k=2, temperature=1.0), DraftedTokens),
        (Distribution(index=0), Drawable),
        (Rollback(keep=2), Length),
        (Close(), Done),
        (Open(path=str(recurrent), context=64, gpu_layers=0, batch=64, threads=1), ModelFacts),
        (Prefill(tokens=(1, 2, 3)), Begun),
        (Returns(pending=(1, 2), rounds=1, warmup=0, seconds=1.0), TimedReturns),
        (Heat(watch=True), HeatNow),
        (FindMeter(meter="auto", root=str(tmp_path / "board")), FoundMeter),
        (StartMeter(), Done),
        (Idle(seconds=0.1), Span),
        (Window(k=2, seconds=0.1), DraftedWindow),
        (TakeReadings(stop=True), Readings),
        (RecordMeter(), NotedMeter),
        (Heat(), HeatNow),
    ]
    assert {type(asked) for asked, _ in conversation} == set(REQUESTS)
    archive = build_agent_archive()
    with connect(Start(spec=DeviceSpec(name="here", connection="local"), archive=archive), agent_cache) as connection:
        client = AgentClient(connection, device="here")
        client.greet(sha256=archive.sha256, deadline_s=30.0)
        for asked, reply in conversation:
            assert type(client.call(asked, reply, deadline_s=60.0)) is reply, asked
