"""What a ranking's best is held against: where speculation loses it is said first, and every way has its line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import measured_row
from made_up_objective import Silence
from weighed import QUICK, exact, group_of, paper_groups

from configspec.records.verification import TimedPass, Verification
from configspec.reporting.baseline_json import baseline_json
from configspec.reporting.baseline_words import baseline_lines, losses
from configspec.reporting.document import Notes, Paragraph, Section
from configspec.reporting.ranking_baselines import ASSUMED, UNTIMED, Alone, baselines_of
from configspec.reporting.rankings_section import ranking_sections
from configspec.reporting.run_document import run_report
from configspec.reporting.target_alone import TargetAlone
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking
from configspec.theory.figures import Estimate
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

MEASURED = Serving(verify_s=0.2, verify="measured", verify_s_by_k=((2, 0.2), (4, 0.2)))


def alone(pass_s: float) -> Alone:
    about = Estimate(value=pass_s, low=0.9 * pass_s, high=1.1 * pass_s, confidence=0.95, n=11)
    return {"llama": TargetAlone(k=2, context_tokens=128, pass_s=about)}


def goodput_of(*some: Configuration, serving: Serving = MEASURED) -> Ranking:
    return group_of(some, serving).rankings[0]


def lines(ranking: Ranking, of_targets: Alone) -> dict[str, str]:
    found = (line.partition(": ") for line in baseline_lines(ranking, baselines_of(ranking, of_targets)))
    return {way: words for way, _, words in found}


def test_a_loss_is_the_first_that_is_said_of_a_device_and_family():
    """The Pi 4B with K=5 alone and a verification of 0.2 s: 1.4 s a round for what takes 0.75 s otherwise."""
    slow = exact("1b-inst", 5, 0.546, 1.2106)
    (section,) = ranking_sections([goodput_of(slow, serving=Serving(verify_s=0.2))], 5, {})
    first, *rest = section.blocks
    assert isinstance(first, Paragraph)
    assert first.text == (
        "speculation is slower here than no speculation: the best by goodput, 1b-inst Q4_K_M K=5, has 2.64 tokens/s, "
        "no speculation 5.00 tokens/s; a round takes 1,411 ms (drafting 1,211 ms, verification 200 ms) and yields 3.73 "
        "tokens, which otherwise take 746 ms"
    )
    assert isinstance(rest[0], Section)


def test_nothing_is_said_first_where_nothing_loses():
    """The paper's winners by goodput are all faster than a token a round trip."""
    for group in paper_groups():
        (section,) = ranking_sections([group.rankings[0]], 5, {})
        assert all(isinstance(block, Section) for block in section.blocks)


def test_a_target_that_is_faster_by_itself_is_told_with_its_bound():
    """10 tokens/s or more: a loss is at least what is said, since the target may be faster still."""
    ranking = goodput_of(exact("1b", 4, 0.5, 0.35))  # 3 tokens in 0.55 s
    (said,) = losses(ranking, baselines_of(ranking, alone(0.1)))
    assert (
        "than cloud only: the best by goodput, 1b Q4_K_M K=4, has 5.45 tokens/s, cloud only 10.0 tokens/s or more"
        in said
    )
    assert said.endswith("yields 3.00 tokens, which otherwise take 300 ms or less")
    assert lines(ranking, alone(0.1))["cloud only"] == (
        "10.0 tokens/s or more (9.09 to 11.1), the target alone, a token in 100 ms or less (derived); the best is 1.83 "
        "times worse or more; as good with 40.0 drafted tokens/s or more; no acceptance and no time of verification "
        "and no link does it alone"
    )


def test_a_gain_over_a_bound_is_never_beyond_doubt():
    """The target may be faster than what was timed."""
    words = lines(goodput_of(exact("1b", 4, 0.5, 0.4)), alone(0.5))["cloud only"]
    assert "the best is 2.50 times better or less, which is not beyond doubt" in words
    assert "a verification of 1.10 s or less" in words


def test_why_the_target_alone_is_not_known():
    """Nobody timed it, or what was timed is another machine's; its bill is known all the same."""
    fast = exact("1b", 4, 0.5, 0.4)
    assert lines(goodput_of(fast), {})["cloud only"] == f"no value: {UNTIMED}"
    assert lines(goodput_of(fast, serving=Serving()), alone(0.1))["cloud only"] == f"no value: {ASSUMED}"
    cost = group_of([fast]).rankings[1]
    assert lines(cost, {})["cloud only"].startswith("1,111,000 tokens/$, the target alone; the best is")


