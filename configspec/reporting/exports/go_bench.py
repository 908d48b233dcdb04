"""The Go benchmark format, for `benchstat`.

https://golang.org/design/14313-benchmark-format
https://pkg.go.dev/golang.org/x/perf/cmd/benchstat

    device: orin                                      holds for the lines that follow; benchstat makes a table of each
    Unit goodput-tokens/s better=higher
    BenchmarkConfiguration/draft=1b/quant=Q4_K_M/setup=1f0c8a72/k=4 1 4.5 goodput-tokens/s 13.1 drafting_speed-tokens/s

A line is one configuration in one run: benchstat judges by runs, so give it several files a side. It knows a value by
its unit alone, so the metric is a part of the unit. Where assumptions or setup differ, benchstat keeps values apart;
`-ignore /setup` compares across setups. The date differs in every run, and is a comment.

A name may not end in a dash and digits, which would be read as GOMAXPROCS; K stands last, behind an equals sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import final

from configspec.reporting.exports.assumptions import assumption_labels
from configspec.reporting.exports.export import ExportFile, encoded
from configspec.reporting.exports.series import Measured, Series, by_configuration
from configspec.reporting.exports.texts import coded, one_line
from configspec.theory.ids import CHAIN

SETUP_DIGITS = 8  # of the hash: a name is read by people


@final
class GoBench:
    """A line a configuration."""

    name = "go-bench"
    reader = "benchstat"
    files_in_folder = ()
    is_text = True

    def check(self) -> None:
        """Nothing is needed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """One file."""
        return (ExportFile(name="configspec.txt", pieces=encoded(_lines(series))),)


def _lines(series: Sequence[Series]) -> Iterator[str]:
    for unit, better in dict.fromkeys((_unit(one), one.metric.better) for one in series):
        yield f"Unit {unit} better={better}"
    said: dict[str, str] = {}
    for measured, some in by_configuration(series):
        holds = _configured(measured, some)
        for key in dict.fromkeys((*said, *holds)):
            value = holds.get(key, "")
            if said.get(key, "") != value:
                said[key] = value
                yield f"{key}: {value}".rstrip()  # without a value, what was said before holds no longer
        values = " ".join(f"{one.value!r} {_unit(one)}" for one in some)
        yield f"{_name(measured)} 1 {values}"


def _configured(measured: Measured, some: Sequence[Series]) -> Mapping[str, str]:
    """What holds for a configuration beside its name. A line that begins with `#` is a comment."""
    serving = next((one.serving for one in some if one.serving is not None), None)
    labels = {} if serving is None else assumption_labels(serving)
    power_kind = next((one.power_kind for one in some if one.power_kind), "")
    return {
        "# measured": "" if measured.measured_at is None else measured.measured_at.isoformat(),
        "# setup": one_line(measured.setup_words),
        "device": coded(measured.id.device),
        "family": coded(measured.id.family),
        "provenance": measured.provenance,
        "power-kind": coded(power_kind),
        **{key.replace("_", "-"): value for key, value in labels.items()},
    }


def _name(measured: Measured) -> str:
    cell, drafter = measured.id.cell, measured.id.drafter
    parts = {"draft": drafter.draft, "quant": drafter.quant}
    parts |= {} if drafter.algorithm == CHAIN else {"algorithm": drafter.algorithm}
    keys = [*parts.items(), *cell.settings, ("setup", measured.setup[:SETUP_DIGITS]), ("k", str(measured.id.k))]
    return "/".join(("BenchmarkConfiguration", *(f"{coded(key)}={coded(value)}" for key, value in keys)))


def _unit(one: Series) -> str:
    return f"{coded(one.metric.name)}-{'/'.join(map(_word, one.metric.unit.split('/')))}"


def _word(text: str) -> str:
    return text if text == "$" else coded(text)
