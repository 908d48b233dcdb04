"""A gate's verdicts as a program wants them. The form is a promise to scripts: `docs/gate.md` describes it.

`format` is its number, which goes up when a key is taken away or means something else. Keys may be added.
"""

from __future__ import annotations

from configspec.histories.judging import Checked
from configspec.regression.states import Verdict

FORMAT = 1


def checked_json(found: Checked) -> dict[str, object]:
    """The outcome, and an object for each series."""
    outcome = found.outcome
    failed = {id(one) for one in outcome.failed}
    return {
        "format": FORMAT,
        "ok": outcome.ok,
        "compared": outcome.compared,
        "failed": len(outcome.failed),
        "counts": dict(outcome.counts),
        "new": list(found.new),
        "base": list(found.base),
        "notes": list(found.notes),
        "series": [_verdict(one, id(one) in failed, found) for one in outcome.verdicts],
    }


def _verdict(one: Verdict, failed: bool, found: Checked) -> dict[str, object]:
    it, metric = one.series.configuration, one.series.metric
    base, new = found.medians.get(one.series, (None, None))
    return {
        "series": one.series.id,
        "device": it.device,
        "family": it.family,
        "draft": it.draft,
        "quant": it.quant,
        "settings": dict(it.cell.settings),
        "k": it.k,
        "metric": metric.name,
        "unit": metric.unit,
        "better": metric.better,
        "against": one.against,
        "state": one.state,
        "failed": failed,
        "ratio": one.ratio,
        "low": one.low,
        "high": one.high,
        "confidence": one.confidence,
        "n": one.runs + one.base_runs,
        "runs": one.runs,
        "base_runs": one.base_runs,
        "floor": one.floor,
        "p": one.p,
        "weak": one.weak,
        "base_median": base,
        "new_median": new,
        "reason": one.reason,
    }
