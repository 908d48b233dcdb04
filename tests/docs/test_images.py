"""The pictures of a report that pages show: all there, all shown, and small together."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 200_000


def test_every_image_is_shown_and_every_one_that_is_shown_is_there():
    """`python tools/screenshots.py` writes them."""
    shown = {
        name for page in DOCS.glob("*.md") for name in re.findall(r"\]\((images/[^)]+)\)", page.read_text("utf-8"))
    }
    assert shown == {f"images/{path.name}" for path in (DOCS / "images").iterdir()}


def test_the_images_are_small_together():
    """Whoever clones the repository has all of them."""
    assert 0 < sum(path.stat().st_size for path in (DOCS / "images").iterdir()) < MOST_BYTES
