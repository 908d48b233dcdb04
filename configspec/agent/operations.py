"""What the host may ask for, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .board.flock import BoardLock
from .board.description import describe
from .drafters.chain import Drafter
from .board.file_hash import FileHashes
from .board.health import health
from .llama.library import Library, load_library
from .llama.model import OpenModel, open_model
from .board.files import Incoming, find_file, folder_path, list_files
from .protocol import AgentError, Arguments, Deadline, usage_error
from .board.reap import reap
from .llama.sampler import Sampling
from .llama.scoring import check_scorable, score

SAMPLING = frozenset({"temperature", "top_k", "top_p"})
OWNER = frozenset({"user", "host", "pid", "since", "run"})  # of the run that wants the board


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
        self._known: dict[str, tuple[Callable[[Arguments], dict[str, Any]], frozenset[str]]] = {
            "lock": (self._take_lock, OWNER),
            "holder": (self._holder, frozenset()),
            "health": (self._health, frozenset({"models"})),
            "reap": (self._reap, frozenset({"mark"})),
            "describe": (self._describe, frozenset()),
            "open": (self._open, frozenset({"path", "threads", "context", "gpu_layers", "batch", "cache_bytes"})),
            "prefill": (self._prefill, frozenset({"tokens"})),
            "draft": (self._draft, frozenset({"k", "keep", "append", "seed"}) | SAMPLING),
            "distribution": (self._distribution, frozenset({"index"})),
            "rounds": (self._rounds, frozenset({"k", "rounds", "warmup", "seconds"})),
            "score": (self._score, frozenset({"tokens", "start"}) | SAMPLING),
            "rollback": (self._rollback, frozenset({"keep"})),
            "close": (self._close, frozenset()),
            "list_files": (self._list_files, frozenset({"folder"})),
            "find_file": (self._find_file, frozenset({"folder", "name", "size"})),
            "receive": (self._receive, frozenset({"folder", "name", "size", "sha256", "replace", "fresh"})),
            "chunk": (self._chunk, frozenset({"offset", "data"})),
            "finish": (self._finish, frozenset()),
        }

    def run(self, op: str, arguments: Arguments) -> dict[str, Any]:
        """Do one operation and return the `ok` of its answer."""
        if op not in self._known:
            hint = "This agent knows: {}.".format(", ".join(self._known))
            raise usage_error("unknown operation", found=repr(op), hint=hint)
        operation, names = self._known[op]
        arguments.allow_only(names)
        return operation(arguments)

    def close(self) -> None:
        """Free the model that is open, if one is."""
        model, self._model, self._drafter = self._model, None, None
        if model is not None:
            model.close()

    def _take_lock(self, arguments: Arguments) -> dict[str, Any]:
        owner: dict[str, Any] = {name: arguments.text(name) for name in sorted(OWNER - {"pid"})}
        return self._lock.take({**owner, "pid": arguments.integer("pid", minimum=0)})

    def _holder(self, _: Arguments) -> dict[str, Any]:
        return self._lock.holder()

    def _health(self, arguments: Arguments) -> dict[str, Any]:
        return health(Path("/"), models=arguments.text("models"))

    def _reap(self, arguments: Arguments) -> dict[str, Any]:
        return reap(arguments.text("mark"), self._deadline)

    def _describe(self, _: Arguments) -> dict[str, Any]:
        facts = describe(Path("/"))
        try:
            facts["llama_cpp"] = self._load_library().facts()
            facts["llama_cpp_reason"] = None
        except AgentError as error:
            facts["llama_cpp"] = None
            facts["llama_cpp_reason"] = f"{error.what}: {error.found}"
        return facts

    def _open(self, arguments: Arguments) -> dict[str, Any]:
        self.close()
        self._model = open_model(
            self._load_library(),
            path=arguments.text("path"),
            threads=arguments.integer_or_none("threads", minimum=1),
            context=arguments.integer("context", minimum=1),
            gpu_layers=arguments.integer("gpu_layers", minimum=-1),
            batch=arguments.integer("batch", minimum=1),
            cache_bytes=arguments.integer_or_none("cache_bytes", minimum=0) or 0,
            deadline=self._deadline,
            hashes=self._hashes,
        )
        self._drafter = Drafter(self._model, self._deadline)
        return self._model.facts

    def _prefill(self, arguments: Arguments) -> dict[str, Any]:
        return self._need_drafter().prefill(arguments.tokens("tokens"))

    def _draft(self, arguments: Arguments) -> dict[str, Any]:
        return self._need_drafter().draft(
            k=arguments.integer("k", minimum=1),
            keep=arguments.integer_or_none("keep", minimum=1),
            append=arguments.tokens("append"),
            sampling=self._sampling(arguments),
            seed=arguments.integer_or_none("seed", minimum=0),
        )

    def _distribution(self, arguments: Arguments) -> dict[str, Any]:
        return self._need_drafter().distribution(arguments.integer("index", minimum=0))

    def _rounds(self, arguments: Arguments) -> dict[str, Any]:
        return self._need_drafter().rounds(
            k=arguments.integer("k", minimum=1),
            rounds=arguments.integer("rounds", minimum=1),
            warmup=arguments.integer("warmup", minimum=0),
            seconds=arguments.number("seconds", above=0.0),
        )

    def _rollback(self, arguments: Arguments) -> dict[str, Any]:
        return self._need_drafter().rollback(arguments.integer("keep", minimum=1))

    def _score(self, arguments: Arguments) -> dict[str, Any]:
        model, drafter = self._need_model(), self._need_drafter()
        tokens, start = arguments.tokens("tokens"), arguments.integer("start", minimum=1)
        check_scorable(model, tokens, start)
        sampling = self._sampling(arguments)
        drafter.clear()  # scoring takes the KV cache
        try:
            return score(model, tokens, start, self._deadline, sampling)
        finally:
            drafter.clear()

    def _close(self, _: Arguments) -> dict[str, Any]:
        self.close()
        return {}

    def _list_files(self, arguments: Arguments) -> dict[str, Any]:
        return list_files(folder_path(arguments.text_or_none("folder")))

    def _find_file(self, arguments: Arguments) -> dict[str, Any]:
        folder = folder_path(arguments.text_or_none("folder"))
        return find_file(folder, arguments.text("name"), arguments.integer("size", minimum=0), self._hashes)

    def _receive(self, arguments: Arguments) -> dict[str, Any]:
        before, self._incoming = self._incoming, None
        if before is not None:
            before.close()
        self._incoming = Incoming(
            folder_path(arguments.text_or_none("folder")),
            arguments.text("name"),
            size_bytes=arguments.integer("size", minimum=1),
            sha256=arguments.text("sha256"),
            replace=arguments.flag("replace"),
            fresh=arguments.flag("fresh"),
            hashes=self._hashes,
        )
        return {"have_bytes": self._incoming.have_bytes, "have_sha256": self._incoming.have_sha256}

    def _chunk(self, arguments: Arguments) -> dict[str, Any]:
        incoming = self._need_incoming()
        incoming.take(arguments.integer("offset", minimum=0), arguments.data("data"))
        return {"have_bytes": incoming.have_bytes}

    def _finish(self, _: Arguments) -> dict[str, Any]:
        incoming, self._incoming = self._need_incoming(), None
        try:
            return incoming.finish()
        finally:
            incoming.close()

    def _need_incoming(self) -> Incoming:
        if self._incoming is None:
            raise usage_error("no file is on its way", hint="Announce it with `receive` first.")
        return self._incoming

    def _sampling(self, arguments: Arguments) -> Sampling | None:
        """How tokens are drawn; None, greedily, where no temperature is given."""
        temperature = arguments.number_or_none("temperature", above=0.0)
        if temperature is None:
            return None
        return Sampling(
            self._need_model().library.numpy,
            temperature=temperature,
            top_k=arguments.integer_or_none("top_k", minimum=0) or 0,
            top_p=arguments.number_or_none("top_p", above=0.0, most=1.0) or 1.0,
        )

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
