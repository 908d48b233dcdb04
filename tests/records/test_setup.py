"""What must be equal for two rows to compare, and what they say where it is not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import msgspec
import pytest
from any_rows import rows
from example_rows import BOARD, measured_row, whole_row
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.records.codec import row_of, to_record
from configspec.records.prompting import NOT_RENDERED, Prompting
from configspec.records.row import Environment, Refined
from configspec.records.setup import DeviceSetup, difference, named_parts, setup_of
from configspec.theory.flags import flag

FIELDS = {
    **dict.fromkeys(("cores", "threads", "context", "gpu_layers", "batch"), 4),
    "env_names": ["OMP_NUM_THREADS"],
}
SETTINGS = DeviceSetup(settings=(("flash_attention", "on"), ("micro_batch", 64)))


@given(rows())
def test_a_row_compares_with_itself_and_with_other_figures_of_its_setup(row):
    """Flags, attempts, load and temperature are of a run, not of a setup."""
    later = replace(row, flags=(flag("note", text="x"),), attempts=row.attempts + 1)
    if row.environment.device is not None:
        device = replace(row.environment.device, load_1min=9.0, platform="another kernel")
        later = replace(later, environment=replace(row.environment, device=device))
    assert setup_of(row).difference(setup_of(later)) is None


@settings(max_examples=40)
@given(rows(), rows())
def test_two_setups_are_equal_or_differ_in_something_that_is_named(one, other):
    """Whatever the rows."""
    found = setup_of(one).difference(setup_of(other))
    assert (found is None) == (setup_of(one) == setup_of(other))
    assert found is None or found.what.split(".")[0] in ("device", "target", "drafter", "decoded")


@pytest.mark.parametrize("field", [field.name for field in fields(DeviceSetup) if field.name != "settings"])
def test_every_field_of_a_device_counts(field):
    """Its name and both values are in the sentence."""
    other = msgspec.convert({field: FIELDS.get(field, "x")}, DeviceSetup)
    found = difference("device", DeviceSetup(), other)
    then, now = (str(getattr(one, field)) for one in (DeviceSetup(), other))
    assert str(found) == f"device.{field} was {then}, is {now}"


def test_the_setting_that_differs_is_named():
    """One that is only in one of the setups, too."""
    other = DeviceSetup(settings=(("flash_attention", "off"), ("micro_batch", 64)))
    assert str(difference("device", SETTINGS, other)) == "device.settings.flash_attention was on, is off"
    assert str(difference("device", DeviceSetup(), SETTINGS)) == "device.settings.flash_attention was None, is on"


def test_a_board_that_is_measured_in_several_ways_is_several_things():
    """Two rows of a sweep do not contradict each other, though their device was set up otherwise."""
    row = replace(whole_row(1), settings={"threads": "2", "flash_attention": "on"})
    names = [thing for thing, _ in named_parts(row)]
    assert names == [
        "device orin, threads 2, flash_attention on",
        "draft orin pair xs Q8_0, threads 2, flash_attention on",
        "family pair",
    ]


def test_long_values_are_cut_short():
    """Hashes, and what llama.cpp says of itself."""
    found = difference("device", DeviceSetup(source="a" * 99), DeviceSetup(source="b"))
    assert found is not None
    assert (found.then, found.now) == ("a" * 21 + "...", "b")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_two_values_that_differ_are_shown_differently(same: str, one: str, other: str):
    """However far inside the first letter is that differs."""
    found = difference("device", DeviceSetup(source=same + one), DeviceSetup(source=same + other))
    assert (found is None) == (one == other)
    if found is not None:
        assert found.then != found.now
        assert max(len(found.then), len(found.now)) <= 24


def test_what_a_long_text_differs_in_is_shown():
    """A build of llama.cpp with one instruction set more."""
    texts = [f"CPU : SSE3 = 1 | AVX = 1 | AVX2 = {flag} | REPACK = 1" for flag in (1, 0)]
    found = difference("device", *(DeviceSetup(llama_cpp_system_info=text) for text in texts))
    assert found is not None
    assert (found.then, found.now) == ("... AVX2 = 1 | REPACK...", "... AVX2 = 0 | REPACK...")


def test_a_row_is_about_things_with_names():
    """Its device, its draft on it, and its family unless the figures are recorded ones, which name no target."""
    names = [thing for thing, _ in named_parts(whole_row(1))]
    assert names == ["device orin", "draft orin pair xs Q8_0", "family pair"]
    assert [thing for thing, _ in named_parts(measured_row(1))] == ["device board", "draft board pair xs Q8_0"]


def test_a_board_that_is_not_known_is_no_board():
    """Recorded figures beside measured ones: the first field that only one of them has."""
    measured = setup_of(whole_row(1))
    recorded = setup_of(replace(whole_row(1), environment=Environment(source="a print")))
    found = measured.difference(recorded)
    assert found is not None
    assert (found.what, found.then, found.now) == ("device.machine", BOARD.machine, "None")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"template_sha256": "cd" * 32}, "template_sha256"),
        ({"system_sha256": "cd" * 32}, "system_sha256"),
        ({"thinking": "off"}, "thinking"),
        ({"date": "2026-01-01"}, "date"),
    ],
)
def test_rows_of_two_templates_do_not_compare(changed, field):
    """What differs is named before the prompts' hash, which differs because of it."""
    row = whole_row(1)
    chat = Prompting(template="gguf", template_sha256="ab" * 32, special_tokens="parse")
    one, other = (
        replace(row, acceptance=replace(row.acceptance, prompting=prompting, prompts_sha256=sha256))
        for prompting, sha256 in ((chat, "01" * 32), (replace(chat, **changed), "02" * 32))
    )
    found = setup_of(one).difference(setup_of(other))
    assert found is not None
    assert found.what == f"target.{field}"


def test_a_row_of_before_says_why_it_does_not_know_its_template():
    """It reads as one that was asked plainly, and its prompts' hash is of their texts."""
    record: Any = to_record(whole_row(1))
    del record["acceptance"]["prompting"], record["acceptance"]["prompting_reason"]
    row = row_of(record)
    assert row.acceptance.prompting is None
    assert row.acceptance.prompting_reason == NOT_RENDERED
    target = setup_of(row).target
    assert target is not None
    assert target.template_sha256 is None


@given(rows())
def test_more_prompts_than_the_sweep_asked_are_no_other_setup(row):
    """Another sweep's prompts are."""
    if row.models.target is None:
        return
    more = replace(
        row,
        acceptance=replace(row.acceptance, prompts_sha256="more"),
        refined=Refined(
            objective="goodput",
            passes=0,
            sweep_round_s=row.drafting.round_s,
            prompts=1 if len(row.acceptance.by_prompt) != 1 else 0,
            sweep_prompts_sha256="sweep" if len(row.acceptance.by_prompt) != 1 else None,
        ),
    )
    swept = replace(row, acceptance=replace(row.acceptance, prompts_sha256=more.sweep_prompts_sha256), refined=None)
    assert setup_of(more) == setup_of(swept)
    assert setup_of(more) != setup_of(replace(swept, acceptance=replace(swept.acceptance, prompts_sha256="other")))
