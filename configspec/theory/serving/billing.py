"""What the verifier bills for the tokens of a round: one class each. A new one is a class and a line in `BILLING`.

    K       tokens drafted a round
    c       tokens of context before a round's own, in the mean over rounds (`context_tokens`)
    p       price of a token, of an output token where input has a price of its own (`usd_per_million_tokens` / 1e6)
    p_in    price of an input token;    p_cached    of one that the verifier still holds from the round before

Prices of input, output and cached input stand apart in the lists of the APIs that are sold by the token (OpenRouter's
models have `prompt`, `completion` and `input_cache_read`: https://openrouter.ai/docs/api-reference/list-available-models).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, final

from configspec.theory.figures import Number

if TYPE_CHECKING:
    from configspec.theory.serving.assumptions import Serving

Bills = Literal["drafted", "drafted+1", "input+output", "input+output+context", "input+output+cached", "nothing"]
OF_ONE_PRICE: tuple[Bills, ...] = ("drafted", "drafted+1")  # those that need no other figure, as in a profile file


class Billing(Protocol):
    """What the tokens of a round cost."""

    @property
    def name(self) -> Bills:
        """As `devices.yaml` and `--bills` have it."""

    @property
    def words(self) -> str:
        """As a report says it, before `tokens billed per round`."""

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """Dollars for a million rounds of `k`; of an array of K, for each."""

    def missing(self, serving: Serving) -> str | None:
        """Which figure the assumptions lack for it; None where they have all."""


@final
class Drafted:
    """The drafted tokens, K p, as in the paper (arXiv 2604.09722, section 3.2: "approximately K tokens")."""

    name: Bills = "drafted"
    words = "K"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """K p."""
        return k * serving.usd_per_million_tokens

    def missing(self, serving: Serving) -> None:
        """Nothing."""


@final
class DraftedAndBonus:
    """Every position that the target evaluates, (K + 1) p: the drafted tokens, and the one it adds itself."""

    name: Bills = "drafted+1"
    words = "K + 1"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """(K + 1) p."""
        return (k + 1) * serving.usd_per_million_tokens

    def missing(self, serving: Serving) -> None:
        """Nothing."""


@final
class InputOutput:
    """K p_in + p: the drafted tokens are input that is only read, and the target's own token is output.

    The context costs nothing: the verifier holds it from round to round, and bills it once, with the prompt.
    """

    name: Bills = "input+output"
    words = "K input + 1 output"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """K p_in + p."""
        return k * (serving.prices.usd_per_million_input_tokens or 0.0) + serving.usd_per_million_tokens

    def missing(self, serving: Serving) -> str | None:
        """The price of input."""
        return None if serving.prices.usd_per_million_input_tokens is not None else "usd_per_million_input_tokens"


@final
class ContextAgain:
    """(c + K) p_in + p: each round is a request of its own, and the API bills its whole prefix again.

    That is what a stateless completions API does without caching: a request's `prompt_tokens` are all that it holds.
    """

    name: Bills = "input+output+context"
    words = "context + K input + 1 output"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """(c + K) p_in + p."""
        input_usd = serving.prices.usd_per_million_input_tokens or 0.0
        return (serving.context_tokens + k) * input_usd + serving.usd_per_million_tokens

    def missing(self, serving: Serving) -> str | None:
        """The price of input, and the context."""
        return InputOutput().missing(serving) or _no_context(serving)


@final
class ContextCached:
    """c p_cached + K p_in + p: the prefix of each request is one that the API holds, and bills at the cached price.

    The token that the round before added is taken for cached too. Billing in full blocks of 64 or 128 tokens, which
    some APIs have, is left out.
    """

    name: Bills = "input+output+cached"
    words = "cached context + K input + 1 output"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """C p_cached + K p_in + p."""
        cached_usd = serving.context_tokens * (serving.prices.usd_per_million_cached_tokens or 0.0)
        return cached_usd + InputOutput().usd_per_million_rounds(k, serving)

    def missing(self, serving: Serving) -> str | None:
        """The prices of input and of cached input, and the context."""
        if serving.prices.usd_per_million_cached_tokens is None:
            return InputOutput().missing(serving) or "usd_per_million_cached_tokens"
        return InputOutput().missing(serving) or _no_context(serving)


@final
class Nothing:
    """No tokens: the verifier is one's own, and is paid by the hour or not at all."""

    name: Bills = "nothing"
    words = "no"

    def usd_per_million_rounds(self, k: Number, serving: Serving) -> Number:
        """0."""
        return 0.0 * k

    def missing(self, serving: Serving) -> None:
        """Nothing."""


def _no_context(serving: Serving) -> str | None:
    return None if serving.context_tokens > 0 else "context_tokens"


BILLING: tuple[Billing, ...] = (
    Drafted(),
    DraftedAndBonus(),
    InputOutput(),
    ContextAgain(),
    ContextCached(),
    Nothing(),
)


def billing(name: Bills) -> Billing:
    """The law of that name."""
    return next(one for one in BILLING if one.name == name)
