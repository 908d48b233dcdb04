"""A document as Markdown, for a job summary or an issue."""

from __future__ import annotations

from configspec.reporting.document import Block, Document, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import is_number, shown

FIRST_LEVEL = 2  # of headings: the page has its own title


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
            return "".join(f"- {_escaped(line)}\n" for line in lines)
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
    return escaped if escaped.endswith(".") else f"{escaped}."


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
