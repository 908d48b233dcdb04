"""What differs between two rows beside their figures: which fact, and what it was and is.

The facts are the record's own keys, so that a key that is added to the record is compared without a line here. Figures
are results of a measurement and never equal; whoever compares speeds looks at them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeAlias

from configspec.records.codec import to_record
from configspec.records.origin import NOWHERE, Origin
from configspec.records.row import Row

Value: TypeAlias = str | int | float | bool | None
Facts: TypeAlias = tuple[tuple[str, Value], ...]

# What a configuration is, when it was run, and what was measured: no fact that could explain a figure.
NO_FACTS = (
    *(
        "version",
        "device",
        "family",
        "draft",
        "quant",
        "algorithm",
        "settings.*",
        "k",
        "samples.*",
        "resumed*",
        "refined*",
        "outcome",
    ),
    *("drafting.tokens_per_s*", "drafting.round_s*", "drafting.round_samples_s*", "drafting.rounds", "*.load_s"),
    "drafting.passes*",
    *("acceptance.rate*", "acceptance.rounds", "acceptance.drafted", "acceptance.accepted", "acceptance.by_prompt*"),
    *("acceptance.check*", "power.watts*", "verification.passes*", "environment.health.loop_s"),
    *("end_to_end.*_s", "end_to_end.*_by_repeat*", "end_to_end.*_tokens_per_s", "end_to_end.predicted_*"),
    *("end_to_end.cost*", "end_to_end.tokens", "end_to_end.rounds", "end_to_end.drafted", "end_to_end.accepted"),
    *("end_to_end.catch_ups", "end_to_end.energy_j", "flags", "origin.datetime"),
)
# Patterns of keys by how often they are why one board drafts at another speed; what fits none comes last.
LIKELIEST = (
    *("environment.health.power_mode", "environment.health.throttling*", "environment.*.governor", "*clock*_hz"),
    *("environment.device.llama_cpp*", "*.build*", "models.draft.threads*", "models.draft.settings.*"),
    *("models.draft.gpu_layers", "models.draft.opened.layers*", "environment.health.temperature_c*", "flags*"),
    *("environment.*.load_1min", "environment.health.swap_used_bytes", "environment.health.available_memory_bytes"),
    *("models.draft.file_sha256", "models.draft.file_bytes", "models.draft.weights_bytes", "models.draft.parameters"),
    "models.draft_tensor_types*",
    *("models.draft.context", "models.draft.batch", "models.draft.*", "*template*", "*chat*", "*thinking*"),
    *("environment.device.board", "environment.device.cpu_model", "environment.device.cores", "environment.device.*"),
    *("drafting.*", "attempts", "first_cause", "environment.health.*", "acceptance.*", "models.target.*"),
    *("environment.*", "end_to_end.*", "serving.*"),
)
# Differs from one moment to the next on a board that is left alone.
FLEETING = ("*.load_1min", "*.temperature_c", "*_memory_bytes", "*.free_disk_bytes", "*.swap_used_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDifference:
    """One fact that differs in some of the compared pairs; `then` and `now` are of the first of them."""

    key: str  # as docs/record.md has it
    then: Value
    now: Value
    pairs: int  # in which it differs
    values: int  # different values of `then` and `now` among them

    @property
    def is_fleeting(self) -> bool:
        """Whether it differs from one moment to the next."""
        return _fits(self.key, FLEETING)


def facts_of(row: Row, origin: Origin | None = None) -> Facts:
    """Every fact of a row with its key, such as `environment.device.cores`; a list is one text, a flag is its code.

    `origin`: what the head of its file says, which counts where the row has no origin of its own.
    """
    flags = ((f"flags.{flag.code}", True) for flag in row.flags)
    record = to_record(row)
    if row.origin is None:
        record["origin"] = asdict(origin or NOWHERE)
    return (*((key, value) for key, value in _flat(record, "") if not _fits(key, NO_FACTS)), *flags)


def differences(pairs: Iterable[tuple[Facts, Facts]]) -> tuple[FactDifference, ...]:
    """What differs in any of the pairs, likeliest causes of another speed first.

    Args:
        pairs: The facts of each row, and of the row that it is compared with.
    """
    found: dict[str, Counter[tuple[Value, Value]]] = {}
    for (then, now), count in Counter(pairs).items():
        before, after = dict(then), dict(now)
        for key in dict.fromkeys((*before, *after)):
            if before.get(key) != after.get(key):
                found.setdefault(key, Counter())[before.get(key), after.get(key)] += count
    return tuple(
        FactDifference(key=key, then=first[0], now=first[1], pairs=values.total(), values=len(values))
        for key, values in sorted(found.items(), key=lambda one: _place(one[0]))
        for first in (next(iter(values)),)
    )


def _place(key: str) -> int:
    return next((place for place, pattern in enumerate(LIKELIEST) if fnmatchcase(key, pattern)), len(LIKELIEST))


@cache
def _fits(key: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _flat(value: object, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif value is None or isinstance(value, str | int | float):
        yield path, value
    else:
        yield path, str(value)
