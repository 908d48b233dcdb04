"""Profile files: the paper's profile says what the paper prints, and nothing wrong with a file ends in a traceback."""

from __future__ import annotations

import contextlib
import copy
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from damage import one_field_at_a_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.profiling.recorded_cell import recorded_row
from configspec.records.bounds import LONGEST_S, MOST_K
from configspec.records.codec import row_of, to_record
from configspec.records.profile_file import read_profile
from configspec.records.row import Environment
from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

PAPER = Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json"
DOCUMENT = json.loads(PAPER.read_text(encoding="utf-8"))
law = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# arXiv 2604.09722, Table 1: acceptance at K=5.
TABLE_1 = {"1b-inst": 0.546, "8b-inst": 0.622, "0.6b": 0.378, "8b": 0.522}
# Table 2: thousand tokens per dollar, by draft and K.
TABLE_2_ETA = {
    ("1b-inst", 2): 1334,
    ("1b-inst", 6): 763,
    ("1b-inst", 8): 623,
    ("8b-inst", 2): 1401,
    ("0.6b", 2): 1801,
    ("0.6b", 7): 828,
    ("0.6b", 10): 633,
    ("8b", 2): 2048,
}
PRICES = {"llama-3.1-70b": 0.90, "qwen3-32b": 0.59}


def all_configurations() -> list[Configuration]:
    profile = read_profile(PAPER)
    return [one for device in profile.devices for one in profile.configurations(device, device)]


def keys_of(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside a JSON document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*way, key)
        yield from keys_of(part, (*way, key))


def changed(way: tuple[Any, ...], value: Any = None, *, remove: bool = False) -> Any:
    """The paper's profile with one value replaced or removed."""
    document = copy.deepcopy(DOCUMENT)
    at = document
    for key in way[:-1]:
        at = at[key]
    if remove:
        del at[way[-1]]
    else:
        at[way[-1]] = value
    return document


def complaint(tmp_path: Path, document: Any) -> str:
    """What reading this document says is wrong with it."""
    file = tmp_path / "profile.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    with pytest.raises(RecordError) as error:
        read_profile(file)
    return str(error.value).replace(str(file), "FILE")


def test_every_figure_of_the_papers_profile_is_called_derived() -> None:
    """Nothing in it was measured; the intervals are certain, and no sample stands behind them."""
    for one in all_configurations():
        assert one.provenance == "derived"
        assert (one.acceptance.rate.n, one.round_s.n, one.round_s.confidence) == (0, 0, 1.0)


def test_the_papers_profile_names_its_source_and_licence() -> None:
    """It is another's work, under CC BY 4.0."""
    profile = read_profile(PAPER)
    assert "arXiv:2604.09722" in profile.source
    assert profile.license == "CC BY 4.0"
    assert "never measured" in profile.note


def test_the_papers_profile_holds_only_k_whose_acceptance_is_known() -> None:
    """Nothing is interpolated: the K of Table 2's rows, and Table 1's K=5."""
    known = {*TABLE_2_ETA, *((draft, 5) for draft in TABLE_1)}
    assert {(one.draft, one.k) for one in all_configurations()} == known


def test_its_acceptance_gives_back_the_printed_figures() -> None:
    """Where Table 2 prints eta, it is alpha + 1/K over the price; at K=5, alpha is Table 1's."""
    for one in all_configurations():
        alpha = one.acceptance.rate.value
        if one.k == 5:
            assert alpha == TABLE_1[one.draft]
        else:
            printed = TABLE_2_ETA[one.draft, one.k]
            assert (alpha + 1 / one.k) / PRICES[one.family] * 1000 == pytest.approx(printed, rel=1e-12)


def test_its_intervals_are_the_rounding_of_what_is_printed() -> None:
    """Half a thousand tokens per dollar either way, or half of Table 1's last digit."""
    for one in all_configurations():
        half = 0.0005 if one.k == 5 else 0.5 * PRICES[one.family] / 1000
        rate = one.acceptance.rate
        assert (rate.value - rate.low, rate.high - rate.value) == pytest.approx((half, half), rel=1e-9)


def test_the_pi_4b_has_no_power_and_says_why() -> None:
    """The paper prints none; it is null with a reason, never zero."""
    for one in read_profile(PAPER).configurations("rpi4b", "rpi4b"):
        assert one.power_w is None
        assert one.power_reason == "the paper prints no power for the Raspberry Pi 4B"


