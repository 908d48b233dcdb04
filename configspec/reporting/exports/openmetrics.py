"""OpenMetrics text, for Prometheus and what reads its format.

https://prometheus.io/docs/specs/om/open_metrics_spec/

    # TYPE configspec_goodput_tokens_per_second gauge
    # UNIT configspec_goodput_tokens_per_second tokens_per_second
    configspec_goodput_tokens_per_second{device="orin",draft="1b",k="4",...} 4.5

A family is a metric; its interval is two more, `..._low_...` and `..._high_...`. A family's name ends in its unit, as
the specification wants. Samples have no time stamps: node_exporter's textfile collector and the Pushgateway refuse
them. `configspec_measured_timestamp_seconds` says when each configuration was measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import final

from configspec.reporting.exports.assumptions import assumption_labels
from configspec.reporting.exports.export import ExportFile, encoded
from configspec.reporting.exports.series import Measured, Series, by_configuration
from configspec.reporting.exports.texts import one_line, settings_name

WORDS: Mapping[str, tuple[str, str]] = {  # one of it, and several
    "s": ("second", "seconds"),
    "J": ("joule", "joules"),
    "W": ("watt", "watts"),
    "$": ("dollar", "dollars"),
}
Labels = Mapping[str, str]


@final
class OpenMetrics:
    """A sample a series, and two for its interval."""

    name = "openmetrics"
    reader = "Prometheus"
    files_in_folder = ()
    is_text = True

    def check(self) -> None:
        """Nothing is needed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """One file."""
        return (ExportFile(name="configspec.prom", pieces=encoded(_lines(series))),)


def _lines(series: Sequence[Series]) -> Iterator[str]:
    for metric in dict.fromkeys(one.metric for one in series):
        some = [(_labels(one), one) for one in series if one.metric == metric]
        unit, better = _unit(metric.unit), f"{metric.better} is better"
        name, meaning = _word(metric.name), f"{metric.meaning}, {metric.unit}"
        yield from _family(name, unit, f"{meaning}; {better}")
        yield from (_sample(f"{name}_{unit}", labels, one.value) for labels, one in some)
        yield from _family(f"{name}_low", unit, f"{meaning}: lower end of the interval")
        yield from (_sample(f"{name}_low_{unit}", labels, one.low) for labels, one in some)
        yield from _family(f"{name}_high", unit, f"{meaning}: upper end of the interval")
        yield from (_sample(f"{name}_high_{unit}", labels, one.high) for labels, one in some)
    yield from _about([measured for measured, _ in by_configuration(series)])
    yield "# EOF"


def _about(measured: Sequence[Measured]) -> Iterator[str]:
    """What to know of each configuration and each setup."""
    yield from _family("flags", "", "how many things there are to know before using the figures")
    yield from (_sample("flags", _who(one), float(len(one.flags))) for one in measured)
    yield from _family("measured_timestamp", "seconds", "when the run wrote its file")
    for one in measured:
        if one.measured_at is not None:
            yield _sample("measured_timestamp_seconds", _who(one), one.measured_at.timestamp())
    yield from _family("setup", "", "a part of each setup in words", kind="info")
    for setup, words in dict.fromkeys((one.setup, one.setup_words) for one in measured):
        yield _sample("setup_info", {"setup": setup, "words": words}, 1.0)


def _family(name: str, unit: str, meaning: str, *, kind: str = "gauge") -> Iterator[str]:
    whole = f"configspec_{name}_{unit}" if unit else f"configspec_{name}"
    yield f"# TYPE {whole} {kind}"
    if unit:
        yield f"# UNIT {whole} {unit}"
    yield f"# HELP {whole} {_escaped(meaning)}"


def _sample(name: str, labels: Labels, value: float) -> str:
    written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items() if text)
    return f"configspec_{name}{{{written}}} {value!r}"


def _labels(one: Series) -> Labels:
    """A value under other assumptions is another series."""
    assumed = {} if one.serving is None else assumption_labels(one.serving)
    return {**_who(one.measured), "power_kind": one.power_kind, **assumed}


def _who(measured: Measured) -> Labels:
    """What a series is known by; a label without a text is none."""
    it = measured.id
    return {
        "device": it.device,
        "family": it.family,
        "draft": it.draft,
        "quant": it.quant,
        "algorithm": it.drafter.algorithm,
        "settings": settings_name(it.cell),
        "k": str(it.k),
        "provenance": measured.provenance,
        "setup": measured.setup,
    }


def _escaped(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def _unit(text: str) -> str:
    """`tokens/s` becomes `tokens_per_second`."""
    first, *rest = text.split("/")
    return "_per_".join([WORDS[first][1] if first in WORDS else _word(first), *map(_one_of, rest)])


def _one_of(word: str) -> str:
    return WORDS[word][0] if word in WORDS else _word(word)


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", text.lower())
