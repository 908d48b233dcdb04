"""A target model run by transformers: greedy continuation, and verification with the key-value cache kept.

The one module that imports torch and transformers; both only when a target is loaded, which takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.inventory.specs import TargetSpec

EXTRA = "pip install 'configspec[transformers]'"


def runtime_version() -> str:
    """What computes the target's arithmetic, as `torch 2.13.0, transformers 5.23.0`; imports neither.

    Raises:
        UsageError: One of the two is not installed.
    """
    versions = []
    for package in ("torch", "transformers"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            raise UsageError(f"A transformers target needs {package}, which is not installed: {EXTRA}") from None
    return ", ".join(versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What the target wrote after one prompt: token ids, and at each the gap between its best two logits."""

    tokens: tuple[int, ...]
    gaps: tuple[float, ...]


class TransformersTarget:
    """One causal language model, loaded once. Call `prefill`, then `verify` and `keep` round by round."""

    def __init__(self, spec: TargetSpec) -> None:
        """Load the model of `spec`.

        Raises:
            UsageError: torch or transformers is missing, or the folder holds no causal language model.
        """
        runtime_version()
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        import torch
        import transformers
        from safetensors import SafetensorError

        transformers.logging.disable_progress_bar()
        self._torch = torch
        self.folder = Path(spec.transformers)
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(
                self.folder, dtype=getattr(torch, spec.dtype), local_files_only=True
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as problem:
            first_line = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise UsageError(
                f"{self.folder}: transformers cannot load it as a causal language model: {first_line} "
                "The folder needs config.json, the weights and the tokenizer's files."
            ) from problem
        self._model.eval()
        self.context = int(getattr(self._model.config, "max_position_embeddings", 0)) or None
        self._cache: Any = None
        self._last_logits: Any = None

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a prompt: begin-of-text where the tokenizer has one, then the text; no chat template."""
        begin = self._tokenizer.bos_token_id
        ids = self._tokenizer.encode(text, add_special_tokens=False)
        return (() if begin is None else (int(begin),)) + tuple(int(i) for i in ids)

    @property
    def end_tokens(self) -> frozenset[int]:
        """The ids that end a text."""
        declared = self._model.generation_config.eos_token_id
        if declared is None:
            declared = self._tokenizer.eos_token_id
        if declared is None:
            return frozenset()
        return frozenset(declared if isinstance(declared, list) else [declared])

    def continue_greedily(self, prompt: Sequence[int], new_tokens: int) -> Continuation:
        """The target's own greedy text: at most `new_tokens` ids; an end token counts and stops it."""
        chosen = self.prefill(prompt)
        tokens: list[int] = []
        gaps: list[float] = []
        ends = self.end_tokens
        while True:
            tokens.append(chosen)
            gaps.append(self.last_gap())
            if chosen in ends or len(tokens) == new_tokens:
                return Continuation(tokens=tuple(tokens), gaps=tuple(gaps))
            chosen = self.verify([chosen])[0]

    def prefill(self, prompt: Sequence[int]) -> int:
        """Start a new text; returns the arg-max after it."""
        self._cache = None
        return self._forward(prompt, wanted=1)[0]

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """Feed `tokens` in one pass; returns the arg-max after each of them, len(tokens) ids."""
        return self._forward(tokens, wanted=len(tokens))

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens of the text so far."""
        surplus = self._cache.get_seq_length() - length
        if surplus > 0:
            self._cache.crop(-surplus)  # transformers refuses a length to keep since 5.x; it takes what to remove

    def last_gap(self) -> float:
        """The gap between the best two logits after the last token fed."""
        best_two = self._torch.topk(self._last_logits, 2).values
        return float(best_two[0] - best_two[1])

    def _forward(self, tokens: Sequence[int], wanted: int) -> list[int]:
        with self._torch.inference_mode():
            out = self._model(
                input_ids=self._torch.tensor([list(tokens)]),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=wanted,
            )
        self._cache = out.past_key_values
        logits = out.logits[0].float()
        self._last_logits = logits[-1]
        return [int(i) for i in logits.argmax(dim=-1)]
