"""What nobody measured, filled: K of a cell, and cells of a device."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import QUICK, exact, paper_profile, sampled

from configspec.selection.candidates import groups_of
from configspec.selection.choosing import decide
from configspec.selection.criterion import Criterion
from configspec.selection.filling import fill
from configspec.selection.query import Query
from configspec.selection.unmeasured_k import accepted_of
from configspec.theory.evidence import Evidence
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.ids import Setting
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import objective_value
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

SERVING = Serving()
SMALL, MIDDLE, LARGE = 0.81e9, 2.02e9, 4.92e9  # Llama-3.2-1B, 3B and 3.1-8B, Q4_K_M
WEIGHTS = {"1b": int(SMALL), "3b": int(MIDDLE), "8b": int(LARGE)}
ks_of_a_cell = st.lists(st.integers(1, 30), min_size=1, max_size=6, unique=True).map(sorted)


def cell(draft: str, ks: list[int], *, chance: float = 0.7, token_s: float = 0.1, device: str = "orin"):
    """A drafter whose every position has the same chance, and whose every token takes as long."""
    return [exact(draft, k, accepted_of(chance, k) / k, token_s * k, device=device) for k in ks]


def weighing(one: Configuration, weights) -> Configuration:
    return replace(one, evidence=Evidence(weights_bytes=weights.get(one.draft)))


def filled(measured: list[Configuration], ks=None, weights=WEIGHTS, serving: Serving = SERVING):
    return fill([(weighing(one, weights), serving) for one in measured], ks)


def codes(one: Configuration) -> list[str]:
    return [each.code for each in one.flags]


def noted(one: Configuration, code: str) -> Flag:
    return next(each for each in one.flags if each.code == code)


@given(ks_of_a_cell, st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True))
def test_what_was_measured_is_never_replaced_and_the_rest_is_modelled_or_refused(ks, wanted):
    """Each configuration once; each of the wanted K that is there nowhere lies in a reason."""
    measured = cell("1b", ks)
    found = filled(measured, wanted)
    given_back = [one for one, _ in found.configurations if one.provenance != "modelled"]
    assert given_back == [weighing(one, WEIGHTS) for one in measured]
    modelled = {one.k for one, _ in found.configurations if one.provenance == "modelled"}
    assert modelled <= set(wanted) - set(ks)
    assert len(found.configurations) == len(ks) + len(modelled)
    missing = set(wanted) - set(ks) - modelled
    assert bool(missing) == bool(found.refused["orin", "llama"])
    if len(ks) == 1:
        assert not modelled


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.floats(0, 1), st.floats(0.001, 10), st.floats(0, 0.9)),
        min_size=2,
        max_size=5,
        unique_by=lambda one: one[0],
    )
)
def test_whatever_was_measured_each_modelled_figure_can_be_and_says_how_wrong_it_may_be(points):
    """Intervals hold their values and those of what they follow from, as shares; no confidence is a certainty."""
    measured = []
    for k, alpha, round_s, doubt in points:
        one = exact("1b", k, alpha, round_s)
        spread = Estimate(value=round_s, low=round_s * (1 - doubt), high=round_s * (1 + doubt), confidence=0.95, n=9)
        measured.append(replace(one, round_s=spread))
    for one, _ in filled(measured).configurations:
        if one.provenance == "modelled":
            assert one.round_s.holds
            assert one.acceptance.rate.holds
            assert 0 <= one.acceptance.rate.low <= one.acceptance.rate.high <= 1 + 1e-9
            assert one.round_s.low > 0
            assert max(one.round_s.confidence, one.acceptance.rate.confidence) < 1
            assert {"modelled_acceptance", "modelled_round"} <= set(codes(one))


@given(st.floats(0.1, 0.9), st.floats(0.01, 1), st.floats(0.001, 0.1))
def test_the_interval_is_as_wide_as_the_error_and_the_doubt(chance, token_s, bend):
    """Rounds of K=4 that take more than the line of 2 and 6 by some share: K=3 may be off by that share."""
    measured = cell("1b", [2, 4, 6], chance=chance, token_s=token_s)
    measured[1] = exact("1b", 4, accepted_of(chance, 4) / 4, 4 * token_s * (1 + bend))
    (three,) = [one for one, _ in filled(measured, [3]).configurations if one.k == 3]
    assert noted(three, "modelled_round")["seconds"] == pytest.approx(bend)
    assert noted(three, "modelled_round")["left_out"] == 1
    assert three.round_s.high / three.round_s.value == pytest.approx(1 + bend)
    assert three.round_s.confidence == 0.5


def test_without_a_range_it_is_filled_to_one_and_a_half_times_the_largest_k():
    """1, 3, 5, 6, 7 and 9 to 12 of 2, 4, 8."""
    found = filled(cell("1b", [2, 4, 8]))
    assert sorted(one.k for one, _ in found.configurations) == list(range(1, 13))


def test_a_k_as_far_beyond_as_nothing_was_measured_is_refused():
    """Of 4 and 8, K=17 would be modelled as far away as 3.8 is from 8."""
    found = filled(cell("1b", [4, 8]), [15, 16, 17, 18, 40])
    assert sorted(one.k for one, _ in found.configurations if one.provenance == "modelled") == [15, 16]
    (line,) = found.refused["orin", "llama"]
    assert line.startswith("1b Q4_K_M K=17 to 18, 40: not modelled: no K was measured")


def test_a_cell_of_another_device_takes_its_acceptance_and_this_one_s_bandwidth():
    """The Orin's 1B and 8B of the paper, so 142 GB/s and 5.2 ms: a 3B drafts 51.5 tokens/s. NVIDIA measured 52.6."""
    measured = [
        *cell("1b", [2, 4], token_s=1 / 92.6),
        *cell("8b", [2, 4], token_s=1 / 25.1),
        *cell("3b", [2, 4], chance=0.8, token_s=1.0, device="pi"),
        *cell("1b", [2, 4], token_s=0.25, device="pi"),
    ]
    found = filled(measured, [2, 3, 4])
    other = [one for one, _ in found.configurations if (one.device, one.draft) == ("orin", "3b")]
    assert [one.k for one in other] == [2, 3, 4]
    for one in other:
        assert one.drafting_tokens_per_s == pytest.approx(51.5, rel=0.01)
        assert one.acceptance.rate.value == pytest.approx(accepted_of(0.8, one.k) / one.k)
        assert one.provenance == "modelled"
        assert noted(one, "modelled_cell")["bandwidth"] == pytest.approx(142e9, rel=0.01)
        assert (one.power_w, one.idle_w, one.prompt_tokens_per_s) == (None, None, None)
        assert "not modelled" in str(one.power_reason)
        assert "not modelled" in str(one.prompt_reason)
    assert [codes(one) for one in other] == [
        ["modelled_cell"],
        ["modelled_acceptance", "modelled_cell"],
        ["modelled_cell"],
    ]
    assert found.refused["orin", "llama"] == ()


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({}, "how many bytes it has is not known"),
        ({"1b": 7, "3b": 7}, "there is one"),
        ({"3b": 7}, "there are none"),
        (dict.fromkeys(WEIGHTS, 7), "there is one"),
    ],
)
def test_a_device_whose_bandwidth_cannot_be_told_is_not_filled(weights, why):
    """It needs two sizes, and the bytes of what is modelled."""
    measured = [*cell("1b", [2, 4]), *cell("8b", [2, 4], token_s=1), *cell("3b", [2, 4], device="pi")]
    found = filled(measured, [2, 4], weights)
    assert not any((one.device, one.draft) == ("orin", "3b") for one, _ in found.configurations)
    assert any(line.startswith("3b Q4_K_M: not modelled") and why in line for line in found.refused["orin", "llama"])


