"""For the whole repository: pytester, with which the tests run pytest itself. Measuring needs nothing from here."""

from __future__ import annotations

pytest_plugins = ["pytester"]
