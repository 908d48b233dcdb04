"""The values that `devices.yaml` is made of: names, sizes, lengths, and what each may be.

A ValueError of a validator here holds a text that continues the name of the key: "is 'x', which ...".
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from configspec.errors import did_you_mean
from configspec.testbed import k_range, specs, written_sizes

# What can stand in a pytest id and name a file: `::`, brackets, spaces, `=` and a leading `-` or `.` cannot.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
HUB_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
URL_PATTERN = r"^https?://[^\s/@]+(/[^\s]*)?$"  # no user and password: it stands in results and errors
BOARD_FOLDER_PATTERN = r"^(/|~/|~$)"  # where a login shell happens to begin is no place for models
# ssh would take a leading - for an option, and puts user and host into the shell string of a ProxyCommand. What is
# refused is what OpenSSH 9.6 refuses (https://www.openssh.com/txt/release-9.6, CVE-2023-51385), in older ones too.
_NOT_IN_HOST = r"""\s\x00-\x1f\x7f'"`$\\;&<>|(){}"""
DESTINATION_PATTERN = rf"^([^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*@)?[^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*$"


def _known_quant(quant: str) -> str:
    if quant not in specs.QUANTISATIONS:
        known = did_you_mean(quant, specs.QUANTISATIONS)
        raise ValueError(f"is {quant!r}, which is no quantisation of llama.cpp. {known}")
    return quant


def no_twins(names: list[str]) -> list[str]:
    """The list, in which no name may stand twice."""
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"has {', '.join(twins)} more than once. Keep one of each.")
    return names


def _layers(value: object) -> int:
    if value == "all":
        return -1
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"is {value!r:.60}. Write `all`, or a number of layers, 0 or more.")


Name: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Quant: TypeAlias = Annotated[
    str, AfterValidator(_known_quant), Field(json_schema_extra={"enum": [*specs.QUANTISATIONS]})
]
HubName: TypeAlias = Annotated[str, Field(pattern=HUB_PATTERN)]
BoardFolder: TypeAlias = Annotated[str, Field(pattern=BOARD_FOLDER_PATTERN)]
Destination: TypeAlias = Annotated[str, Field(pattern=DESTINATION_PATTERN)]
Layers: TypeAlias = Annotated[
    int, BeforeValidator(_layers, json_schema_input_type=Literal["all"] | Annotated[int, Field(ge=0)])
]
KPart: TypeAlias = Annotated[int, Field(ge=1, le=k_range.MAX_K)] | Annotated[str, Field(pattern=k_range.PATTERN)]
KRange: TypeAlias = Annotated[
    tuple[int, ...],
    BeforeValidator(k_range.k_range, json_schema_input_type=KPart | Annotated[list[KPart], Field(min_length=1)]),
]

Size: TypeAlias = Annotated[
    int,
    BeforeValidator(
        written_sizes.size_bytes,
        json_schema_input_type=Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=written_sizes.PATTERN)],
    ),
]


class Part(BaseModel):
    """A mapping of the file: its keys are the fields, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