@pytest.mark.parametrize("doubt", ["back", "uncounted"])
def test_a_draft_that_cannot_roll_back_is_not_moved_to_another_device(doubt):
    """What going back costs there is not known."""
    other = [
        replace(one, going_back_s=0.1) if doubt == "back" else replace(one, flags=(flag("returns_uncounted"),))
        for one in cell("3b", [2, 4], device="pi")
    ]
    found = filled([*cell("1b", [2, 4]), *cell("8b", [2, 4], token_s=1), *other], [2, 4])
    assert any("cannot be cut" in line for line in found.refused["orin", "llama"])


def test_cells_of_other_settings_tell_nothing_of_each_other():
    """Two threads are another speed than four: each has its own bandwidth, or none."""
    two, four = (Setting("threads", "2"),), (Setting("threads", "4"),)

    def opened(some: list[Configuration], settings: tuple[Setting, ...]) -> list[Configuration]:
        return [replace(one, id=replace(one.cell, settings=settings).at(one.k)) for one in some]

    measured = [
        *opened(cell("1b", [2, 4], token_s=0.1), two),
        *opened(cell("8b", [2, 4], token_s=0.6), two),
        *opened(cell("1b", [2, 4], token_s=0.05), four),
        *cell("3b", [2, 4], device="pi"),
    ]
    found = filled(measured, [2, 4])
    modelled = {one.cell for one, _ in found.configurations if one.device == "orin" and one.draft == "3b"}
    assert [one.settings for one in modelled] == [two]
    assert any(line.startswith("3b Q4_K_M, threads 4") for line in found.refused["orin", "llama"])


def test_rounds_of_a_device_that_throttled_tell_no_bandwidth_and_its_k_stay_barred():
    """Whatever follows from such rounds is not ranked without being asked for."""
    hot = flag("throttled", what="soft", events=1)
    slow = [replace(one, flags=(hot,)) for one in cell("8b", [2, 4], token_s=1)]
    found = filled([*cell("1b", [2, 4]), *slow, *cell("3b", [2, 4], device="pi")], [2, 3, 4])
    assert any("there is one" in line for line in found.refused["orin", "llama"])
    (three,) = [one for one, _ in found.configurations if (one.draft, one.device, one.k) == ("8b", "orin", 3)]
    assert hot in three.flags


