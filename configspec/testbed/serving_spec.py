"""What is assumed of the verifier, for the testbed or for one family; applied after measuring.

Nothing has a default here: a family's says only what differs from the testbed's, and the testbed's from
`configspec.theory.serving.assumptions`. Each law and its source are in `configspec.theory.serving`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from configspec.testbed.key_types import MAX_TOKENS, CountOrNone, Megabits, Milliseconds, NotNegative
from configspec.testbed.request_spec import RequestSpec
from configspec.testbed.spec import Spec
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import (
    LEAST_GPUS,
    LEAST_USD,
    LEAST_VERIFY_S,
    MOST_BATCH,
    MOST_CONTEXT,
    MOST_GPUS,
    MOST_OVERHEAD_BYTES,
    MOST_SAMPLES,
    MOST_USD,
    MOST_VERIFY_S,
    EnergyBoundary,
    Serving,
)
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.jitter import JitterName
from configspec.theory.serving.payload import PayloadName
from configspec.theory.serving.request import LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S
from configspec.theory.serving.verification import LinearSeconds

_DEFAULT = Serving()
Usd: TypeAlias = Annotated[float, Field(strict=True, ge=LEAST_USD, le=MOST_USD)]
Part: TypeAlias = Annotated[NotNegative, Field(le=MOST_VERIFY_S)]  # of a time
VerifySeconds: TypeAlias = Annotated[float, Field(strict=True, ge=LEAST_VERIFY_S, le=MOST_VERIFY_S)]
VerifySamples: TypeAlias = Annotated[
    tuple[Annotated[VerifySeconds, Field(title="second")], ...], Field(min_length=1, max_length=MOST_SAMPLES)
]
ONE_OF = ("verify_s", "verify", "verify_samples_s", "verify_linear")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSpec(Spec):
    """What serving costs: the sum of all that has a price."""

    usd_per_million_tokens: Annotated[
        Usd | None,
        Field(
            description="US dollars for a million tokens, of output if input has its own price; "
            f"default: {_DEFAULT.usd_per_million_tokens:.2f}"
        ),
    ] = None
    bills: Annotated[
        Bills | None,
        Field(
            description="Which tokens of a round are billed: its K drafted ones; K + 1; K as input and one as output; "
            f"the context again, or at the cached price, with these; nothing. Default: `{_DEFAULT.bills}`"
        ),
    ] = None
    usd_per_million_input_tokens: Annotated[Usd | None, Field(description="US dollars for a million input tokens")] = (
        None
    )
    usd_per_million_cached_tokens: Annotated[
        Usd | None, Field(description="US dollars for a million input tokens that the verifier still holds")
    ] = None
    usd_per_gpu_hour: Annotated[
        Usd | None, Field(description="US dollars for an hour of one GPU of the verifier, paid while it verifies")
    ] = None
    gpus: Annotated[
        Annotated[float, Field(strict=True, ge=LEAST_GPUS, le=MOST_GPUS)] | None,
        Field(description="How many GPUs verify together; default: 1"),
    ] = None
    usd_per_gb_up: Annotated[Usd | None, Field(description="US dollars for 10^9 bytes from the device")] = None
    usd_per_gb_down: Annotated[Usd | None, Field(description="US dollars for 10^9 bytes to the device")] = None
    usd_per_kwh: Annotated[Usd | None, Field(description="US dollars for a kWh at the device")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedLinkSpec(Spec):
    """The connection between device and verifier as it is assumed; `devices` have an emulated one of their own."""

    rtt_s: Annotated[
        Milliseconds | None,
        Field(validation_alias="rtt_ms", description="Milliseconds to the verifier and back, on top of verification"),
    ] = None
    jitter_s: Annotated[
        Milliseconds | None,
        Field(validation_alias="jitter_ms", description="Milliseconds by which a round trip varies"),
    ] = None
    jitter: Annotated[
        JitterName | None,
        Field(
            description="How it varies: normally distributed in both directions, or only later, by `jitter_ms` on"
            " average. Default: `two-sided`"
        ),
    ] = None
    up_bits_per_s: Annotated[
        Megabits | None,
        Field(validation_alias="mbps_up", description="Megabits per second from the device; default: no limit"),
    ] = None
    down_bits_per_s: Annotated[
        Megabits | None,
        Field(validation_alias="mbps_down", description="Megabits per second to the device; default: no limit"),
    ] = None
    payload: Annotated[
        PayloadName | None,
        Field(
            description="What is sent for each drafted token: its id; also a probability; the draft's whole "
            "distribution. Default: `ids`"
        ),
    ] = None
    vocabulary: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=MAX_TOKENS)] | None,
        Field(description="Entries of a distribution, if distributions are sent"),
    ] = None
    overhead_bytes: Annotated[
        Annotated[CountOrNone, Field(le=MOST_OVERHEAD_BYTES)] | None,
        Field(description="Bytes of framing of each message, such as headers; default: 0"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSpec(Spec):
    """Seconds of verification, linear in batch, K and context."""

    base_s: Annotated[Part, Field(description="Fixed seconds of a pass")]
    s_per_token: Annotated[
        Part, Field(description="More seconds for each token in the pass: `batch` times K + 1 of them")
    ] = 0.0
    s_per_context_token: Annotated[
        Part, Field(description="More seconds for each token of context: `batch` times `context_tokens` of them")
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSpec(Spec):
    """What is assumed of the verifier, the link to it and its price; applied after measuring."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        **Spec.__pydantic_config__,
        json_schema_extra={
            "not": {
                "anyOf": [
                    {"required": [one, other]} for place, one in enumerate(ONE_OF) for other in ONE_OF[place + 1 :]
                ]
            }
        },
    )

    verify_s: Annotated[
        VerifySeconds | None,
        Field(
            description="Seconds that the verifier takes per round, including the link if there is no `link`; "
            f"default: {_DEFAULT.verify_s}"
        ),
    ] = None
    verify: Annotated[
        Literal["measured"] | None,
        Field(description="Instead of `verify_s`: the time that each family's target took on the measuring host"),
    ] = None
    verify_samples_s: Annotated[
        VerifySamples | None,
        Field(description="Instead of `verify_s`: seconds of rounds from your own log; the mean counts"),
    ] = None
    verify_linear: Annotated[
        LinearSpec | None,
        Field(description="Instead of `verify_s`: seconds that are linear in batch, K and context"),
    ] = None
    batch: Annotated[
        Annotated[float, Field(strict=True, ge=1, le=MOST_BATCH)] | None,
        Field(description="Mean rounds that the verifier takes in one pass; default: 1"),
    ] = None
    context_tokens: Annotated[
        Annotated[NotNegative, Field(le=MOST_CONTEXT)] | None,
        Field(description="Mean tokens of context before a round's own; default: 0"),
    ] = None
    target_tokens_per_s: Annotated[
        Annotated[float, Field(strict=True, ge=LEAST_TOKENS_PER_S, le=MOST_TOKENS_PER_S)] | None,
        Field(
            description="Tokens per second that the target streams without a draft; default: from its timed "
            "passes with `verify: measured`, otherwise not known"
        ),
    ] = None
    link: Annotated[AssumedLinkSpec, Field(description="The link to the verifier, on top of verification")] = field(
        default_factory=AssumedLinkSpec
    )
    energy: Annotated[
        EnergyBoundary | None,
        Field(
            description="What the device's energy covers: drafting, as in the paper, or also waiting for the verifier; "
            f"default: `{_DEFAULT.energy_boundary}`"
        ),
    ] = None
    price: Annotated[PriceSpec, Field(description="What serving costs")] = field(default_factory=PriceSpec)
    request: Annotated[RequestSpec, Field(description="The request whose time is computed")] = field(
        default_factory=RequestSpec
    )

    @model_validator(mode="after")
    def _one_latency(self) -> ServingSpec:
        given = [name for name in ONE_OF if getattr(self, name) is not None]
        if len(given) > 1:
            first, second = (f"`{name}: measured`" if name == "verify" else f"`{name}`" for name in given[:2])
            raise ValueError(f"has both {first} and {second}. Keep one of them.")
        return self

    def over(self, otherwise: Serving) -> Serving:
        """The assumptions: these where they say something, else `otherwise`."""
        link, price, linear, request = self.link, self.price, self.verify_linear, self.request
        return Assumed(
            verify_s=self.verify_s,
            verify=self.verify,
            verify_samples_s=self.verify_samples_s,
            verify_linear=None
            if linear is None
            else LinearSeconds(
                base_s=linear.base_s, s_per_token=linear.s_per_token, s_per_context_token=linear.s_per_context_token
            ),
            batch=self.batch,
            context_tokens=self.context_tokens,
            target_tokens_per_s=self.target_tokens_per_s,
            energy_boundary=self.energy,
            usd_per_million_tokens=price.usd_per_million_tokens,
            bills=price.bills,
            rtt_s=link.rtt_s,
            jitter_s=link.jitter_s,
            jitter=link.jitter,
            up_bits_per_s=link.up_bits_per_s,
            down_bits_per_s=link.down_bits_per_s,
            payload=link.payload,
            vocabulary=link.vocabulary,
            overhead_bytes=link.overhead_bytes,
            usd_per_million_input_tokens=price.usd_per_million_input_tokens,
            usd_per_million_cached_tokens=price.usd_per_million_cached_tokens,
            usd_per_gpu_hour=price.usd_per_gpu_hour,
            gpus=price.gpus,
            usd_per_gb_up=price.usd_per_gb_up,
            usd_per_gb_down=price.usd_per_gb_down,
            usd_per_kwh=price.usd_per_kwh,
            prompt_tokens=request.prompt_tokens,
            new_tokens=request.new_tokens,
            target_prompt_tokens_per_s=request.target_prompt_tokens_per_s,
        ).over(otherwise)
