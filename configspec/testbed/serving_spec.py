"""What is assumed of the verifier, for the testbed or for one family; applied after measuring.

Nothing has a default here: a family's says only what differs from the testbed's, and the testbed's from
`configspec.theory.serving.assumptions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from configspec.testbed.key_types import NotNegative
from configspec.testbed.spec import Spec
from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD, MOST_VERIFY_S, Bills, EnergyBoundary, Serving

_DEFAULT = Serving()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSpec(Spec):
    """What the verifier's tokens cost."""

    usd_per_million_tokens: Annotated[
        Annotated[float, Field(strict=True, ge=LEAST_USD, le=MOST_USD)] | None,
        Field(description=f"US dollars for a million tokens; default: {_DEFAULT.usd_per_million_tokens:.2f}"),
    ] = None
    bills: Annotated[
        Bills | None,
        Field(description=f"What a round is billed as: its K drafted tokens, or K + 1; default: `{_DEFAULT.bills}`"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSpec(Spec):
    """What is assumed of the verifier and its price; applied after measuring."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        **Spec.__pydantic_config__, json_schema_extra={"not": {"required": ["verify_s", "verify"]}}
    )

    verify_s: Annotated[
        Annotated[NotNegative, Field(le=MOST_VERIFY_S)] | None,
        Field(description=f"Seconds that the verifier and the link take per round; default: {_DEFAULT.verify_s}"),
    ] = None
    verify: Annotated[
        Literal["measured"] | None,
        Field(description="Instead of `verify_s`: what the target of each family took on the host that measured"),
    ] = None
    energy: Annotated[
        EnergyBoundary | None,
        Field(
            description="What the device's energy is counted in: its drafting, as in the paper, or its waiting for the "
            f"verifier too; default: `{_DEFAULT.energy_boundary}`"
        ),
    ] = None
    price: Annotated[PriceSpec, Field(description="What the verifier's tokens cost")] = field(default_factory=PriceSpec)

    @model_validator(mode="after")
    def _one_latency(self) -> ServingSpec:
        if self.verify is not None and self.verify_s is not None:
            raise ValueError("has both `verify_s` and `verify: measured`. Keep one of them.")
        return self

    def over(self, otherwise: Serving) -> Serving:
        """The assumptions: these where they say something, else `otherwise`."""
        price = self.price.usd_per_million_tokens
        return Serving(
            verify_s=otherwise.verify_s if self.verify_s is None else self.verify_s,
            verify=self.verify or ("declared" if self.verify_s is not None else otherwise.verify),
            usd_per_million_tokens=otherwise.usd_per_million_tokens if price is None else price,
            bills=self.price.bills or otherwise.bills,
            energy_boundary=self.energy or otherwise.energy_boundary,
        )
