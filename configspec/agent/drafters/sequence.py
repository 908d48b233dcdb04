"""The text that is drafted after, and how much of it the model has evaluated.

The model has evaluated all tokens but the last few, which are *pending*: at least one, since its evaluation gives the
next token.

Where the model's memory cannot be cut (a recurrent state), a round copies it behind its pending tokens, which are the
target's own and are never taken back. After a rejection the copy is written back, and the accepted tokens are pending
again, beside the target's. A round of one token evaluates no token of its own, so it needs no copy.
"""

from __future__ import annotations

import time
from collections.abc import Sequence as SequenceOf

from ..llama.checkpoints import ROUND, START, Checkpoints
from ..llama.model import OpenModel
from ..protocol import AgentError, Deadline, usage_error


class Sequence:
    """One sequence of tokens in one open model.

    `save_s` and `restore_s` are what copies of the memory have taken since `begin_round`.
    """

    def __init__(self, model: OpenModel, deadline: Deadline) -> None:
        self.model = model
        self.tokens: list[int] = []
        self.evaluated = 0  # how many of them are in the model's memory
        self.checkpoints = None if model.rolls_back else Checkpoints(model)
        self.save_s = self.restore_s = 0.0
        self._deadline = deadline

    def clear(self) -> None:
        """Forget the tokens."""
        self.begin_again()
        self.tokens = []

    def begin(self, tokens: SequenceOf[int]) -> None:
        """Take other tokens, and evaluate all but the last."""
        self.clear()
        self.tokens = list(tokens)
        self.evaluate_up_to(len(tokens) - 1)
        self.model.api.llama_synchronize(self.model.llama_context)

    def begin_again(self) -> None:
        """Have the model's memory hold none of the tokens, which are kept."""
        self.model.forget_all()
        self.evaluated = 0
        if self.checkpoints is not None:
            self.checkpoints.forget()

    def begin_round(self) -> None:
        """Count the seconds of copies from now on."""
        self.save_s = self.restore_s = 0.0

    def settle(self) -> None:
        """Evaluate all but the last token, and keep a copy of that, from which rounds may begin again and again."""
        self.evaluate_up_to(len(self.tokens) - 1)
        if self.evaluated:
            self._save(START, self.evaluated)

    def save_round(self) -> None:
        """Keep a copy: the model has evaluated the whole sequence, and nothing that was drafted after it."""
        self._save(ROUND, len(self.tokens))

    def edit(self, keep: int, append: SequenceOf[int]) -> None:
        """Cut the sequence and the model's memory to `keep` tokens, then add some, which are pending."""
        if not self.tokens:
            raise usage_error("there is no sequence yet", hint="Prefill one first.")
        if not 1 <= keep <= len(self.tokens):
            raise usage_error(f"cannot keep {keep} tokens", found=f"the sequence has {len(self.tokens)}")
        self.model.check_tokens(append)
        self.tokens = [*self.tokens[:keep], *append]
        evaluated = min(self.evaluated, keep, len(self.tokens) - 1)
        self.evaluated = evaluated if evaluated == self.evaluated else self._go_back(evaluated)

    def evaluate_up_to(self, length: int) -> None:
        """Evaluate the first `length` tokens of the sequence, a batch at a time."""
        while self.evaluated < length:
            part = self.tokens[self.evaluated : min(length, self.evaluated + self.model.batch)]
            try:
                self._deadline.check(f"evaluating {len(self.tokens)} tokens", self.evaluated, length)
                self.model.evaluate_tokens(part)
            except AgentError:
                self.clear()  # how much of the batch the memory holds is not known
                raise
            self.evaluated += len(part)

    def check_room(self, length: int, what: str) -> None:
        """Refuse what is longer than the context."""
        if length > self.model.context:
            raise usage_error(
                f"{what}: more than the context holds",
                found=f"{length} tokens, context {self.model.context}",
                hint="Open the model with more context, or ask for less.",
            )

    def _go_back(self, length: int) -> int:
        """Have the memory hold `length` tokens, or fewer where it cannot; how many it holds."""
        if self.checkpoints is None:
            return length if self.model.forget_after(length) else 0
        begin_s = time.monotonic()
        try:
            return self.checkpoints.restore(length)
        except AgentError:
            self.clear()
            raise
        finally:
            self.restore_s += time.monotonic() - begin_s

    def _save(self, place: int, length: int) -> None:
        if self.checkpoints is None:
            return
        begin_s = time.monotonic()
        try:
            self.checkpoints.save(place, length)
        except AgentError:
            self.clear()
            raise
        self.save_s += time.monotonic() - begin_s
