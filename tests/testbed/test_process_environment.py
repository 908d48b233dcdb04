"""`env` of a device: what may stand there, and what its agent gets; no error shows a value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.process_environment import filled_in
from configspec.testbed.read import read_inventory

WriteInventory = Callable[[str | bytes], Path]
SECRET = "hunter2"
FAMILY = "families: {f: {target: {transformers: models/target}, drafts: {xs: models/xs}, quants: [F16]}}"
names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)


def read(write_inventory: WriteInventory, env: str) -> dict[str, str]:
    path = write_inventory(f"devices: {{a: {{connection: local, env: {env}}}}}\n{FAMILY}")
    return dict(read_inventory(path).devices["a"].env)


def test_names_and_values_are_taken_as_they_are(write_inventory: WriteInventory) -> None:
    """Numbers become text, as they are written; what names a variable of this host is kept until it is used."""
    env = "{OMP_NUM_THREADS: 4, HF_TOKEN: '${HF_TOKEN}', A: 'it''s $(x) \"y\"', B: 0.5}"
    assert read(write_inventory, env) == {
        **{"OMP_NUM_THREADS": "4", "HF_TOKEN": "${HF_TOKEN}", "A": 'it\'s $(x) "y"', "B": "0.5"}
    }


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (f"{SECRET}", "env is no mapping. Write names and values"),
        (f"{{TOKEN: [{SECRET}]}}", "env has TOKEN, whose value is no text. Write it in quotes."),
        (f"{{TOKEN: {{a: {SECRET}}}}}", "env has TOKEN, whose value is no text"),
        ("{TOKEN: true}", "env has TOKEN, whose value is no text. Write it in quotes."),
        (f'{{TOKEN: "{SECRET}\\0"}}', "env has TOKEN, whose value no environment can hold"),
        (f"{{TOKEN: {SECRET}{'x' * 10_000}}}", "env has TOKEN, whose value no environment can hold"),
        (f"{{A-B: {SECRET}}}", "env has the name 'A-B'. A variable's name has letters, digits and '_'"),
        (f"{{1A: {SECRET}}}", "env has the name '1A'"),
    ],
)
def test_what_is_no_environment_is_told_without_its_values(
    write_inventory: WriteInventory, env: str, words: str
) -> None:
    """They may be secrets, and an error is read by others, in a log."""
    with pytest.raises(UsageError) as told:
        read(write_inventory, env)
    assert words in str(told.value)
    assert SECRET not in str(told.value)


@given(st.dictionaries(names, st.text()), st.dictionaries(names, st.text()))
def test_a_variable_of_this_host_takes_the_place_of_its_name(plain: dict[str, str], of_host: dict[str, str]) -> None:
    """Whatever it holds, also where it looks like a name itself; everything else stays as it was declared."""
    plain = {name: value for name, value in plain.items() if not value.startswith("${")}
    declared = {**plain, **{f"x{name}": f"${{{name}}}" for name in of_host}}
    assert filled_in("a", declared, of_host) == {**plain, **{f"x{name}": value for name, value in of_host.items()}}


def test_one_that_this_host_lacks_is_told_by_name() -> None:
    """With the device, the key and what would do."""
    with pytest.raises(UsageError, match=r"^orin: .* `env` A from this host's B, which is not set\. Export it"):
        filled_in("orin", {"A": "${B}", "C": SECRET}, {"D": SECRET})