def test_a_target_that_is_declared_is_known_whoever_timed_another():
    """6.9 tokens/s (arXiv 2603.19133) against 2, three tokens in 1.5 s: a loss beyond doubt, said first."""
    ranking = goodput_of(exact("1b", 4, 0.5, 0.4), serving=Serving(verify_s=1.1, target_tokens_per_s=6.9))
    for known in ({}, alone(0.5)):
        words = lines(ranking, known)["cloud only"]
        assert words.startswith("6.90 tokens/s, the target alone, a token in 145 ms (declared); the best is 3.45 times")
        assert "as good with a verification of 0.0348 s or less" in words
        (loss,) = losses(ranking, baselines_of(ranking, known))
        assert loss.startswith("speculation is slower here than cloud only")
        assert "a round takes 1,500 ms (drafting 400 ms, verification 1,100 ms) and yields 3.00 tokens" in loss
        assert loss.endswith("which otherwise take 435 ms")


def test_the_draft_alone_is_said_to_be_another_model():
    """And neither better nor worse: its quality is not that of the target."""
    words = lines(goodput_of(exact("1b", 4, 0.5, 0.4)), {})["device only"]
    assert words == "10.0 tokens/s, 1b Q4_K_M alone, with the quality of that model"
    assert not list(
        losses(goodput_of(exact("1b", 4, 0.5, 0.04)), baselines_of(goodput_of(exact("1b", 4, 0.5, 0.04)), {}))
    )


def test_an_objective_that_nobody_knows_has_its_baselines():
    """Silence: a plain token waits for all of its round trip; its word for losing is the plain one."""
    (ranking,) = group_of([exact("1b", 4, 0.5, 0.4)], objectives=[Silence()]).rankings
    assert lines(ranking, {})["no speculation"].startswith(
        "0.500 s/token, a token a round trip of 500 ms; the best is 3.00"
    )
    assert lines(ranking, {})["device only"] == "no value: nothing is waited for"


def test_a_ranking_of_nothing_is_held_against_nothing():
    """Its reason is told already."""
    ranking = group_of([exact("1b", 4, 0.5, 0.4, power_w=None)]).rankings[2]
    assert ranking.unavailable
    assert baselines_of(ranking, {}) == ()


def test_a_run_says_it_in_its_summary():
    """With the target's own passes, as its rows hold them."""
    seconds = Estimate(value=0.01, low=0.009, high=0.011, confidence=0.95, n=11)
    one = TimedPass(context_tokens=128, requests=1, seconds=seconds, samples_s=(0.01,))
    row = measured_row(2, verification=Verification(clock="here", passes=(one,)))
    serving = Serving(verify_s=1.0, verify="measured", verify_s_by_k=((2, 1.0),))
    text = as_text(run_report([replace(row, serving=serving)], top=3).whole)
    assert "speculation is slower here than cloud only" in text
    assert "  no speculation: 1.00 tokens/s or more" in text


def test_the_json_has_null_with_a_reason_or_a_value():
    """Of each way, in plain values."""
    ranking = goodput_of(exact("1b", 4, 0.5, 0.4))
    unknown, known = (
        baseline_json(next(one for one in baselines_of(ranking, of) if one.way == "cloud only"))
        for of in ({}, alone(0.5))
    )
    assert (unknown["value"], unknown["reason"], unknown["times_better"]) == (None, UNTIMED, None)
    assert known["value"] == pytest.approx(2.0)
    assert (known["provenance"], known["or_better"], known["shown"]) == ("derived", True, False)
    assert known["break_even"] == [
        {"figure": "acceptance", "now": 0.5, "pays": "at least", "value": pytest.approx(0.05)},
        {
            "figure": "drafting_tokens_per_s",
            "now": pytest.approx(10.0),
            "pays": "at least",
            "value": pytest.approx(4 / 1.3),
        },
        {"figure": "verify_s", "now": 0.2, "pays": "at most", "value": pytest.approx(1.1)},
        {"figure": "link_s", "now": 0.0, "pays": "at most", "value": pytest.approx(0.9)},
    ]


def test_notes_come_behind_the_baselines():
    """A ranking has a block of lines, the baselines on top; what to measure follows."""
    rankings = Query(rules=QUICK).answer([(exact("1b", 4, 0.5, 0.4), Serving())])
    (section,) = ranking_sections(rankings[:1], 5, {})
    (table_of_goodput,) = section.blocks
    assert isinstance(table_of_goodput, Section)
    notes = table_of_goodput.blocks[-1]
    assert isinstance(notes, Notes)
    assert [line.split(":")[0] for line in notes.lines] == [
        "no speculation",
        "cloud only",
        "device only",
        "only K=4 was measured",
    ]
