"""What every importer promises, over all that are listed and all recordings."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from damage import HOSTILE_TEXTS
from recorded_imports import ABOUT, FOLDER, RecordedImport, recorded_imports

from configspec.errors import ConfigspecError, RecordError
from configspec.records.importers.imported import CONFIDENCE, Imported
from configspec.records.importers.importer import Importer
from configspec.records.importers.names import Names
from configspec.records.importers.registry import IMPORTERS, imported
from configspec.records.importers.source_text import SourceText, read_source

RECORDINGS = recorded_imports()
each = pytest.mark.parametrize("one", RECORDINGS, ids=str)
each_importer = pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
ANY_NAMES = Names(device="d", family="f", draft="x", quant="Q8_0", k=3)


def taken(one: RecordedImport) -> Imported:
    return imported(one.importer, read_source(one.path), one.names)


def told_by(importer: Importer, source: SourceText, names: Names) -> str:
    """The error, empty where there is none; then every figure holds."""
    try:
        found = imported(importer, source, names)
    except ConfigspecError as problem:
        return str(problem)
    assert all(estimate is None or estimate.holds for estimate in estimates(found))
    return ""


def estimates(found: Imported):
    for speed in found.speeds:
        yield from (speed.drafting_tokens_per_s, speed.prompt_tokens_per_s, speed.power_w)
    yield from (row.rate for row in found.acceptance)


def test_each_importer_has_recordings_of_several_forms():
    """All but our own header: of that there is one."""
    for importer in IMPORTERS:
        count = sum(one.importer is importer for one in RECORDINGS)
        assert count >= (1 if importer.name == "csv" else 5), importer.name


def test_each_recording_says_what_it_is():
    """And no file lies there that nobody reads."""
    files = {path for path in FOLDER.glob("*/*") if not path.name.endswith(ABOUT)}
    assert files == {one.path for one in RECORDINGS}
    for one in RECORDINGS:
        about = json.loads(one.path.with_name(one.path.name + ABOUT).read_text(encoding="utf-8"))
        assert set(about) == {"source", "options", "expected"}
        assert len(about["source"]) > 20


def test_no_two_have_one_name():
    """As the command line takes it."""
    assert len({one.name for one in IMPORTERS}) == len(IMPORTERS) == 6


@each
def test_a_recording_gives_the_figures_that_it_prints(one: RecordedImport):
    """Converted to what this package means by them; worked out by hand in the file beside it."""
    found, expected = taken(one), one.expected
    if "drafting" in expected:
        (speed,) = found.speeds
        assert speed.drafting_tokens_per_s is not None
        assert speed.prompt_tokens_per_s is not None
        assert speed.drafting_tokens_per_s.value == pytest.approx(expected["drafting"], rel=1e-9)
        assert speed.prompt_tokens_per_s.value == pytest.approx(expected["prompt"], rel=1e-9)
        assert speed.drafter.quant == expected["quant"]
    rates = {str(row.k): row.rate.value for row in found.acceptance}
    for k, rate in expected.get("rates", {}).items():
        assert rates[k] == pytest.approx(rate, rel=1e-3)
    times = {str(row.k): row.seconds for row in found.verification}
    assert times == pytest.approx(expected.get("times", {}), rel=1e-9)
    assert sum(each.count for each in found.not_taken) == expected["not_taken"]
    assert expected.get("remark", "") in " ".join(found.remarks)


@each
def test_every_figure_has_an_interval_and_a_source(one: RecordedImport):
    """At one confidence, around its value."""
    found = taken(one)
    for estimate in filter(None, estimates(found)):
        assert estimate.holds
        assert estimate.confidence == CONFIDENCE
        assert estimate.low > 0 or estimate.high <= 1
    sources = [one.source for each in (found.speeds, found.acceptance, found.verification) for one in each]
    assert all(sources)


@each
def test_nobody_else_recognises_a_file(one: RecordedImport):
    """But for a serving benchmark, which has times of verification and acceptance."""
    who = {importer.name for importer in IMPORTERS if importer.recognises(one.path.read_text(encoding="utf-8"))}
    assert one.importer.name in who
    assert len(who - {"verification"}) <= 1


@each
@each_importer
def test_a_file_of_another_tool_never_falls_over(importer: Importer, one: RecordedImport):
    """It is refused with the importer that would read it, where its form tells that it is another's."""
    recognised = importer.recognises(one.path.read_text(encoding="utf-8"))
    told = told_by(importer, read_source(one.path), ANY_NAMES)
    assert recognised or f"configspec import {one.importer.name}" in told


@each
def test_a_damaged_file_is_an_error_in_words_or_read(one: RecordedImport):
    """Cut anywhere, with letters changed, numbers that are none, or texts of an attacker: no traceback."""
    text, chance = one.path.read_text(encoding="utf-8"), random.Random(str(one))
    damaged = [text[: chance.randrange(len(text))] for _ in range(30)]
    for _ in range(60):
        start = chance.randrange(len(text))
        rest = text[start + chance.randrange(1, 9) :]
        damaged.append(
            text[:start] + chance.choice(("NaN", "-1", "1e999", "1,5", "'", '"', "\0", "}", "null", "")) + rest
        )
    damaged += [text.replace("d", hostile, 3) for hostile in HOSTILE_TEXTS]
    for content in damaged:
        told_by(one.importer, SourceText(one.path, content), one.names)


@each_importer
@pytest.mark.parametrize("text", ["x", "{}", "[]", "| a |\n|---|\n", "a,b\n1,2\n", "null", '{"timings": 3}'])
def test_what_is_no_output_of_any_tool_is_refused(importer: Importer, text: str):
    """With what it reads."""
    with pytest.raises(RecordError, match=f"nothing of {importer.name} is in it"):
        imported(importer, SourceText(Path("x.txt"), text), ANY_NAMES)
