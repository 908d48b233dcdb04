"""A document as Markdown, for a job summary or an issue: what a text says is seen, and nothing in it is markup.

Names and reasons come from boards, servers and files, so every sign that GitHub's Markdown reads is escaped. Words
that it reads on its own account (`www.`, `://`, `@`, `#1`, `:x:`, `$`: addresses, people, issues, pictures, formulas)
stand as code, where it looks for nothing.
https://github.github.com/gfm/
"""

from __future__ import annotations

import re

from configspec.printable import printable
from configspec.reporting.document import Block, Document, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import is_number, shown

FIRST_LEVEL = 2  # of headings: the page has its own title
_BETWEEN = re.compile(r"([\s<>&`|\\]+)")  # what cannot stand in code, and parts words
_FOUND = re.compile(r"://|www\.|@|(?<!\w)#\d|:[\w+-]+:|(?<!/)\$", re.IGNORECASE)  # but `tokens/$` is our own unit
_SIGN = re.compile(r"[\\`*|~#\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BEGIN = re.compile(r"(?=(?:[-+]|\d{0,9}[.)])(?:\s|-|$))")  # of a list or a rule


def as_markdown(document: Document) -> str:
    """Every section, with headings, tables and lists; ends with a line break, unless there is nothing to say."""
    return "\n".join(_section(one, FIRST_LEVEL) for one in document.sections)


def _section(section: Section, level: int) -> str:
    parts = [f"{'#' * level} {_escaped(section.heading)}\n"]
    if section.summary:
        parts.append(f"{_sentence(section.summary[0].upper() + section.summary[1:])}\n")
    parts += [_block(block, level) for block in section.blocks]
    return "\n".join(parts)


def _block(block: Block, level: int) -> str:
    match block:
        case Section():
            return _section(block, level + 1)
        case Table():
            return _table(block)
        case Notes(lines=lines):
            return "".join(f"- {_line(line)}\n" for line in lines)
        case Paragraph(text=text):
            return f"{_sentence(text)}\n"


def _table(table: Table) -> str:
    titles = [column.title for column in table.columns]
    rules = ["---:" if is_number(column.kind) else "---" for column in table.columns]
    rows = [
        [_escaped(shown(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (map(_escaped, titles), rules, *rows))


def _sentence(text: str) -> str:
    """With a full stop."""
    escaped = _escaped(text)
    return _no_list(escaped if escaped.endswith(".") else f"{escaped}.")


def _line(text: str) -> str:
    """Where a line of Markdown begins with it."""
    return _no_list(_escaped(text))


def _no_list(escaped: str) -> str:
    """What begins a list is escaped as well; a number with a full stop does."""
    begin = re.match(r"\d*", escaped)
    return f"{begin[0]}\\{escaped[begin.end() :]}" if begin and _BEGIN.match(escaped) else escaped


def _escaped(text: str) -> str:
    parts = _BETWEEN.split(printable(text).strip())
    return "".join(f"`{part}`" if _FOUND.search(part) else _without_markup(part) for part in parts)


def _without_markup(text: str) -> str:
    entities = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SIGN.sub(lambda found: f"\\{found[0]}", entities)
