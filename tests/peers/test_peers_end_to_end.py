"""What a comparison end to end says of its counts and of a round's time, with an engine that needs no model."""

from __future__ import annotations

from end_to_end import Turn, where_it_goes

from configspec.profiling.speculative import SpeculativeRun, Spent


def test_the_parts_of_a_round_are_means_over_our_runs() -> None:
    """Two runs of 10 rounds each: 3 and 5 ms of drafting are 0.4 ms a round; theirs took 20 ms for 10."""
    runs = [
        SpeculativeRun(
            tokens=(1,) * 20,
            rounds=10,
            drafted=40,
            accepted=10,
            catch_ups=0,
            spent=Spent(total_s=drafting_s + 0.010, drafting_s=drafting_s, link_s=0.002, verification_s=0.007),
        )
        for drafting_s in (0.003, 0.005)
    ]
    ours = Turn(tokens=40, seconds=0.028, rounds=20, runs=runs)
    theirs = Turn(tokens=20, seconds=0.020, rounds=10)
    assert where_it_goes(ours, theirs) == (
        "ms a round: theirs 2.000, ours drafting 0.400, link 0.200, verification 0.700, the rest 0.100"
    )


def test_turns_add_up() -> None:
    """Tokens, seconds and rounds, from which speeds are made."""
    total = Turn(tokens=1, seconds=0.5, rounds=2)
    total.add(Turn(tokens=2, seconds=0.25, rounds=3))
    assert (total.tokens, total.seconds, total.rounds) == (3, 0.75, 5)
