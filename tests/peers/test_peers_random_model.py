"""The random model has the shape that it claims."""

from __future__ import annotations

import math

from random_model import Shape, tensors, tokens


def test_the_default_shape_has_the_parameters_of_llama_3_2_1b() -> None:
    """1,235,814,400, as its model card says "1B (1.23B)"; the output is tied, so the embedding counts once."""
    assert sum(math.prod(dimensions) for _, dimensions in tensors(Shape())) == 1_235_814_400


def test_tokens_are_distinct_and_as_many_as_asked_for() -> None:
    """llama.cpp looks tokens up by their text."""
    named = tokens(128_256)
    assert len(named) == len(set(named)) == 128_256


def test_every_byte_has_a_token() -> None:
    """llama.cpp writes any text in bytes; space and newline are among the shifted ones of GPT-2's alphabet."""
    named = tokens(300)
    assert len(set(named[:256])) == 256
    assert {"a", "\u0120", "\u010a"} <= set(named[:256])
