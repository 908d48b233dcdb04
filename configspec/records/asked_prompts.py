"""Which prompts of a set were asked, of which categories, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configspec.records.bounds import Count, Text, Whole

NOT_RECORDED = "measured before the categories of prompts, and what is not asked of them, were recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrompts:
    """The prompts behind the counts, in their order.

    Attributes:
        shape: Of the file: a name of docs/prompts.md, or "declared".
        in_file: Prompts in the file; those of other categories, and beyond the limit, were not asked.
        categories: Each category with how many prompts of it follow one another: it may come again.
        not_taken: What the file holds of the asked and is in no prompt, with how often.
        longest: What was done with prompts that did not fit.
        skipped: How many of those were left out.
        shortened: How many were shortened.
    """

    shape: Text
    in_file: Count
    categories: tuple[tuple[Text, Whole], ...]
    not_taken: tuple[tuple[Text, Count], ...] = ()
    longest: Literal["error", "skip", "truncate"] = "error"
    skipped: Count = 0
    shortened: Count = 0

    @property
    def prompts(self) -> int:
        """How many there are."""
        return sum(count for _, count in self.categories)


def check_asked(asked: AskedPrompts | None, prompts: int) -> None:
    """ValueError where the categories are of another number of prompts than the counts are."""
    if asked is not None and prompts and asked.prompts != prompts:
        raise ValueError(f"asked has the categories of {asked.prompts} prompts, and by_prompt the counts of {prompts}")
