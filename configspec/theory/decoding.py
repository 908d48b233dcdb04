"""How tokens are chosen: greedily or by sampling, and by which rule a drafted token is accepted.

    p, q    the target's and the draft's distribution of the next token, after temperature, top-k and top-p

The three rules all leave the output distributed as the target's own (`acceptance/expected.py` has what each accepts):

    match-greedy-draft   the draft proposes its arg-max; accepted if the target's own token, greedy or sampled, is the
                         same (llama.cpp; the default of vLLM and TensorRT-LLM)
    match-sample         the draft samples from q; accepted if the target's own sample is the same
    rejection            the draft samples from q; accepted with probability min(1, p/q), else the target samples from
                         what q left of p (Leviathan et al., 2023, https://arxiv.org/abs/2211.17192; Chen et al., 2023)

Greedy decoding is temperature 0; all three rules are the same then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

AcceptanceRule = Literal["match-greedy-draft", "match-sample", "rejection"]
RULES: tuple[AcceptanceRule, ...] = get_args(AcceptanceRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How the target and the draft choose their tokens.

    `temperature` 0 is greedy. `top_k` 0 and `top_p` 1 leave the distribution whole. Temperature is applied first,
    then top-k, then top-p, as transformers and vLLM do. `seed` makes sampled texts repeatable.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    rule: AcceptanceRule = "match-greedy-draft"
    seed: int = 0

    @property
    def greedy(self) -> bool:
        """Whether decoding involves no chance."""
        return self.temperature == 0

    def words(self) -> str:
        """As a report says it: `greedy` or `temperature 0.8, top-k 20, top-p 0.95`, and the rule."""
        if self.greedy:
            return f"greedy, {self.rule}"
        cut = (f", top-k {self.top_k}" if self.top_k else "") + (f", top-p {self.top_p:g}" if self.top_p < 1 else "")
        return f"temperature {self.temperature:g}{cut}, {self.rule}"
