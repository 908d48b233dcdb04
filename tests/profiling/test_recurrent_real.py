"""Drafts that cannot roll back, from their file to their ranking: random models that follow the target's habits."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")
from cells import ONE_THREAD
from recurrent import QUANT, Asked, write_drafts

from configspec.cache import Store
from configspec.profiling.session import ProfilingSession
from configspec.records.row import Row
from configspec.records.samples import TimeSamples, read_samples
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Cell, Drafter
from configspec.theory.objectives.objective import figures_of
from configspec.theory.prediction import predicted_goodput_tokens_per_s, text_cost

pytestmark = pytest.mark.real
ARCHITECTURES = ("mamba2", "lfm2", "granitehybrid")
KS = (1, 6)


@pytest.fixture(scope="module")
def rows(
    small_inventory: Inventory, cache: Store, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[int, Row]]:
    """The decoded rows of each architecture by K."""
    folder = tmp_path_factory.mktemp("recurrent")
    asked = Asked(device="local", architectures=ARCHITECTURES, ks=KS, width=256, layers=2)
    one = replace(small_inventory, families={"tiny-llama": small_inventory.families["tiny-llama"]})
    drafts = write_drafts(one, asked, folder, cache, lambda _: None)
    family = replace(one.families["tiny-llama"], drafts=drafts, quants=(QUANT,))
    testbed = replace(one, families={"tiny-llama": family})
    options = replace(ONE_THREAD, samples=folder / "configspec-samples")
    found: dict[str, dict[int, Row]] = {}
    with ProfilingSession(testbed, cache, lambda _: None, options) as session:
        for name in ARCHITECTURES:
            cell = Cell(device="local", family="tiny-llama", drafter=Drafter(draft=name, quant=QUANT))
            found[name] = {k: session.end_to_end(cell.at(k), KS) for k in KS}
            samples = found[name][6].samples.times
            assert samples is not None
            times = read_samples(folder / "r.json", samples, TimeSamples)
            assert [one.pending for one in times.beginnings] == [1, 2, 3, 4, 5]
    return found


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_text_is_the_targets_own_and_rounds_go_back_as_often_as_predicted(rows, name):
    """Decoded for real, near ties apart; some tokens are accepted, so that rounds end at several lengths."""
    found = rows[name][6].end_to_end
    assert found.output == "equal to the target's own greedy text"
    assert 0 < found.accepted < found.drafted
    assert found.returns == pytest.approx(found.predicted_returns, abs=3)
    assert 0.2 * found.rounds < found.returns < found.rounds
    assert 0 < found.restore_s < found.drafting_s
    at_once = rows[name][1].end_to_end
    assert (at_once.returns, at_once.predicted_returns) == (0, 0)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_record_says_what_a_rejection_costs(rows, name):
    """More than nothing, in the row and in what rankings see; a round of one token has no such cost."""
    row, at_once = rows[name][6], rows[name][1]
    back = row.drafting.going_back
    assert row.models.draft.rolls_back is False
    assert len(back.returns) == 5
    assert 0 < sum(back.returns) < back.rounds == row.acceptance.rounds
    assert back.save_s < row.drafting.round_s.value
    figures = figures_of(row.configuration, row.serving)
    assert figures.round_s == row.drafting.round_s.value + back.round_s > row.drafting.round_s.value
    assert (at_once.drafting.going_back, at_once.configuration.going_back_s) == (None, 0.0)
    assert "take nothing back" in at_once.drafting.going_back_reason


def test_without_what_going_back_costs_a_text_would_be_predicted_faster(rows):
    """So it is counted: the same costs but that one."""
    cost = rows["mamba2"][6].end_to_end.cost
    text = text_cost([0.0, 1.0, 0.0, 0.0] * 10, 6)
    without = predicted_goodput_tokens_per_s([text], replace(cost, going_back=None))
    assert predicted_goodput_tokens_per_s([text], cost) < without