def test_a_round_of_k_takes_k_over_the_drafting_speed() -> None:
    """Pi 5, 1B: 14.44 tokens/s between 14.381 and 14.493, so 2 tokens take 0.1385 s, and longest at the slowest."""
    one = read_profile(PAPER).configurations("rpi5", "rpi5")[0]
    assert (one.draft, one.k) == ("1b-inst", 2)
    assert one.drafting_tokens_per_s == pytest.approx(14.44)
    assert (one.round_s.low, one.round_s.high) == (2 / 14.493, 2 / 14.381)


def test_each_family_has_its_own_serving_assumptions() -> None:
    """0.90 USD for Llama-3.1-70B, 0.59 for Qwen3-32B, 0.5 s of verification for both, K tokens billed a round."""
    assert read_profile(PAPER).serving == {
        family: Serving(verify_s=0.5, usd_per_million_tokens=usd, bills="drafted") for family, usd in PRICES.items()
    }


def test_a_device_takes_the_name_that_the_inventory_gives_it() -> None:
    """`replay: {device: rpi5}` of a device called paper-rpi5."""
    configurations = read_profile(PAPER).configurations("rpi5", as_name="paper-rpi5")
    assert {one.device for one in configurations} == {"paper-rpi5"}


def test_a_missing_device_is_named_with_the_nearest() -> None:
    """The file, the key, what was asked for, and what there is."""
    with pytest.raises(RecordError, match=r"configspec-paper.json: devices has no 'rpi-5'. Did you mean 'rpi5'\?"):
        read_profile(PAPER).configurations("rpi-5", "x")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "FILE: the JSON ends too early, at line 1, column 1: fetch or write it again."),
        ("device: rpi5", "FILE: it is not JSON: Expecting value at line 1, column 1."),
        ("[]", "FILE: the top of the file: found []; an object, {...}, is needed here"),
        (
            {"benchmarks": []},
            'FILE: the top of the file: it has no "configspec_profile": 1, so this is not a profile file',
        ),
        (changed(("configspec_profile",), 2), "FILE: configspec_profile: found 2; this configspec reads version 1."),
        (changed(("provenance",), "guessed"), 'FILE: provenance: found "guessed". Known: measured, derived,'),
        (changed(("source",), remove=True), "FILE: the top of the file: it has no 'source'; an object with"),
        (changed(("licence",), "x"), "FILE: licence: this key is not known here. Did you mean 'license'?"),
        (changed(("confidence",), 95), "FILE: confidence: found 95; a number at least 0 and at most 1 is needed here"),
        (changed(("families", "qwen3-32b", "serving", "usd_per_million_tokens"), 0), "a number above 0 is needed here"),
        (changed(("families", "qwen3-32b", "serving", "bills"), "draft"), "Did you mean 'drafted'?"),
        (
            changed(("families", "qwen3-32b", "acceptance", 0, "rate", "value"), "0.5"),
            'FILE: families.qwen3-32b.acceptance[0].rate.value: found "0.5"; a number at least 0 and at most 1',
        ),
        (
            changed(("families", "qwen3-32b", "acceptance", 0, "rate", "low"), 0.9),
            "low must not be above value, nor value above high",
        ),
        (changed(("families", "qwen3-32b", "acceptance", 0, "k"), True), "found true; a whole number from 1 is needed"),
        (
            changed(("families", "qwen3-32b", "acceptance", 1, "k"), 2),
            "acceptance[1]: this draft, quantisation and K=2",
        ),
        (changed(("devices", "rpi5", "cells", 0, "family"), "lama"), "FILE: devices.rpi5.cells[0].family: found"),
        (changed(("devices", "rpi5", "cells", 0, "quant"), "Q8_0"), "acceptance has no row for 1b-inst Q8_0; add one"),
        (changed(("devices", "rpi5", "cells", 0, "power_w"), None), "power_w is null; power_reason must say why"),
        (
            changed(("devices", "rpi5", "cells", 1, "draft"), "1b-inst"),
            "cells[1]: llama-3.1-70b 1b-inst Q4_K_M is given",
        ),
        (changed(("devices", "rpi5", "cells", 0, "power_w", "low"), float("nan")), "found NaN; a number above 0"),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_what_would_do(tmp_path: Path, document: Any, said: str) -> None:
    """One message for each mistake."""
    assert said in complaint(tmp_path, document)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(RecordError, match=r"absent.json: it cannot be read: No such file"):
        read_profile(tmp_path / "absent.json")


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    """A model in place of its profile."""
    file = tmp_path / "draft.gguf"
    file.write_bytes(b"GGUF\xff\xfe\x00")
    with pytest.raises(RecordError, match=r"draft.gguf: it is not UTF-8 text"):
        read_profile(file)


