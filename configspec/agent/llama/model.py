"""A model that llama.cpp has opened, and what it is."""

from __future__ import annotations

import ctypes
import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from ..board.description import available_bytes, shares_memory
from ..board.file_hash import FileHashes
from ..board.processors import processors, within
from ..protocol import AgentError, Deadline, JsonObject, board_error, usage_error
from ..requests.forms import MAX_THREADS
from ..requests.model import Open
from .library import Api, Array, Handle, Library
from .model_file import cannot_load, check_file, check_memory
from .opening_log import read_log
from .settings import bind, check_build, refused, set_context, set_model

SEQUENCE = 0  # the one that drafting uses
# llama.cpp's, CUDA's and the C library's words for it, in small letters
OF_MEMORY = ("cannot allocate memory", "to allocate", "out of memory", "bad_alloc", "insufficient memory")
METADATA_KEYS = (
    "general.name",
    "general.size_label",
    "general.file_type",
    "general.quantization_version",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.add_bos_token",
)


class OpenModel:
    """llama.cpp's model and context. `context` counts tokens; `batch` is how many go in at once."""

    def __init__(self, library: Library, model: Handle, llama_context: Handle, *, context: int, batch: int) -> None:
        self.library = library
        self.api = library.api
        self.llama_context = llama_context
        self.memory = self.api.llama_get_memory(llama_context)
        self.context = context
        self.batch = batch
        self.vocabulary = int(self.api.llama_vocab_n_tokens(self.api.llama_model_get_vocab(model)))
        self.facts: JsonObject = {}
        self.rolls_back = True  # whether its memory can be cut
        self._model = model
        self._window = int(self.api.llama_model_n_swa(model))  # tokens; 0: attention sees all
        self._logits_at = 0
        self._logits: Array = None

    def check_tokens(self, tokens: Sequence[int]) -> None:
        """Refuse a foreign token now; llama.cpp would, in the middle of its work."""
        for token in tokens:
            if not 0 <= token < self.vocabulary:
                raise usage_error("a token is not in the vocabulary", found=f"{token}, of {self.vocabulary} tokens")

    def evaluate_tokens(self, tokens: Sequence[int]) -> None:
        """Run tokens through the model as one batch, after those that the KV cache holds."""
        cells = (ctypes.c_int32 * len(tokens))(*tokens)  # a name: the batch holds no more than its address
        self.evaluate(self.api.llama_batch_get_one(cells, len(tokens)))

    def evaluate(self, batch: Handle) -> None:
        """Run one batch of tokens through the model."""
        status = self.api.llama_decode(self.llama_context, batch)
        if status != 0:
            raise self.decode_error(status)

    def logits(self, row: int) -> Array:
        """The logits of one row of the last batch (-1: its last), an array over memory that the next batch reuses.

        This waits for a GPU to be done. numpy finds the best of 128,000 logits in 0.02 ms; llama.cpp's greedy
        sampler copies them first and takes ten times as long, which a fast board would notice.
        """
        address = self._address_of_logits(row)
        if address != self._logits_at:
            if not address:
                raise board_error("llama.cpp has no logits for a token that was evaluated")
            row_at = (ctypes.c_float * self.vocabulary).from_address(address)
            self._logits = self.library.numpy.ctypeslib.as_array(row_at)
            self._logits_at = address
        return self._logits

    def logits_have_moved(self) -> bool:
        """Whether the last batch left its last row elsewhere than where `logits` last found one."""
        return self._address_of_logits(-1) != self._logits_at

    def _address_of_logits(self, row: int) -> int:
        pointer = self.api.llama_get_logits_ith(self.llama_context, row)
        return ctypes.cast(pointer, ctypes.c_void_p).value or 0

    def forget_after(self, length: int) -> bool:
        """Cut the KV cache to its first `length` tokens; False: that is not possible here, and it is empty now."""
        api = self.api
        cut = api.llama_memory_seq_rm(self.memory, SEQUENCE, length, -1)
        # A recurrent state refuses. A sliding-window cache agrees, and may lack what the window needs.
        first = max(0, length - self._window)
        if cut and (not self._window or api.llama_memory_seq_pos_min(self.memory, SEQUENCE) <= first):
            return True
        self.forget_all()
        return False

    def forget_all(self) -> None:
        """Empty the memory."""
        self.api.llama_memory_clear(self.memory, True)

    def find_whether_it_rolls_back(self) -> bool:
        """Ask llama.cpp what the model is; where its memory may refuse to be cut, two tokens show whether it does."""
        api = self.api
        kinds = [getattr(api, f"llama_model_is_{kind}", None) for kind in ("recurrent", "hybrid")]
        if any(kind is not None and kind(self._model) for kind in kinds):
            self.evaluate_tokens([0, 0])
            self.rolls_back = bool(api.llama_memory_seq_rm(self.memory, SEQUENCE, 1, -1))
            self.forget_all()
        return self.rolls_back

    def decode_error(self, status: int) -> AgentError:
        """What llama_decode's status means: 1, the KV cache is full; 2, aborted; below 0, an error."""
        return board_error(
            f"llama.cpp could not evaluate a batch (status {status})",
            found=self.library.complaints(),
            hint="Less context, or a smaller model, needs less memory.",
        )

    def close(self) -> None:
        """Free the memory."""
        self.api.llama_free(self.llama_context)
        self.api.llama_model_free(self._model)


