"""Batches whose every token gives logits, and passes of them that are timed.

The logits lie in llama.cpp's memory row after row, in the order of the batch (`llama_get_logits` in llama.h).
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configspec.agent.llama.model import ContextSize, OpenModel, make_context
from configspec.targets.writing import filler

_SMALL_BATCH = 128  # of a context that is only timed


class Rows:
    """One batch of llama.cpp's, made once and filled again and again; each of its tokens gives a row of logits."""

    def __init__(self, model: OpenModel, size: int) -> None:
        self.size = size
        self._model = model
        self._api = model.api
        # numpy holds the arrays and the batch their addresses. A row has one sequence, its id in a cell of its own.
        self._token, self._position, self._sequence = (np.zeros(size, np.int32) for _ in range(3))
        self._held = (np.ones(size, np.int32), np.ones(size, np.int8), self._sequence.ctypes.data + 4 * np.arange(size))
        counts, wanted, cells = self._held
        int32 = ctypes.POINTER(ctypes.c_int32)
        self._batch = model.api.llama_batch(
            token=self._token.ctypes.data_as(int32),
            pos=self._position.ctypes.data_as(int32),
            n_seq_id=counts.ctypes.data_as(int32),
            seq_id=cells.ctypes.data_as(ctypes.POINTER(int32)),
            logits=wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )
        self._counting = np.arange(size, dtype=np.int32)
        self._logits_at = 0
        self._logits = np.empty((0, 0), np.float32)

    def fill(self, row: int, tokens: Sequence[int], *, position: int, sequence: int) -> None:
        """Put `tokens` into the batch from `row` on, as those of one sequence from `position` on."""
        end = row + len(tokens)
        self._token[row:end] = tokens
        self._position[row:end] = self._counting[: len(tokens)] + position
        self._sequence[row:end] = sequence

    def evaluate(self, count: int) -> NDArray[np.float32]:
        """Run the first `count` tokens through the model; returns their logits, shape (count, vocabulary)."""
        self._batch.n_tokens = count
        self._model.evaluate(self._batch)
        pointer = self._api.llama_get_logits(self._model.llama_context)  # waits for a GPU to be done
        address = ctypes.addressof(pointer.contents)
        if address != self._logits_at:
            # Memory for all rows may not be there: only those that were evaluated are ever looked at.
            cells = (ctypes.c_float * (self.size * self._model.vocabulary)).from_address(address)
            self._logits = np.ctypeslib.as_array(cells).reshape(self.size, self._model.vocabulary)
            self._logits_at = address
        logits: NDArray[np.float32] = self._logits[:count]
        return logits


class Timed:
    """A context of its own for `requests` texts of `context` tokens, which one pass continues by up to `room` each."""

    def __init__(self, model: OpenModel, handle: object, context: int, requests: int, *, room: int) -> None:
        self.room = room
        self._context = context
        self._requests = requests
        api = model.api
        size = max(_SMALL_BATCH, requests * room)
        threads = int(api.llama_n_threads(model.llama_context))
        tokens = requests * (context + room)
        size_of = ContextSize(context=tokens, batch=size, threads=threads, sequences=requests)
        llama_context = make_context(model.library, handle, size_of)
        self._model = OpenModel(model.library, handle, llama_context, context=context + room, batch=size)
        self._rows = Rows(self._model, size)
        self._filled = False

    def pass_s(self, tokens: int) -> float:
        """Seconds of one pass of `tokens` for each text."""
        self._go_back()
        asked = filler(tokens, self._model.vocabulary)
        begin_s = time.monotonic()
        for request in range(self._requests):
            self._rows.fill(request * tokens, asked, position=self._context, sequence=request)
        self._rows.evaluate(tokens * self._requests).argmax(axis=1).tolist()
        return time.monotonic() - begin_s

    def _go_back(self) -> None:
        """All texts are at their first `context` tokens."""
        api, memory = self._model.api, self._model.memory
        if self._filled and all(
            api.llama_memory_seq_rm(memory, request, self._context, -1) for request in range(self._requests)
        ):
            return
        api.llama_memory_clear(memory, True)
        text = filler(self._context, self._model.vocabulary)
        for request in range(self._requests):
            for first in range(0, self._context, self._rows.size):
                part = text[first : first + self._rows.size]
                self._rows.fill(0, part, position=first, sequence=request)
                self._rows.evaluate(len(part))
        self._filled = True

    def close(self) -> None:
        """Free the memory; the model stays."""
        self._model.api.llama_free(self._model.llama_context)
