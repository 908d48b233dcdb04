"""What must be equal for two rows to be of one testbed: which figures may stand in one table.

A *fact* is a value of the record at a dotted path. Facts belong to something that has a name in `devices.yaml`: to a
device, to a family's target and its text, to a draft on a device. Figures, load, temperature, kernel and dates are no
facts: they differ from run to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

DEVICE = (
    *(f"environment.device.{fact}" for fact in ("machine", "board", "cpu_model", "cores", "governor")),
    *(f"environment.device.{fact}" for fact in ("llama_cpp_version", "llama_cpp_system_info")),
    *(f"models.draft.{fact}" for fact in ("threads", "context", "gpu_layers")),
    *(f"environment.{fact}" for fact in ("profile", "source")),  # of recorded figures
)
TARGET = (
    *(f"models.target.{fact}" for fact in ("sha256", "dtype", "runtime")),
    *(f"acceptance.{fact}" for fact in ("prompts_sha256", "new_tokens", "decoding")),
)
DRAFT = (
    "models.draft.file_sha256",
    *(f"drafting.{fact}" for fact in ("depth_tokens", "rounds_asked", "seconds_allowed", "method")),
)
SHOWN = 24  # characters of a value in a message


def facts(record: Mapping[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """The facts at `paths`; None where the record has none."""
    return {path: _at(record, path) for path in paths}


def named_facts(record: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Each thing that the row is about, by its kind and names, with its facts."""
    device, family, draft, quant = (str(record.get(name)) for name in ("device", "family", "draft", "quant"))
    yield ("device", device), facts(record, DEVICE)
    yield ("draft", device, family, draft, quant), facts(record, DRAFT)
    if record.get("models"):  # recorded figures name no model
        yield ("family", family), facts(record, TARGET)


def difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The first fact of `now` that `then` has otherwise: its path and both values, cut short; None if all agree."""
    for path, value in now.items():
        if then.get(path) != value:
            return path, _short(then.get(path)), _short(value)
    return None


def _at(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