class ContextSize(NamedTuple):
    """How large a context is, and how it is computed; `sequences` share its tokens."""

    context: int  # tokens
    batch: int  # tokens that go in at once
    threads: int
    sequences: int = 1


def open_model(library: Library, asked: Open, deadline: Deadline, hashes: FileHashes) -> OpenModel:
    """Load the file and make a context for it."""
    path, context = asked.path, asked.context
    check_file(path)
    check_build(library, asked)
    if asked.gpu_layers == 0 or shares_memory(Path("/")):
        check_memory(path, available_bytes(Path("/")), asked.cache_bytes)
    begin_s = time.monotonic()
    library.forget_log()
    with ExitStack() as undo:  # whatever fails, the next model finds the memory free
        bind(library, asked)
        model = _load(library, asked, deadline)
        undo.callback(library.api.llama_model_free, model)
        threads = asked.threads or default_threads(asked)
        trained = int(library.api.llama_model_n_ctx_train(model))
        if context > trained:
            raise usage_error(
                f"{path} was trained on {trained} tokens of context", found=f"context: {context}", hint="Ask for less."
            )
        llama_context = make_context(library, model, ContextSize(context, asked.batch, threads), asked)
        undo.callback(library.api.llama_free, llama_context)
        opened = OpenModel(library, model, llama_context, context=context, batch=asked.batch)
        load_s = time.monotonic() - begin_s
        rolls_back = opened.find_whether_it_rolls_back()
        opened.facts = {
            **_model_facts(library.api, model),
            "file_bytes": os.path.getsize(path),
            "file_sha256": hashes.of_path(path),
            "vocabulary": opened.vocabulary,
            "trained_context": trained,
            "context": context,
            "batch": asked.batch,
            "threads": threads,
            "gpu_layers": asked.gpu_layers,
            "load_s": load_s,
            "rolls_back": rolls_back,
            "settings": asked.settings(),
            "opened": _as_opened(library, llama_context, asked),
        }
        undo.pop_all()
    return opened


def default_threads(asked: Open) -> int:
    """As many as there are processors to bind to, or as `board/processors.py` says; never more than a quota feeds."""
    here = processors(Path("/"))
    return min(within(len(set(asked.cpus)), here.quota), MAX_THREADS) if asked.cpus else here.threads


