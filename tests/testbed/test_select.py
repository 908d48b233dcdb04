"""Choosing devices and names by name, tag and glob."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.select import select_devices, select_names
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.serving.assumptions import Serving

TAGS = {"orin": ("gpu", "fast"), "orin-nx": ("gpu",), "rpi5": ("arm",), "laptop": ()}


def bench(tags: dict[str, tuple[str, ...]] = TAGS) -> Inventory:
    return Inventory(
        path=Path("devices.yaml"),
        sha256="",
        devices={name: DeviceSpec(name=name, connection="local", tags=own) for name, own in tags.items()},
        families={},
        sweep=SweepSpec(),
        serving=Serving(),
        serving_by_family={},
    )


def chosen(*patterns: str) -> list[str]:
    return [device.name for device in select_devices(bench(), patterns)]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["orin"], ["orin"]),
        (["gpu"], ["orin", "orin-nx"]),
        (["orin*"], ["orin", "orin-nx"]),
        (["rpi[45]"], ["rpi5"]),
        (["f?st"], ["orin"]),
        (["rpi5", "orin"], ["orin", "rpi5"]),
        (["gpu", "orin", "orin"], ["orin", "orin-nx"]),
        (["*"], ["orin", "orin-nx", "rpi5", "laptop"]),
        ([], []),
    ],
)
def test_devices_come_in_the_inventorys_order_once(patterns: list[str], expected: list[str]) -> None:
    """By name, by tag, by glob over both; a name is never taken for the beginning of another."""
    assert chosen(*patterns) == expected


def test_what_matches_nothing_is_an_error_that_names_what_there_is() -> None:
    """Devices and tags are told apart, and the nearest is offered; one line for each pattern."""
    with pytest.raises(UsageError) as error:
        chosen("gpuu", "orin", "x*")
    known = "Known: orin, orin-nx, rpi5, laptop, gpu, fast, arm. Of these, tags: gpu, fast, arm."
    assert str(error.value).split("\n") == [
        f"devices.yaml: no device matches 'gpuu'. Did you mean 'gpu'? {known}",
        f"devices.yaml: no device matches 'x*'. {known}",
    ]


def test_upper_and_lower_case_differ() -> None:
    """On every system alike: `fnmatch` itself would not tell them apart on some."""
    with pytest.raises(UsageError, match="no device matches 'Orin'"):
        chosen("Orin")


def test_names_without_a_filter_are_all() -> None:
    """An unset --draft filters nothing."""
    assert select_names("draft", ["xs", "s"], []) == ("xs", "s")


def test_names_are_chosen_as_devices_are() -> None:
    """In the order of the known ones, each once, by name or glob."""
    assert select_names("quant", ["Q4_K_M", "Q6_K", "Q8_0", "Q6_K"], ["Q6*", "Q4_K_M"]) == ("Q4_K_M", "Q6_K")


def test_an_unknown_name_is_an_error_with_its_kind() -> None:
    """Names have no tags, so none are listed."""
    with pytest.raises(UsageError) as error:
        select_names("quant", ["Q4_K_M", "Q8_0"], ["Q4_K_N"])
    assert str(error.value) == "no quant matches 'Q4_K_N'. Did you mean 'Q4_K_M'? Known: Q4_K_M, Q8_0."
    with pytest.raises(UsageError, match=r"no family matches 'x'\. There is none\."):
        select_names("family", [], ["x"])


names = st.text("ab", min_size=1, max_size=3)


@settings(deadline=None)
@given(st.dictionaries(names, st.lists(names).map(tuple)), st.lists(st.text("ab*?[]!-", min_size=1), max_size=3))
def test_a_selection_is_a_part_of_the_testbed_or_an_error(
    tags: dict[str, tuple[str, ...]], patterns: list[str]
) -> None:
    """Every pattern counts for something, and nothing comes that no pattern asked for."""
    inventory = bench(tags)
    try:
        found = [device.name for device in select_devices(inventory, patterns)]
    except UsageError:
        return
    assert found == [name for name in tags if name in found]
    assert bool(found) == bool(patterns)


def test_of_many_known_names_a_message_lists_some() -> None:
    """A server may have thousands of models, a file thousands of devices."""
    with pytest.raises(UsageError, match=r"Did you mean 'd4999'\? Known: d0, d1, .*, d19 and 4980 more\.$"):
        select_names("device", [f"d{n}" for n in range(5000)], ["d4999x"])
