"""`python -m configspec.cli` is `configspec`."""

from __future__ import annotations

from configspec.cli import process

raise SystemExit(process())
