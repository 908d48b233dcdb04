"""Where devices disagree with the host about a draft, in a line each."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.records.row import Row


def acceptance_check_text(rows: Sequence[Row]) -> str:
    """One line a cell whose arg-max differs somewhere; empty where none does."""
    lines = {}
    for row in rows:
        it, check = row.configuration, (row.acceptance or {}).get("check")
        if check and check["differ"]:
            verdict = f"{check['beyond_ties']} are no near ties" if check["beyond_ties"] else "near ties"
            lines[it.device, it.family, it.draft, it.quant] = (
                f"{it.device}: {it.family} {it.draft} {it.quant}: {check['differ']} of {check['positions']} positions "
                f"differ from this host's, up to {check['largest_gap']:.3g} logits between the best two: {verdict}"
            )
    return "\n".join(lines.values())
