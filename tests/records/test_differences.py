"""What differs between two rows beside their figures."""

from __future__ import annotations

from dataclasses import replace

from any_rows import rows
from example_rows import BOARD, DRAFT, whole_row
from hypothesis import given, settings

from configspec.records.differences import differences, facts_of
from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.theory.flags import flag


def keys(**changes: object) -> list[str]:
    """What differs between the example row and one whose board or draft has these values."""
    board = {name: value for name, value in changes.items() if name in DeviceFacts.__dataclass_fields__}
    draft = {name: value for name, value in changes.items() if name in ModelFacts.__dataclass_fields__}
    changed = whole_row(4, board=replace(BOARD, **board), draft=replace(DRAFT, **draft))  # type: ignore[arg-type]
    return [one.key for one in differences([(facts_of(whole_row(4)), facts_of(changed))])]


@settings(max_examples=30)
@given(rows())
def test_a_row_does_not_differ_from_itself(row):
    """Whatever it holds."""
    assert differences([(facts_of(row), facts_of(row))]) == ()


@settings(max_examples=30)
@given(rows(), rows())
def test_every_difference_is_seen_from_both_sides(one, other):
    """What was and what is change places; nothing else does."""
    there, back = (differences([pair]) for pair in ((facts_of(one), facts_of(other)), (facts_of(other), facts_of(one))))
    assert {(found.key, found.then, found.now) for found in there} == {
        (found.key, found.now, found.then) for found in back
    }


def test_figures_of_the_measurement_are_no_facts():
    """Another K and other times are what was asked for and what came out."""
    row = whole_row(4)
    timed = replace(row.drafting, round_samples_s=(0.5,) * 20, tokens_per_s=replace(row.drafting.tokens_per_s, n=20))
    other = replace(row, drafting=timed, acceptance=replace(row.acceptance, accepted=None, by_prompt=()))
    assert facts_of(other) == facts_of(whole_row(4))
    assert [one.key for one in differences([(facts_of(whole_row(2)), facts_of(whole_row(4)))])] == ["drafting.timed_k"]


def test_the_likeliest_causes_come_first():
    """Governor, build, threads, layers on the GPU, load, file, context; then what else there is."""
    wanted = [
        "environment.device.governor",
        "environment.device.llama_cpp_version",
        "models.draft.threads",
        "models.draft.gpu_layers",
        "environment.device.load_1min",
        "models.draft.file_sha256",
        "models.draft.context",
        "environment.device.cpu_model",
    ]
    found = keys(
        cpu_model="Cortex-A55",
        context=64,
        file_sha256="e2" * 32,
        load_1min=9.5,
        gpu_layers=4,
        threads=1,
        llama_cpp_version="0.4",
        governor="powersave",
    )
    assert found == wanted


def test_a_key_that_nobody_listed_is_compared():
    """An entry of the model's metadata."""
    assert keys(metadata={"general.architecture": "llama", "tokenizer.chat_template": "x"}) == [
        "models.draft.metadata.tokenizer.chat_template"
    ]


def test_a_flag_is_a_fact():
    """A disturbed row is told beside one that is not."""
    row = whole_row(4)
    found = differences([(facts_of(row), facts_of(row.flagged(flag("pauses", samples=9, slow=3, times=1.5))))])
    assert [(one.key, one.then, one.now) for one in found] == [("flags.pauses", None, True)]


def test_rows_are_counted():
    """In how many pairs a fact differs, and in how many ways."""
    usual, one, other = (facts_of(whole_row(4, draft=replace(DRAFT, threads=threads))) for threads in (4, 2, 1))
    found = differences([(usual, one), (usual, one), (usual, other), (usual, usual)])
    assert [(fact.key, fact.then, fact.now, fact.pairs, fact.values) for fact in found] == [
        ("models.draft.threads", 4, 2, 3, 2)
    ]


def test_what_changes_by_itself_is_marked():
    """The load of a board is another one a minute later; its governor is not."""
    board = replace(BOARD, load_1min=3.0, governor="powersave")
    found = differences([(facts_of(whole_row(4)), facts_of(whole_row(4, board=board)))])
    assert [(one.key.rpartition(".")[2], one.is_fleeting) for one in found] == [
        ("governor", False),
        ("load_1min", True),
    ]
