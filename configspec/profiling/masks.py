"""What tells whose board it is, taken out of what was read of it: a recording is sent to strangers.

Addresses of hardware and of networks, serial numbers, UUIDs, names that people gave, and long hexadecimal texts, as
identifiers are. A long number without a letter is none of these: counters of energy are such numbers. In quotes it is
one, for JSON writes a figure without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

HARDWARE, NETWORK, NETWORK_6, NUMBER, NAME = "00:00:00:00:00:00", "192.0.2.1", "2001:db8::1", "0" * 12, "masked"
UUID = "00000000-0000-0000-0000-000000000000"
_HEX = "[0-9A-Fa-f]"
# Keys of JSON whose text a person, or a service, chose to tell one device from another.
_NAMES = (
    *("ssid", "bssid", "name", "friendly_name", "alias", "hostname", "host", "mac", "user", "user_id", "parent_id"),
    *("id", "device_id", "deviceId", "hwId", "oemId", "uid", "uuid", "serial", "latitude", "longitude", "location"),
)
_PATTERNS = (
    (re.compile(rf"\b{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b"), UUID),
    (re.compile(rf"\b(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}\b"), NETWORK_6),
    (re.compile(rf"\b(?:{_HEX}{{1,4}}:){{1,6}}(?::{_HEX}{{1,4}}){{1,6}}\b"), NETWORK_6),
    (re.compile(rf"\b(?:{_HEX}{{2}}[:-]){{5}}{_HEX}{{2}}\b"), HARDWARE),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), NETWORK),
    (re.compile(rf'("(?:{"|".join(_NAMES)})"\s*:\s*)"(?:[^"\\]|\\.)*"'), rf'\g<1>"{NAME}"'),
    (re.compile(r"""(?i)\b(serial(?:[_ ]?(?:no|number))?[\s:="'#]{1,4})[\w-]{4,}"""), r"\g<1>0000"),
    (re.compile(rf"(?<![.\w])(?=\d*[A-Fa-f]){_HEX}{{12,}}\b"), NUMBER),  # behind a point it is a part of a number
    (re.compile(r'"\d{12,}"'), f'"{NUMBER}"'),
)
_SERIAL_FILE = re.compile(r"(?i)serial|uuid|address$|\bmac\b")


class Masks:
    """Takes the same out of every text. `instead`: what else, as whole words, and what takes its place."""

    def __init__(self, instead: Mapping[str, str]) -> None:
        known = sorted((one for one in instead if one), key=len, reverse=True)
        self._instead = instead
        self._known = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in known)) if known else None

    def of(self, value: object) -> object:
        """A value of JSON, each text in it masked; names of files and folders too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._under(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(inner) for inner in value]
        return value

    def text(self, text: str) -> str:
        """One text."""
        if self._known is not None:
            text = self._known.sub(lambda found: self._instead[found[0]], text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def _under(self, key: str, value: object) -> object:
        """A file's content is a serial number where its name says so."""
        return "0000" if isinstance(value, str) and _SERIAL_FILE.search(key.rpartition("/")[2]) else self.of(value)
