"""Drafting with a time stamp for each token, greedy (the loop that is measured) or sampled.

An end-of-text token is drafted like any other, so that every round of K has K tokens.
"""

from __future__ import annotations

import ctypes
import random
import time
from collections.abc import Sequence as SequenceOf

from ..llama.library import Handle
from ..llama.model import OpenModel
from ..llama.sampler import Drawable, Sampling, as_json
from ..protocol import AgentError, Deadline, JsonObject, board_error, usage_error
from ..requests.model import Draft, Prefills, Returns, Rounds, Window
from .going_back import time_returns
from .prefills import time_prefills
from .sequence import Sequence

MOST_ROUNDS = 100_000  # of a window, whose stamps have to fit into one answer


class Drafter:
    """One sequence in one open model."""

    def __init__(self, model: OpenModel, deadline: Deadline) -> None:
        self._model = model
        self._deadline = deadline
        self._sequence = Sequence(model, deadline)
        # One batch of one token for all of drafting: without positions, llama.cpp continues the sequence itself.
        self._cell = (ctypes.c_int32 * 1)()
        self._one = model.api.llama_batch_get_one(self._cell, 1)
        self._pending: Handle = None
        self._random = random.Random()
        self._distributions: list[Drawable] = []  # that the last draft was drawn from

    def clear(self) -> None:
        """Forget the sequence."""
        self._sequence.clear()
        self._distributions = []

    def prefill(self, tokens: list[int]) -> JsonObject:
        """Start a new sequence, and evaluate all of it but the last token."""
        if not tokens:
            raise usage_error("a prompt needs at least one token", found="none")
        self._sequence.check_room(len(tokens), "the prompt")
        self._model.check_tokens(tokens)
        self.clear()
        begin_s = time.monotonic()
        self._sequence.begin(tokens)
        elapsed_s = time.monotonic() - begin_s
        self._sequence.settle()
        return {"length": len(tokens), "elapsed_s": elapsed_s}

    def prefills(self, asked: Prefills) -> JsonObject:
        """Time evaluating the sequence from nothing; it is the same afterwards."""
        self._distributions = []
        return time_prefills(self._sequence, asked, self._deadline)

    def rollback(self, keep: int) -> JsonObject:
        """Keep the first `keep` tokens of the sequence."""
        self._edit(keep, ())
        return {"length": len(self._sequence.tokens)}

    def draft(self, asked: Draft, sampling: Sampling | None = None) -> JsonObject:
        """Edit the sequence as the verifier decided, then draft K tokens after it: greedily where `sampling` is None.

        With a seed, the random numbers restart.
        """
        k, append, sequence = asked.k, asked.append, self._sequence
        kept = len(sequence.tokens) if asked.keep is None else asked.keep
        sequence.check_room(kept + len(append) + k, f"{kept + len(append)} tokens and K = {k}")
        sequence.begin_round()
        self._edit(kept, append)
        pending = len(sequence.tokens) - sequence.evaluated
        if sampling is None:
            tokens, stamps_s = self._draft(k)
            found: JsonObject = {"tokens": tokens, "stamps_s": stamps_s, "length": len(sequence.tokens)}
        else:
            if asked.seed is not None:
                self._random.seed(asked.seed)
            tokens, stamps_s, probabilities = self._draw(k, sampling)
            found = {
                "tokens": tokens,
                "stamps_s": stamps_s,
                "length": len(sequence.tokens),
                "probabilities": probabilities,
            }
        if sequence.checkpoints is not None:
            found["going_back"] = {
                "restore_s": sequence.restore_s,
                "save_s": sequence.save_s,
                "pending": pending,
            }
        return found

    def distribution(self, index: int) -> JsonObject:
        """What token `index` of the last draft was drawn from."""
        if index >= len(self._distributions):
            raise usage_error(
                f"there is no distribution of drafted token {index}",
                found=f"{len(self._distributions)} tokens were sampled since the sequence was last changed",
                hint="Draft with a temperature, and ask before the next draft.",
            )
        return {"vocabulary": self._model.vocabulary, **as_json(self._distributions[index])}

    def rounds(self, asked: Rounds) -> JsonObject:
        """Draft K tokens again and again from the same sequence; going back to it is not timed.

        Warm-up rounds are bounded by `seconds` as the others are; of each kind that was asked for, one is run.
        """
        k, seconds = asked.k, asked.seconds
        depth = len(self._sequence.tokens)
        self._sequence.check_room(depth + k, f"{depth} tokens and K = {k}")
        self._sequence.settle()
        warmed = self._repeat("warming up", k, asked.warmup, seconds)
        timed = self._repeat("timing rounds", k, asked.rounds, seconds)
        first = timed[0][0]
        return {
            "k": k,
            "tokens": first,
            "rounds_that_differ": sum(tokens != first for tokens, _ in timed),
            "stamps_s": [stamps_s for _, stamps_s in timed],
            "depth": depth,
            "warmup": len(warmed),
        }

    def window(self, asked: Window) -> JsonObject:
        """Draft K tokens again and again from the same sequence, without a pause, for as long as was asked.

        `stamps_s` has the beginning of each round and the end of the last; going back lies between two of them.
        """
        k, depth = asked.k, len(self._sequence.tokens)
        self._sequence.check_room(depth + k, f"{depth} tokens and K = {k}")
        self._sequence.settle()
        stamps_s = [time.monotonic()]
        end_s = stamps_s[0] + asked.seconds
        while len(stamps_s) < 2 or stamps_s[-1] < end_s:
            self._deadline.progress = "drafting for the meter", int(stamps_s[-1] - stamps_s[0]), int(asked.seconds)
            self._edit(depth, ())
            self._sequence.evaluate_up_to(depth - 1)
            self._draft(k)
            stamps_s.append(time.monotonic())
            if len(stamps_s) > MOST_ROUNDS:
                break
        self._edit(depth, ())
        return {"k": k, "depth": depth, "stamps_s": stamps_s}

    def returns(self, asked: Returns) -> JsonObject:
        """Time what going back costs; the sequence is the same afterwards."""
        self._distributions = []
        return time_returns(self._sequence, asked, self._deadline)

    def _repeat(self, doing: str, k: int, count: int, seconds: float) -> list[tuple[list[int], list[float]]]:
        depth = len(self._sequence.tokens)
        done: list[tuple[list[int], list[float]]] = []
        end_s = time.monotonic() + seconds
        while len(done) < count and (not done or time.monotonic() < end_s):
            self._deadline.progress = doing, len(done), count
            self._edit(depth, ())
            self._sequence.evaluate_up_to(depth - 1)
            done.append(self._draft(k))
        self._edit(depth, ())
        return done

    def _draft(self, k: int) -> tuple[list[int], list[float]]:
        """The measured loop: names are local and nothing is allocated, which a small model would notice.

        llama.cpp keeps the logits of every one-token batch at one address, so that is asked for once per round; that it
        still holds is checked at the end, since a wrong one would be wrong tokens.
        """
        model, deadline, cell, batch, sequence = self._model, self._deadline, self._cell, self._one, self._sequence
        decode, wait, llama_context = model.api.llama_decode, model.api.llama_synchronize, model.llama_context
        now_s = time.monotonic
        tokens = [0] * k
        stamps_s = [0.0] * (k + 1)
        stamps_s[0] = now_s()
        sequence.evaluate_up_to(len(sequence.tokens) - model.batch)
        model.evaluate(self._pending_batch())
        best = model.logits(-1).argmax
        tokens[0] = cell[0] = int(best())
        stamps_s[1] = now_s()
        if k > 1:
            sequence.save_round()  # nothing where the memory can be cut
        for index in range(1, k):
            status = decode(llama_context, batch)
            if status != 0:
                self.clear()
                raise model.decode_error(status)
            wait(llama_context)
            tokens[index] = cell[0] = int(best())
            stamps_s[index + 1] = stamp_s = now_s()
            if stamp_s > deadline.at_s:
                self.clear()
                raise board_error(f"the deadline passed after {index + 1} of {k} drafted tokens")
        if model.logits_have_moved():
            self.clear()
            raise board_error("llama.cpp moved its logits during a round", hint="Use another version of it.")
        sequence.tokens += tokens
        sequence.evaluated = len(sequence.tokens) - 1
        return tokens, stamps_s

    def _draw(self, k: int, sampling: Sampling) -> tuple[list[int], list[float], list[float]]:
        """The sampled loop: tokens, time stamps, and the probability of each token when it was drawn."""
        tokens: list[int] = []
        probabilities: list[float] = []
        stamps_s = [time.monotonic()]
        sequence = self._sequence
        sequence.evaluate_up_to(len(sequence.tokens) - self._model.batch)
        batch = self._pending_batch()
        try:
            while len(tokens) < k:
                self._deadline.check(f"drafting token {len(tokens) + 1} of {k}")
                self._model.evaluate(batch)
                distribution = sampling.distribution(self._model.logits(-1))
                token, probability = sampling.draw(distribution, self._random)
                stamps_s.append(time.monotonic())
                self._distributions.append(distribution)
                tokens.append(token)
                probabilities.append(probability)
                if len(tokens) == 1 < k:
                    sequence.save_round()
                self._cell[0] = token
                batch = self._one
        except AgentError:
            self.clear()
            raise
        sequence.tokens += tokens
        sequence.evaluated = len(sequence.tokens) - 1
        return tokens, stamps_s, probabilities

    def _pending_batch(self) -> Handle:
        pending = self._sequence.tokens[self._sequence.evaluated :]
        if len(pending) == 1:
            self._cell[0] = pending[0]
            return self._one
        self._pending = (ctypes.c_int32 * len(pending))(*pending)  # kept: the batch holds no more than its address
        return self._model.api.llama_batch_get_one(self._pending, len(pending))

    def _edit(self, keep: int, append: SequenceOf[int]) -> None:
        self._sequence.edit(keep, append)
        self._distributions = []
