"""A target behind a real server: llama-cpp-python's own, which speaks text only, on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.targets.server.server_target import NO_TOKEN, ServerTarget
from configspec.targets.target import Target
from configspec.testbed.family_spec import ServerSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real

PROMPT_TEXT = "import os\n\n\nclass Reader:\n    def __init__(self, path):\n        self.path = path\n\n"
GREEDY = Decoding()
NEW = 24


def test_it_writes_what_the_file_itself_writes(server_target: Target, llama_target: Target) -> None:
    """The trace through the server is llama.cpp's own of the same file, gaps and log-probabilities included."""
    prompt = server_target.tokenize(PROMPT_TEXT)
    assert prompt == llama_target.tokenize(PROMPT_TEXT)
    served, own = (one.continue_text(prompt, NEW, GREEDY, seed=0) for one in (server_target, llama_target))
    assert served.tokens == own.tokens
    assert served.gaps == pytest.approx(own.gaps, abs=5e-2)  # its batches are others, its cache is in float16


def test_it_judges_as_the_file_itself_does(server_target: Target, llama_target: Target) -> None:
    """Speculative decoding that errs at every third token gives the target's own greedy text."""
    prompt = server_target.tokenize(PROMPT_TEXT)
    own = llama_target.continue_text(prompt, NEW, GREEDY, seed=0).tokens
    wrong = server_target.tokenize(" self")[-1]
    text = list(prompt)
    server_target.prefill(text[:-1])
    while len(text) < len(prompt) + NEW - 4:
        at = len(text) - len(prompt)
        drafted = [own[at], own[at + 1], wrong, own[at + 3]]
        verdicts = server_target.verify([text[-1], *drafted])
        good = next((n for n, token in enumerate(drafted) if token != verdicts[n]), len(drafted))
        assert good >= 2
        text += [*drafted[:good], verdicts[good]]
        server_target.keep(len(text) - 1)
    assert tuple(text[len(prompt) :]) == own[: len(text) - len(prompt)]


def test_its_own_tokenizer_does(server_url: str, server_target: Target) -> None:
    """Without a folder the server itself is asked, and makes the same tokens; what ends a text it does not say."""
    target = ServerTarget(ServerSpec(url=server_url, model="tiny"))
    assert target.tokenize(PROMPT_TEXT) == server_target.tokenize(PROMPT_TEXT)
    prompt = target.tokenize(PROMPT_TEXT)
    written = [one.continue_text(prompt, 8, GREEDY, seed=0).tokens for one in (target, server_target)]
    assert written[0] == written[1]
    assert [sorted(one.end_tokens) for one in (target, server_target)] == [[], [1]]
    target.close()


def test_tokens_that_their_text_does_not_give_are_refused(server_target: Target) -> None:
    """One letter after another, where the vocabulary has the word: the place of the difference is named."""
    prompt = server_target.tokenize(PROMPT_TEXT)
    letters = [server_target.tokenize(letter)[-1] for letter in "import"]
    with pytest.raises(UsageError, match=f"does not tokenise back: its tokens differ from {len(prompt)} of"):
        server_target.continue_text([*prompt, *letters], 4, GREEDY, seed=0)


def test_a_draft_that_goes_with_no_text_is_a_disagreement(server_target: Target, llama_target: Target) -> None:
    """A draft whose text tokenises otherwise is judged up to there; beyond the disagreement nothing is told."""
    prompt = server_target.tokenize(PROMPT_TEXT)
    own = llama_target.continue_text(prompt, 3, GREEDY, seed=0).tokens
    letters = [server_target.tokenize(letter)[-1] for letter in "import"]
    server_target.prefill(prompt[:-1])
    verdicts = server_target.verify([prompt[-1], own[0], *letters])
    assert (verdicts[0], verdicts[1], verdicts[-1]) == (own[0], own[1], NO_TOKEN)


def test_a_sampled_text_at_temperature_1_is_its_seeds(server_target: Target) -> None:
    """It samples what it is told to sample, and says how likely each token was; at another temperature it cannot."""
    prompt = server_target.tokenize(PROMPT_TEXT)
    once, again, other = (
        server_target.continue_text(prompt, 8, Decoding(temperature=1.0), seed=seed) for seed in (3, 3, 4)
    )
    assert once == again
    assert once.tokens != other.tokens
    assert max(once.logprobs) < 0
    with pytest.raises(UsageError, match="before temperature"):
        server_target.continue_text(prompt, 8, Decoding(temperature=0.7), seed=3)


def test_a_pass_takes_time(server_target: Target) -> None:
    """One request, and three sent together."""
    assert server_target.pass_s(context=16, tokens=5, requests=1) > 0
    assert server_target.pass_s(context=16, tokens=5, requests=3) > 0


def test_a_server_without_log_probabilities_says_so(serve: Callable[..., str], target_folder: Path) -> None:
    """Started without logits_all it completes, and can be opened; tracing quotes what it answers."""
    target = ServerTarget(ServerSpec(url=serve(logits_all="false"), model="tiny", tokenizer=target_folder))
    with pytest.raises(UsageError, match=r"cannot be traced.*logits_all=False"):
        target.continue_text(target.tokenize(PROMPT_TEXT), 4, GREEDY, seed=0)
    target.close()
