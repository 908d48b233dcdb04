"""The record of one configuration: what `extra_info["configspec"]` of a pytest-benchmark row holds.

`docs/record.md` describes every key. Base units only; raw counts and raw samples, never only averages; what was
not measured is null with a reason. The history of the format:

    1   the first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from configspec.errors import RecordError
from configspec.records.end_to_end import EndToEnd, end_to_end_from_json
from configspec.theory.decoding import Decoding
from configspec.theory.profile import Acceptance, Configuration, Estimate, Serving

VERSION = 1
KEY = "configspec"
COUNTED = ("drafted", "accepted", "rounds", "rate", "by_prompt", "prompts_sha256", "rule", "decoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One configuration with how it was measured.

    `drafting`, `prompts`, `environment` and `target` are plain JSON: kept and shown, never computed with.
    """

    configuration: Configuration
    serving: Serving
    token_samples_s: tuple[tuple[float, ...], ...] = ()  # seconds of each token, a tuple a round
    drafting: Mapping[str, Any] | None = None
    acceptance: Mapping[str, Any] | None = None
    environment: Mapping[str, Any] | None = None
    models: Mapping[str, Any] | None = None
    verification: Mapping[str, Any] | None = None
    end_to_end: EndToEnd | None = None
    attempts: int = 1  # to measure it; more than one only where the link failed
    first_cause: str | None = None  # why the first attempt failed


def to_record(row: Row) -> dict[str, Any]:
    """The row as plain, finite JSON values."""
    it = row.configuration
    return {
        "version": VERSION,
        "device": it.device,
        "family": it.family,
        "draft": it.draft,
        "quant": it.quant,
        "k": it.k,
        "provenance": it.provenance,
        "drafting": {
            "tokens_per_s": asdict(_tokens_per_s(it)),
            "round_s": asdict(it.round_s),
            "round_samples_s": list(it.round_samples_s),
            "token_samples_s": [list(tokens) for tokens in row.token_samples_s],
            **(row.drafting or {}),
        },
        "acceptance": {
            "drafted": it.acceptance.drafted,
            "accepted": it.acceptance.accepted,
            "rounds": it.acceptance.rounds,
            "rate": asdict(it.acceptance.rate),
            "by_prompt": [list(counts) for counts in it.acceptance.by_prompt],
            "prompts_sha256": it.acceptance.prompts_sha256,
            "rule": None if it.acceptance.decoding is None else it.acceptance.decoding.rule,
            "decoding": None if it.acceptance.decoding is None else asdict(it.acceptance.decoding),
            **(row.acceptance or {}),
        },
        "power": {
            "watts": None if it.power_w is None else asdict(it.power_w),
            "reason": it.power_reason,
        },
        "serving": serving_to_json(row.serving),
        "verification": None if row.verification is None else dict(row.verification),
        "end_to_end": None if row.end_to_end is None else row.end_to_end.as_json(),
        "models": dict(row.models or {}),
        "environment": dict(row.environment or {}),
        "quality": {"flags": list(it.warnings)},
        **({} if row.attempts == 1 else _unstable(row)),
    }


def _unstable(row: Row) -> dict[str, Any]:
    return {"attempts": row.attempts, "first_cause": row.first_cause, "unstable": True}


def serving_to_json(serving: Serving) -> dict[str, Any]:
    """The assumptions as plain JSON; what only a measured verification has is left out where it was declared."""
    values = asdict(serving)
    by_k = values.pop("verify_s_by_k")
    if serving.verify == "declared":
        del values["verify"]
    else:
        values["verify_s_by_k"] = [list(one) for one in by_k]
    return values


def serving_from_json(values: Mapping[str, Any]) -> Serving:
    """Read them back."""
    by_k = tuple((int(k), float(seconds)) for k, seconds in values.get("verify_s_by_k", ()))
    return Serving(**{**values, "verify_s_by_k": by_k})


