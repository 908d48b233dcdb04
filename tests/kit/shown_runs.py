"""What pages show of a run, and what the run prints now: `<!-- run -->`, a command line or Python, and its output.

    <!-- run -->                        <!-- run -->
                                        ```python
        configspec rank results.json    print(1)
                                        ```
    ```text
    ...                                 ```text
    ```                                 1
                                        ```

The Python of a page is one program, a block after another. All runs in a folder of its own, where `results.json` is of
the paper's devices, replayed, and `fixtures` are this repository's. With `<!-- run NAME.json -->` it is from then on
of that file of `fixtures/profiles`.
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from weighed import paper_results, profile_results

from configspec.cli import main

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(
    r"(?P<asked><!-- run(?: (?P<profile>\S+))? -->\n\n"
    r"(?:    (?P<line>configspec [^\n]*)\n|```python\n(?P<code>.*?)```\n))\n"
    r"```text\n(?P<text>.*?)```",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """One run of a page: what is run, by its first line, what the page shows, and what is printed now."""

    name: str
    shown: str
    printed: str


def pages() -> list[Path]:
    """Every page that shows a run."""
    return [path for path in sorted((ROOT / "docs").glob("*.md")) if SHOWN.search(path.read_text(encoding="utf-8"))]


def runs_of(page: Path) -> list[ShownRun]:
    """Every run of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    return [
        ShownRun(name=_name(found), shown=found["text"], printed=printed)
        for found, printed in zip(SHOWN.finditer(text), _printed(text), strict=True)
    ]


def refreshed(text: str) -> str:
    """A page with what its runs print now."""
    printed = iter(_printed(text))
    return SHOWN.sub(lambda found: f"{found['asked']}\n```text\n{next(printed)}```", text)


def _printed(text: str) -> list[str]:
    names: dict[str, object] = {}
    printed = []
    with TemporaryDirectory() as folder, chdir(folder):
        paper_results(Path("results.json"))
        Path("fixtures").symlink_to(ROOT / "fixtures")
        for found in SHOWN.finditer(text):
            if found["profile"] is not None:
                profile_results(Path("fixtures", "profiles", found["profile"]), Path("results.json"))
            out = io.StringIO()
            with redirect_stdout(out):
                if found["line"] is None:
                    exec(found["code"], names)
                elif main(shlex.split(found["line"])[1:]) == 2 and not out.getvalue():
                    raise ValueError(f"refused: {found['line']}")
            printed.append(out.getvalue())
    return printed


def _name(found: re.Match[str]) -> str:
    line, code = found["line"], found["code"]
    return str(line) if line is not None else str(code).splitlines()[0]
