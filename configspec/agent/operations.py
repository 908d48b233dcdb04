"""What the agent does when it is asked: one handler a request."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .board.description import available_bytes, describe
from .board.file_hash import FileHashes
from .board.files import Incoming, find_file, folder_path, list_files
from .board.flock import BoardLock
from .board.health import health, run_command
from .board.heat import heat_state
from .board.heat_watch import HeatWatch, Thermometer
from .board.idle import idle
from .board.memory_speed import memory_speed
from .board.processor_times import processor_times
from .board.processors import processor_facts
from .board.reap import reap
from .drafters.chain import Drafter
from .llama.library import Library, load_library
from .llama.model import OpenModel, open_model
from .llama.sampler import Sampling
from .llama.scoring import check_scorable, score
from .power.metering import Metering
from .protocol import AgentError, Deadline, JsonObject, shorten, usage_error
from .requests.board import Describe, Health, Heat, Holder, Idle, Lock, ProcessorTimes, ReadMemory, Reap
from .requests.files import Chunk, FindFile, Finish, ListFiles, Receive
from .requests.forms import Request
from .requests.model import (
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
from .requests.power import FindMeter, RecordMeter, StartMeter, TakeReadings

REASON_LETTERS = 1000  # why llama.cpp cannot be used, in a table


class Operations:
    """The operations, and the one model that is open between them."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._lock = BoardLock()
        self._hashes = FileHashes(deadline)
        self._incoming: Incoming | None = None
        self._library: Library | None = None
        self._model: OpenModel | None = None
        self._drafter: Drafter | None = None
        self._metering = Metering()
        self._heat_watch: HeatWatch | None = None
        self._handlers: dict[type[Request], Callable[..., JsonObject]] = {
            Lock: self._take_lock,
            Holder: self._holder,
            Health: self._health,
            ProcessorTimes: self._processor_times,
            ReadMemory: self._read_memory,
            Reap: self._reap,
            Heat: self._heat,
            Idle: self._idle,
            FindMeter: self._metering.find,
            StartMeter: self._start_meter,
            TakeReadings: self._take_readings,
            RecordMeter: self._record_meter,
            Describe: self._describe,
            Open: self._open,
            Prefill: self._prefill,
            Prefills: self._prefills,
            Draft: self._draft,
            Distribution: self._distribution,
            Rounds: self._rounds,
            Window: self._window,
            Returns: self._returns,
            Score: self._score,
            Rollback: self._rollback,
            Close: self._close,
            ListFiles: self._list_files,
            FindFile: self._find_file,
            Receive: self._receive,
            Chunk: self._chunk,
            Finish: self._finish,
        }

    def run(self, request: Request) -> JsonObject:
        """Do what is asked; the `ok` of the answer."""
        return self._handlers[type(request)](request)

    def close(self) -> None:
        """Free the model that is open, if one is, the meter and the thermometer."""
        self._metering.close()
        watch, self._heat_watch = self._heat_watch, None
        if watch is not None:
            watch.stop()
        self._close_model()

    def _close_model(self) -> None:
        model, self._model, self._drafter = self._model, None, None
        if model is not None:
            model.close()

    def _take_lock(self, asked: Lock) -> JsonObject:
        return self._lock.take(asked.as_json())

    def _holder(self, _: Holder) -> JsonObject:
        return self._lock.holder()

    def _health(self, asked: Health) -> JsonObject:
        return health(Path("/"), models=asked.models)

    def _processor_times(self, _: ProcessorTimes) -> JsonObject:
        return processor_times(Path("/"))

    def _read_memory(self, asked: ReadMemory) -> JsonObject:
        numpy = self._load_library().numpy
        return memory_speed(numpy, asked.threads, asked.seconds, available_bytes(Path("/")), self._deadline)

    def _reap(self, asked: Reap) -> JsonObject:
        return reap(asked.mark, self._deadline)

    def _describe(self, _: Describe) -> JsonObject:
        facts = {**describe(Path("/")), **processor_facts(Path("/"))}
        try:
            return {**facts, **self._load_library().facts(), "llama_cpp_reason": None}
        except AgentError as error:
            reason = shorten(f"{error.what}: {error.found}", REASON_LETTERS)
            return {
                **facts,
                "llama_cpp_version": None,
                "llama_cpp_system_info": None,
                "gpu_offload": None,
                "llama_devices": None,
                "llama_cpp_reason": reason,
            }

    def _open(self, asked: Open) -> JsonObject:
        self._close_model()
        self._model = open_model(self._load_library(), asked, self._deadline, self._hashes)
        self._drafter = Drafter(self._model, self._deadline)
        return self._model.facts

    def _prefill(self, asked: Prefill) -> JsonObject:
        return self._need_drafter().prefill(list(asked.tokens))

    def _prefills(self, asked: Prefills) -> JsonObject:
        return self._need_drafter().prefills(asked)

    def _draft(self, asked: Draft) -> JsonObject:
        drafter = self._need_drafter()
        if asked.temperature is None:
            return drafter.draft(asked)
        return drafter.draft(asked, self._sampling(asked, asked.temperature))

    def _distribution(self, asked: Distribution) -> JsonObject:
        return self._need_drafter().distribution(asked.index)

    def _rounds(self, asked: Rounds) -> JsonObject:
        return self._need_drafter().rounds(asked)

    def _window(self, asked: Window) -> JsonObject:
        return self._need_drafter().window(asked)

    def _heat(self, asked: Heat) -> JsonObject:
        watch, self._heat_watch = self._heat_watch, None
        seen = None if watch is None else watch.stop().as_json()
        root = Path(os.path.expanduser(asked.root))
        state = heat_state(root, run_command)
        if asked.watch:
            self._heat_watch = HeatWatch(Thermometer(root, run_command))
            self._heat_watch.start()
        return {"state": state, "seen": seen}

    def _idle(self, asked: Idle) -> JsonObject:
        return idle(asked.seconds, self._deadline)

    def _start_meter(self, _: StartMeter) -> JsonObject:
        return self._metering.start()

    def _take_readings(self, asked: TakeReadings) -> JsonObject:
        return self._metering.take(stop=asked.stop)

    def _record_meter(self, _: RecordMeter) -> JsonObject:
        return self._metering.record()

    def _returns(self, asked: Returns) -> JsonObject:
        return self._need_drafter().returns(asked)

    def _rollback(self, asked: Rollback) -> JsonObject:
        return self._need_drafter().rollback(asked.keep)

    def _score(self, asked: Score) -> JsonObject:
        model, drafter = self._need_model(), self._need_drafter()
        check_scorable(model, asked)
        sampling = None if asked.temperature is None else self._sampling(asked, asked.temperature)
        drafter.clear()  # scoring takes the KV cache
        try:
            return score(model, asked, sampling, self._deadline)
        finally:
            drafter.clear()

    def _close(self, _: Close) -> JsonObject:
        self._close_model()
        return {}

    def _list_files(self, asked: ListFiles) -> JsonObject:
        return list_files(folder_path(asked.folder))

    def _find_file(self, asked: FindFile) -> JsonObject:
        return find_file(folder_path(asked.folder), asked.name, asked.size, self._hashes)

    def _receive(self, asked: Receive) -> JsonObject:
        before, self._incoming = self._incoming, None
        if before is not None:
            before.close()
        self._incoming = Incoming(folder_path(asked.folder), asked, self._hashes)
        return {"have_bytes": self._incoming.have_bytes, "have_sha256": self._incoming.have_sha256}

    def _chunk(self, asked: Chunk) -> JsonObject:
        incoming = self._need_incoming()
        incoming.take(asked.offset, asked.data)
        return {"have_bytes": incoming.have_bytes}

    def _finish(self, _: Finish) -> JsonObject:
        incoming, self._incoming = self._need_incoming(), None
        try:
            return incoming.finish()
        finally:
            incoming.close()

    def _sampling(self, asked: Draft | Score, temperature: float) -> Sampling:
        numpy = self._need_model().library.numpy
        return Sampling(numpy, temperature=temperature, top_k=asked.top_k, top_p=asked.top_p)

    def _need_incoming(self) -> Incoming:
        if self._incoming is None:
            raise usage_error("no file is being received", hint="Announce it with `receive` first.")
        return self._incoming

    def _load_library(self) -> Library:
        if self._library is None:
            self._library = load_library()
        return self._library

    def _need_drafter(self) -> Drafter:
        if self._drafter is None:
            raise usage_error("no model is open", hint="Open one first.")
        return self._drafter

    def _need_model(self) -> OpenModel:
        if self._model is None:
            raise usage_error("no model is open", hint="Open one first.")
        return self._model
