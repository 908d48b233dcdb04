"""The request that is served: how long its prompt is, how much is generated after it, and who evaluates the prompt.

    P      prompt_tokens     tokens of the prompt
    N      new_tokens        tokens generated after it
    v_d'   (measured)        tokens/s with which the device evaluates a prompt
    v_t'   target_prompt_tokens_per_s

The device and the target are two machines, and the prompt is at both when the request begins: they evaluate it beside
each other, and the first round begins when the slower of them is ready, after max(P / v_d', P / v_t') seconds.

The defaults of P and N are those of llama-bench, pp512 and tg128:
https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench/README.md
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.theory.figures import Number

MOST_TOKENS = 10_000_000  # of a context; the longest of a published model are of this order
LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S = 1e-9, 1e16


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRequest:
    """What is asked for. `target_prompt_tokens_per_s` None: nobody knows; it is taken to be no slower than the device.

    That holds for a target in a data centre and a draft on a board, and is said where a time of a request is shown.
    """

    prompt_tokens: int = 512
    new_tokens: int = 128
    target_prompt_tokens_per_s: float | None = None

    @property
    def target_prompt_s(self) -> float:
        """Seconds in which the target evaluates the prompt; 0 where nobody knows."""
        speed = self.target_prompt_tokens_per_s
        return 0.0 if speed is None else self.prompt_tokens / speed

    def prompt_s(self, device_tokens_per_s: Number) -> Number:
        """Seconds until device and target have both evaluated the prompt."""
        device_s, target_s = self.prompt_tokens / device_tokens_per_s, self.target_prompt_s
        later: Number = device_s * (device_s >= target_s) + target_s * (target_s > device_s)
        return later

    def __str__(self) -> str:
        """As a message says it: `512 prompt and 128 new tokens`; with the target's speed, where that is known."""
        speed = self.target_prompt_tokens_per_s
        target = "" if speed is None else f", the target's prompt at {speed:g} tokens/s"
        return f"{self.prompt_tokens} prompt and {self.new_tokens} new tokens{target}"
