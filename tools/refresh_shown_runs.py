"""Write what the pages of docs/ show of a run: the text below each `<!-- run -->` becomes what is printed now.

python tools/refresh_shown_runs.py

Look at the difference before you commit it: tests/docs/test_shown_runs.py passes afterwards, whatever was printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

KIT = Path(__file__).parents[1] / "tests" / "kit"


def main() -> None:
    """Write all in place."""
    sys.path.insert(0, str(KIT))
    from shown_runs import pages, refreshed

    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = refreshed(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(page)


if __name__ == "__main__":
    main()