@law
@given(st.integers(0, len(PAPER.read_text(encoding="utf-8").rstrip()) - 1))
def test_a_file_cut_anywhere_is_a_record_error(tmp_path: Path, length: int) -> None:
    """A copy that broke off is noticed wherever it did."""
    assert complaint(tmp_path, PAPER.read_text(encoding="utf-8")[:length]).startswith("FILE: ")


anything: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@law
@given(st.sampled_from(list(keys_of(DOCUMENT))), anything, st.booleans())
def test_whatever_is_changed_is_read_or_is_a_record_error(
    tmp_path: Path, way: tuple[Any, ...], value: Any, remove: bool
) -> None:
    """Any one value replaced by anything, or removed: never another kind of error."""
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(changed(way, value, remove=remove)), encoding="utf-8")
    with contextlib.suppress(RecordError):
        read_profile(file)


def test_any_one_field_made_extreme_is_a_profile_or_told(tmp_path: Path) -> None:
    """Bounds on every number and text: what is read can be ranked by every objective."""
    file = tmp_path / "extreme.json"
    for name, damaged in one_field_at_a_time(DOCUMENT, seed=3, at_most=150):
        file.write_text(json.dumps(damaged), encoding="utf-8")
        try:
            profile = read_profile(file)
        except RecordError:
            continue
        for configurations in profile.devices.values():
            for one in configurations:
                serving = profile.serving[one.family]
                able = [it for it in OBJECTIVES if it.unavailable(serving) is None and it.lacks(one, serving) is None]
                assert all(0 < objective_value(it, one, serving) < math.inf for it in able), name


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/zero"])
def test_only_a_regular_file_is_a_profile(tmp_path: Path, kind: str) -> None:
    """A pipe would block, a device would never end."""
    file = tmp_path / "it"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    with pytest.raises(RecordError, match="it cannot be read: it is a"):
        read_profile(kind if kind.startswith("/") else file)


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    """A parser would take the last in silence."""
    text = PAPER.read_text(encoding="utf-8")
    assert "the key 'provenance' stands twice" in complaint(tmp_path, text.replace("{", '{"provenance": "x",', 1))


@settings(law, max_examples=60)
@given(
    st.integers(1, MOST_K),
    st.sampled_from([1e-9, 1e-8, 1.0, 1e12]) | st.floats(1e-9, 1e12),
    st.sampled_from([0.0, 1e-300, 1.0]),
)
def test_what_a_profile_says_can_be_a_row(tmp_path: Path, k: int, tokens_per_s: float, rate: float) -> None:
    """At the bounds of speed, K and rate: it is told with its key, or is a row that can be written and read."""

    def exactly(value: float) -> dict[str, float]:
        return {"value": value, "low": value, "high": value}

    document = copy.deepcopy(DOCUMENT)
    name, family = next(iter(document["families"].items()))
    cell = next(one for one in document["devices"]["rpi5"]["cells"] if one["family"] == name)
    drafter = {key: cell[key] for key in ("draft", "quant")}
    family["acceptance"] = [{**drafter, "k": k, "rate": exactly(rate), "from": "made up"}]
    document["families"] = {name: family}
    document["devices"] = {"d": {"name": "d", "cells": [{**cell, "drafting_tokens_per_s": exactly(tokens_per_s)}]}}
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    if k / tokens_per_s > LONGEST_S:
        said = rf"devices\.d\.cells\[0\]\.drafting_tokens_per_s: found {{.*a round of K={k} takes more than 1e\+09 s"
        with pytest.raises(RecordError, match=said):
            read_profile(path)
        return
    profile = read_profile(path)
    (one,) = profile.configurations("d", "d")
    row = recorded_row(one, profile.serving[name], Environment(source=profile.source))
    assert row_of(to_record(row)) == row