def _as_opened(library: Library, llama_context: Handle, asked: Open) -> JsonObject:
    """What llama.cpp did with what it was asked for, by its log and its context."""
    found = read_log(library.log())
    if asked.mlock and found["locked"] is None:
        found["locked"] = True
    found["threads"] = int(library.api.llama_n_threads(llama_context))
    found["threads_batch"] = int(library.api.llama_n_threads_batch(llama_context))
    return found


def _load(library: Library, asked: Open, deadline: Deadline) -> Handle:
    api, path = library.api, asked.path
    parameters = api.llama_model_default_params()
    kept = set_model(library, parameters, asked)  # a name: the parameters hold no more than addresses

    def still_wanted(loaded: float, _data: object) -> bool:
        deadline.progress = "loading the model", round(100 * loaded), 100
        return not deadline.passed()

    callback = api.llama_progress_callback(still_wanted)  # a name: llama.cpp holds no more than its address
    parameters.progress_callback = callback
    model = api.llama_model_load_from_file(os.fsencode(path), parameters)
    del kept
    if not model:
        deadline.check(f"loading {path}")
        complaints = library.complaints()
        if _is_of_memory(complaints):
            raise _no_memory(f"open {path}", complaints)
        raise cannot_load(path, library.log(), complaints, library.version)
    return model


def make_context(library: Library, model: Handle, size: ContextSize, asked: Open | None = None) -> Handle:
    """A context like llama-bench's, so that its figures and ours compare; its settings are those `asked` for.

    llama.cpp's defaults apply (KV cache in f16, flash attention where llama.cpp chooses it), but for two:
    as many threads for a batch as for one token, and no full-size cache for sliding-window attention.
    """
    parameters = library.api.llama_context_default_params()
    parameters.n_ctx = size.context
    parameters.n_seq_max = size.sequences
    parameters.n_batch = size.batch
    parameters.n_ubatch = min(size.batch, 512)
    parameters.n_threads = parameters.n_threads_batch = size.threads
    if hasattr(parameters, "swa_full"):
        parameters.swa_full = False
    if asked is not None:
        set_context(library, parameters, asked)
    llama_context = library.api.llama_init_from_model(model, parameters)
    if not llama_context:
        complaints = library.complaints()
        refusal = None if asked is None else refused(library.log(), asked)
        if refusal is not None:
            raise refusal
        if _is_of_memory(complaints):
            raise _no_memory(f"make a context of {size.context} tokens", complaints)
        raise board_error(
            f"llama.cpp could not make a context of {size.context} tokens",
            found=complaints,
            hint="Less context needs less memory.",
        )
    return llama_context


def _is_of_memory(complaints: str) -> bool:
    return any(words in complaints.lower() for words in OF_MEMORY)


def _no_memory(doing: str, complaints: str) -> AgentError:
    """The person asks for less; the board is sound, and the next model may fit."""
    return usage_error(
        f"out of memory: llama.cpp could not {doing}", found=complaints, hint="Use less context or a smaller model."
    )


def _model_facts(api: Api, model: Handle) -> JsonObject:
    buffer = ctypes.create_string_buffer(512)

    def metadata(key: str) -> str | None:
        length = api.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else None

    api.llama_model_desc(model, buffer, len(buffer))
    description = buffer.value.decode("utf-8", "replace")
    return {
        "architecture": metadata("general.architecture"),
        "description": description,
        "parameters": int(api.llama_model_n_params(model)),
        "weights_bytes": int(api.llama_model_size(model)),
        "vocabulary_sha256": _vocabulary_sha256(api, model),
        "metadata": {key: value for key in METADATA_KEYS for value in [metadata(key)] if value is not None},
    }


def _vocabulary_sha256(api: Api, model: Handle) -> str:
    """The hash over each token's length in bytes, a colon, and its text: equal where token ids mean the same."""
    vocabulary = api.llama_model_get_vocab(model)
    digest = hashlib.sha256()
    for token in range(api.llama_vocab_n_tokens(vocabulary)):
        text = api.llama_vocab_get_text(vocabulary, token) or b""
        digest.update(b"%d:" % len(text) + text)
    return digest.hexdigest()
