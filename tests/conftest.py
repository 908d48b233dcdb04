"""Shared by all rooms: pytester, for tests that run pytest itself, and rows made by hand."""

from __future__ import annotations

pytest_plugins = ["pytester"]
