"""Going back where llama.cpp cannot cut: copies of the memory of a recurrent or hybrid model, and their return.

A recurrent state holds the whole text at once, so its last tokens cannot be taken out of it. llama.cpp's own
speculative programs copy that part before they draft, and write it back after a rejection
(https://github.com/ggml-org/llama.cpp/blob/master/examples/speculative-simple/speculative-simple.cpp). So does this.
The attention layers of a hybrid model can be cut, and are not copied; an older llama.cpp knows no part, and copies all.
"""

from __future__ import annotations

import ctypes

from ..protocol import board_error
from .library import Handle
from .model import SEQUENCE, OpenModel

FLAGS = 1  # LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY: only what cannot be cut
START, ROUND = 0, 1  # what is kept: before the first round, and within the last one


class Checkpoints:
    """Two copies of the memory of an open model's sequence, each at a length in tokens."""

    def __init__(self, model: OpenModel) -> None:
        self._model = model
        self._lengths = [0, 0]  # in tokens; 0: nothing is kept there
        self._sizes = [0, 0]  # in bytes
        self._copies: list[Handle] = [(ctypes.c_uint8 * 0)(), (ctypes.c_uint8 * 0)()]
        api = model.api
        in_part = hasattr(api, "llama_state_seq_set_data_ext")
        self._flags = (FLAGS,) if in_part else ()
        self._size = api.llama_state_seq_get_size_ext if in_part else api.llama_state_seq_get_size
        self._get = api.llama_state_seq_get_data_ext if in_part else api.llama_state_seq_get_data
        self._set = api.llama_state_seq_set_data_ext if in_part else api.llama_state_seq_set_data

    def forget(self) -> None:
        """Keep none: the memory is of another sequence now."""
        self._lengths = [0, 0]

    def size_bytes(self) -> int:
        """How large the larger copy is."""
        return max(self._sizes)

    def save(self, place: int, length: int) -> None:
        """Copy the memory, which holds `length` tokens."""
        llama_context = self._model.llama_context
        self._lengths[place] = 0  # until it is whole
        size = int(self._size(llama_context, SEQUENCE, *self._flags))
        if size > len(self._copies[place]):
            self._copies[place] = (ctypes.c_uint8 * size)()
        saved = self._get(llama_context, self._copies[place], size, SEQUENCE, *self._flags)
        if not 0 < saved <= size:
            raise board_error("llama.cpp could not copy the model's memory", found=self._model.library.complaints())
        self._lengths[place], self._sizes[place] = length, int(saved)

    def restore(self, length: int) -> int:
        """Go back to `length` tokens, or to the longest copy below; how many tokens the memory holds then."""
        places = [place for place in (START, ROUND) if 0 < self._lengths[place] <= length]
        if not places:
            self._model.forget_all()
            return 0
        place = max(places, key=self._lengths.__getitem__)
        for other in (START, ROUND):
            if self._lengths[other] > length:  # of tokens that are gone
                self._lengths[other] = 0
        kept, size = self._lengths[place], self._sizes[place]
        read = self._set(self._model.llama_context, self._copies[place], size, SEQUENCE, *self._flags)
        if read != size or not self._model.forget_after(kept):
            raise board_error("llama.cpp could not go back to a copy", found=self._model.library.complaints())
        return kept
