"""`python -m configspec.cli` is `configspec`."""

from __future__ import annotations

from configspec.cli import main

raise SystemExit(main())
