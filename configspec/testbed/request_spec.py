"""The request whose time is computed: nothing has a default here, as in `serving_spec.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from configspec.testbed.spec import Spec
from configspec.theory.serving.request import LEAST_TOKENS_PER_S, MOST_TOKENS, MOST_TOKENS_PER_S, ServedRequest

_DEFAULT = ServedRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec(Spec):
    """The request of which a time is computed."""

    prompt_tokens: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=MOST_TOKENS)] | None,
        Field(description=f"Tokens of its prompt; default: {_DEFAULT.prompt_tokens}"),
    ] = None
    new_tokens: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=MOST_TOKENS)] | None,
        Field(description=f"Tokens that are generated after it; default: {_DEFAULT.new_tokens}"),
    ] = None
    target_prompt_tokens_per_s: Annotated[
        Annotated[float, Field(strict=True, ge=LEAST_TOKENS_PER_S, le=MOST_TOKENS_PER_S)] | None,
        Field(
            description="Tokens per second at which the target reads a prompt; default: not known, and no slower "
            "than the device"
        ),
    ] = None