def test_verification_that_was_measured_by_k_is_modelled_too_and_says_so():
    """Along its line, for each K that is modelled; with one K it is refused."""
    serving = Serving(verify="measured", verify_s_by_k=((2, 0.2), (4, 0.4), (6, 0.6)))
    found = filled(cell("1b", [2, 4, 6]), [2, 3], serving=serving)
    (three,) = [one for one, _ in found.configurations if one.k == 3]
    assert "modelled_verification" in codes(three)
    assert all(assumed.verify_s_at(3) == pytest.approx(0.3) for _, assumed in found.configurations)
    once = Serving(verify="measured", verify_s_by_k=((2, 0.2),))
    assert [one.k for one, _ in filled(cell("1b", [2, 4]), [3], serving=once).configurations] == [2, 4]


def test_what_a_file_calls_modelled_is_no_ground_for_more():
    """Nothing is fitted to it, and it stays."""
    guessed = [replace(one, provenance="modelled") for one in cell("1b", [2, 4, 8])]
    found = filled(guessed)
    assert [one for one, _ in found.configurations] == [weighing(one, WEIGHTS) for one in guessed]


def test_the_papers_k_are_met_when_they_are_left_out():
    """Each K of arXiv 2604.09722 but the ends, from the others: rounds to 0.2 %, acceptance to 8 % of it."""
    profile = paper_profile()
    for device in profile.devices:
        every = list(profile.configurations(device, as_name=device))
        for one in every:
            same = sorted(each.k for each in every if each.cell == one.cell)
            if len(same) < 4 or one.k in (same[0], same[-1]):
                continue
            others = [each for each in every if each.cell == one.cell and each.k != one.k]
            (found,) = [it for it, _ in filled(others, [one.k]).configurations if it.k == one.k]
            assert found.round_s.value == pytest.approx(one.round_s.value, rel=0.002)
            assert found.acceptance.rate.value == pytest.approx(one.acceptance.rate.value, rel=0.08)


def test_of_the_papers_drafters_that_are_left_out_the_interval_holds_as_many_as_it_says():
    """Three boards with four each, modelled from the other three, so 3 of 4 should be held: 9 of 12 or more are."""
    sizes = {"1b-inst": 0.81e9, "8b-inst": 4.92e9, "0.6b": 0.40e9, "8b": 5.03e9}  # of Q4_K_M files on the hub
    profile = paper_profile()
    every = [
        (weighing(one, {draft: int(size) for draft, size in sizes.items()}), profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]
    held = 0
    for device in profile.devices:
        for draft in sizes:
            true = [one for one, _ in every if (one.device, one.draft) == (device, draft)]
            others = [(one, serving) for one, serving in every if one not in true]
            ((found, _), *_) = [
                pair for pair in fill(others, [2]).configurations if (pair[0].device, pair[0].draft) == (device, draft)
            ]
            assert found.round_s.confidence == 0.75
            held += found.round_s.low / 2 <= true[0].round_s.value / true[0].k <= found.round_s.high / 2
    assert 9 <= held < 12


def test_no_share_of_draws_is_said_where_anything_is_modelled():
    """A model's error is in no draw: its point would be the best in each of them, or in none."""
    measured = [
        (sampled("1b", k, [(10, 7 * k), (10, 3 * k), (10, 5 * k)], [0.1 * k, 0.11 * k, 0.12 * k]), SERVING)
        for k in (1, 2, 4)
    ]
    (plain,) = groups_of(Query(objectives=[Goodput()], rules=QUICK).answer(measured))
    (one,) = groups_of(Query(objectives=[Goodput()], rules=QUICK, fill=True).answer(measured))
    by_goodput = Criterion(way="objective", objectives=(Goodput(),))
    for group, known in ((plain, True), (one, False)):
        assert all((choice.best_in is not None) == known for choice in group.rankings[0].choices)
        decision = decide(group, by_goodput, [])
        assert all((each.chosen_in is not None) == known for each in decision.alternatives)
        assert (decision.nothing_in is not None) == known


def test_a_query_ranks_what_is_modelled_and_names_the_best_that_is_not():
    """Between 2 and 8 lies a better K; how many are shown changes nothing of what is named."""
    measured = [(one, SERVING) for one in cell("1b", [1, 2, 8, 12], chance=0.8, token_s=0.08)]
    (plain,) = Query(objectives=[Goodput()]).answer(measured)
    (one,) = Query(objectives=[Goodput()], fill=True).answer(measured)
    assert (plain.modelled_best, plain.best_known) == (None, None)
    assert one.modelled_best is not None
    assert one.best_known is not None
    assert one.modelled_best.configuration.k not in (1, 2, 8, 12)
    best = max(measured, key=lambda pair: objective_value(Goodput(), pair[0], SERVING))[0]
    assert one.best_known.configuration == best
    assert one.best_known in one.choices
    (cut,) = Query(objectives=[Goodput()], fill=True, rules=replace(Query().rules, top=1)).answer(measured)
    assert cut.best_known == one.best_known
