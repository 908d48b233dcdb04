"""The file of names that were changed: what was measured under an old one continues under the new one.

[[renamed]]
old = "dev:orin:-llama-xs-Q4_K_M"       a cell, as test ids name it, without its K
new = "dev:orin:-llama-small-Q4_K_M"

[[renamed]]
old = "dev:orin:"                       a device, with all its cells
new = "dev:orin-a:"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from configspec.errors import UsageError
from configspec.histories.check_file import Entry, read_entries
from configspec.regression.aliases import Alias, latest_names

KIND = "renamed"
KEYS = ("old", "new")
DEVICE = re.compile(r"dev:([^:\s]+):")


def read_aliases(path: Path) -> Mapping[str, str]:
    """The name that each old name has by now.

    Raises:
        UsageError: It says something else, one name continues in two, or names lead in a circle.
    """
    aliases = tuple(map(_alias, read_entries(path, KIND, KEYS)))
    try:
        return latest_names(aliases)
    except UsageError as problem:
        raise UsageError(f"{path}: {problem}") from None


def _alias(entry: Entry) -> Alias:
    old, new = entry.text("old"), entry.text("new")
    for key, name in (("old", old), ("new", new)):
        if not DEVICE.match(name):
            raise entry.wrong(key, "a cell such as 'dev:orin:-llama-xs-Q4_K_M', or a device such as 'dev:orin:'")
    if (DEVICE.fullmatch(old) is None) != (DEVICE.fullmatch(new) is None):
        raise UsageError(f"{entry.where}: one of its names is a device and the other a cell; write two of a kind")
    return Alias(old=old, new=new)