def _tokens_per_s(it: Configuration) -> Estimate:
    """Drafting throughput: K over the time of a round, so its bounds change places."""
    time = it.round_s
    return Estimate(
        value=it.k / time.value,
        low=it.k / time.high,
        high=it.k / time.low,
        confidence=time.confidence,
        n=time.n,
    )


def from_record(record: Mapping[str, Any], where: str) -> Row:
    """Read one record back; `where` names the file and row for messages.

    Raises:
        RecordError: A newer version, a missing key or a value of the wrong kind.
    """
    version = record.get("version")
    if version != VERSION:
        raise RecordError(_version_message(where, version))
    try:
        return _read(record)
    except KeyError as missing:
        raise RecordError(
            f"{where}: the record has no key {missing.args[0]!r}. It was cut or edited by hand; "
            "docs/record.md lists what a record holds."
        ) from missing
    except (TypeError, ValueError, AttributeError) as problem:
        raise RecordError(
            f"{where}: the record holds a value of the wrong kind: {problem}. docs/record.md lists what a record holds."
        ) from problem


def _version_message(where: str, version: object) -> str:
    if isinstance(version, int) and version > VERSION:
        return (
            f"{where}: the record is of version {version}; this configspec reads up to {VERSION}. "
            "Use the configspec that wrote it, or a newer one: pip install -U configspec"
        )
    return (
        f"{where}: the record's version is {version!r}, which is not one that configspec ever wrote (1 to {VERSION})."
    )


def _read(record: Mapping[str, Any]) -> Row:
    drafting, acceptance, power = record["drafting"], record["acceptance"], record["power"]
    configuration = Configuration(
        device=_text(record, "device"),
        family=_text(record, "family"),
        draft=_text(record, "draft"),
        quant=_text(record, "quant"),
        k=_count(record, "k"),
        provenance=record["provenance"],
        round_s=_estimate(drafting["round_s"]),
        round_samples_s=tuple(float(sample) for sample in drafting["round_samples_s"]),
        acceptance=Acceptance(
            rate=_estimate(acceptance["rate"]),
            rounds=acceptance["rounds"],
            drafted=acceptance["drafted"],
            accepted=acceptance["accepted"],
            by_prompt=tuple((_number(rounds), _number(accepted)) for rounds, accepted in acceptance["by_prompt"]),
            prompts_sha256=acceptance["prompts_sha256"],
            decoding=Decoding(**acceptance["decoding"]) if acceptance.get("decoding") else None,
        ),
        power_w=None if power["watts"] is None else _estimate(power["watts"]),
        power_reason=power["reason"],
        warnings=tuple(str(flag) for flag in record["quality"]["flags"]),
    )
    return Row(
        configuration=configuration,
        serving=serving_from_json(record["serving"]),
        token_samples_s=tuple(tuple(float(s) for s in tokens) for tokens in drafting["token_samples_s"]),
        drafting=_rest(drafting, ("tokens_per_s", "round_s", "round_samples_s", "token_samples_s")),
        acceptance=_rest(acceptance, COUNTED),
        environment=dict(record["environment"]),
        models=dict(record["models"]),
        verification=record.get("verification"),
        end_to_end=None if record.get("end_to_end") is None else end_to_end_from_json(record["end_to_end"]),
        attempts=_count(record, "attempts") if "attempts" in record else 1,
        first_cause=record.get("first_cause"),
    )


def _rest(values: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in known}


def _estimate(values: Mapping[str, Any]) -> Estimate:
    return Estimate(
        value=float(values["value"]),
        low=float(values["low"]),
        high=float(values["high"]),
        confidence=float(values["confidence"]),
        n=int(values["n"]),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, not a text")
    return value


def _number(value: Any) -> float:
    """A count, whole or expected; whole ones stay whole."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"a count is {value!r}, not a number")
    return value


def _count(record: Mapping[str, Any], key: str) -> int:
    value = record[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{key} is {value!r}, not a whole number from 1")
    return value
