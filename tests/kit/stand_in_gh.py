"""A program `gh` that writes down what it is asked, and knows three commands: issue list, issue create, issue comment.

https://cli.github.com/manual/gh_issue. What it does not know it refuses, as the real one does, so that a mistyped
option fails a test.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OPTIONS: Mapping[str, frozenset[str]] = {
    "list": frozenset({"--state", "--limit", "--json"}),
    "create": frozenset({"--title", "--body-file"}),
    "comment": frozenset({"--body-file"}),
}
LONGEST_BODY = 65_536  # characters that GitHub takes
PROGRAM = """#!{python}
import os, sys
sys.path.insert(0, {kit!r})
from stand_in_gh import StandInGh
from pathlib import Path
sys.exit(StandInGh(Path({folder!r})).answer(sys.argv[1:], os.environ))
"""


@dataclass(frozen=True, slots=True)
class StandInGh:
    """The program's folder, for the PATH; beside it are the open issues, and what it was asked."""

    folder: Path

    def install(self, issues: Mapping[int, str] | None = None) -> None:
        """Write the program; `issues` are the titles of the open ones by their number."""
        self.folder.mkdir()
        program = self.folder / "gh"
        text = PROGRAM.format(python=sys.executable, kit=str(Path(__file__).parent), folder=str(self.folder))
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        self._write_issues(issues or {})

    def said(self) -> list[tuple[str, ...]]:
        """What was written, in its order: the command, the title or the number, the body."""
        return [tuple(one) for one in json.loads((self.folder / "said.json").read_text(encoding="utf-8"))]

    def answer(self, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
        """As the program: print, write down, and return its exit code."""
        if not (environment.get("GH_TOKEN") and environment.get("GH_REPO")):
            return _refused("set the GH_TOKEN and GH_REPO environment variables")
        command = arguments[1] if arguments[:1] == ["issue"] and len(arguments) > 1 else ""
        rest = list(arguments[2:])
        number = rest.pop(0) if command == "comment" and rest else ""
        options = dict(zip(rest[::2], rest[1::2], strict=False))
        if command not in OPTIONS or len(rest) % 2 or not options.keys() <= OPTIONS[command]:
            return _refused(f"unknown command or option: {' '.join(arguments)}")
        if command == "list":
            print(json.dumps([{"number": one, "title": title} for one, title in self._issues().items()]))
            return 0
        return self._written(command, number, options)

    def _written(self, command: str, number: str, options: Mapping[str, str]) -> int:
        issues = self._issues()
        if command == "comment" and number not in map(str, issues):
            return _refused(f"no issue {number}")
        body = Path(options["--body-file"]).read_text(encoding="utf-8")
        if len(body) > LONGEST_BODY:
            return _refused(f"body is too long (maximum is {LONGEST_BODY} characters)")
        if command == "create":
            self._write_issues({**issues, max(issues, default=0) + 1: options["--title"]})
        said = [*self.said(), (command, options.get("--title", number), body)]
        (self.folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
        return 0

    def _issues(self) -> dict[int, str]:
        known = json.loads((self.folder / "issues.json").read_text(encoding="utf-8"))
        return {int(number): title for number, title in known.items()}

    def _write_issues(self, issues: Mapping[int, str]) -> None:
        (self.folder / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
        said = self.folder / "said.json"
        if not said.exists():
            said.write_text("[]", encoding="utf-8")


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
