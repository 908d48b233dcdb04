"""transformers' assisted generation: greedy speculative decoding of one prompt in this process, both models by torch.

    K   num_assistant_tokens, with num_assistant_tokens_schedule "constant" (else it changes K as it goes) and
        assistant_confidence_threshold 0 (else it ends drafts that it doubts)

All three are read from the draft's generation_config (transformers, generation/candidate_generator.py). It tells no
counts, so the target's forward passes are counted, with how many tokens each was given: every round is one pass, over
the drafted tokens and the one before them; the first one is over the whole prompt as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What it wrote, in how many seconds, the prompt's included. By its rule accepted = tokens - rounds."""

    tokens: tuple[int, ...]
    seconds: float
    rounds: int
    drafted: int

    @property
    def accepted(self) -> int:
        """Each round gives one token of the target's own; an end token that was drafted counts as that."""
        return len(self.tokens) - self.rounds


def counts_of_passes(lengths: Sequence[int], prompt_length: int) -> tuple[int, int]:
    """(rounds, drafted) from how many tokens each pass of the target was given."""
    rounds = len(lengths)
    return rounds, sum(lengths) - rounds - (prompt_length - 1)


class Assisted:
    """A target and a draft, both folders of safetensors, loaded once; `threads` are torch's, the whole process's."""

    def __init__(self, target: Path, draft: Path, *, dtype: str, threads: int) -> None:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        import torch
        import transformers

        transformers.logging.disable_progress_bar()
        transformers.logging.set_verbosity_error()  # it warns of its own call of its own interface, each round
        torch.set_num_threads(threads)
        self._torch = torch
        load = transformers.AutoModelForCausalLM.from_pretrained
        number = dtype if dtype == "auto" else getattr(torch, dtype)
        options = {"dtype": number, "local_files_only": True, "trust_remote_code": False}
        self._target: Any = load(target, **options).eval()
        self._draft: Any = load(draft, **options).eval()
        self._lengths: list[int] = []
        self._target.register_forward_pre_hook(self._count, with_kwargs=True)

    def generate(self, prompt: Sequence[int], k: int, new_tokens: int) -> Generated:
        """At most `new_tokens` tokens after `prompt`, `k` drafted a round."""
        settings = self._draft.generation_config
        settings.num_assistant_tokens = k
        settings.num_assistant_tokens_schedule = "constant"
        settings.assistant_confidence_threshold = 0.0
        ids = self._torch.tensor([list(prompt)])
        self._lengths.clear()
        began_s = time.monotonic()
        written = self._target.generate(
            ids,
            attention_mask=self._torch.ones_like(ids),
            assistant_model=self._draft,
            do_sample=False,
            max_new_tokens=new_tokens,
            pad_token_id=0,  # never used by one text; it warns where none is given
        )
        seconds = time.monotonic() - began_s
        rounds, drafted = counts_of_passes(self._lengths, len(prompt))
        return Generated(
            tokens=tuple(written[0, len(prompt) :].tolist()), seconds=seconds, rounds=rounds, drafted=drafted
        )

    def _count(self, _module: Any, _arguments: Any, keywords: dict[str, Any]) -> None:
        self._lengths.append(int(keywords["input_ids"].shape[1]))
