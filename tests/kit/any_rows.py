"""Any row that can be, for laws."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from any_serving import servings
from example_rows import BOARD, DRAFT, OPENED, TARGET
from hypothesis import strategies as st

from configspec.records.acceptance import AgreementCheck, CountedAcceptance
from configspec.records.asked_prompts import AskedPrompts
from configspec.records.decoded import EndToEnd
from configspec.records.drafting import Drafting, Method
from configspec.records.facts import ModelFacts
from configspec.records.going_back import GoingBack, mean_s
from configspec.records.origin import Origin
from configspec.records.passes import MemorySpeed, RecordedPass
from configspec.records.power import Power
from configspec.records.prefill import Prefill
from configspec.records.prompting import Prompting
from configspec.records.row import Environment, HostFacts, Models, Outcome, Refined, Resumed, Row, SampleRefs
from configspec.records.stated import StatedFacts
from configspec.records.verification import TimedPass, Verification
from configspec.theory.decoding import Decoding
from configspec.theory.evidence import Stated
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import NUMBERS, TEXTS, Code, Flag
from configspec.theory.going_back import ReturnCost
from configspec.theory.prediction import RoundCost
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.link import Link
from configspec.theory.slowness import ProcessorLoad
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

positive = st.floats(min_value=1e-9, max_value=1e9)
counts = st.integers(0, 99)
names = st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True)
texts = st.text(max_size=9)
hashes = st.sampled_from(["ab" * 32, "0c" * 32])


def origins() -> st.SearchStrategy[Origin]:
    return st.builds(Origin, node=st.none() | names, cpu=st.none() | texts, commit=st.none() | hashes)


@st.composite
def estimates(draw: st.DrawFn, most: float = 1e9) -> Estimate:
    low, value, high = sorted(draw(st.tuples(*[st.floats(min_value=1e-9, max_value=most)] * 3)))
    return Estimate(value=value, low=low, high=high, confidence=0.95, n=draw(counts))


def stated_facts() -> st.SearchStrategy[StatedFacts]:
    values = st.builds(
        Stated,
        goodput_tokens_per_s=st.none() | estimates(),
        tokens_per_usd=st.none() | estimates(),
        drafting_j_per_token=st.none() | estimates(),
    )
    some = st.none() | st.integers(1, 2**40)
    return st.builds(
        StatedFacts, weights_bytes=some, memory_bytes_per_s=st.none() | st.floats(1, 1e15), values=st.none() | values
    )


def times() -> st.SearchStrategy[tuple[float, ...]]:
    return st.lists(positive, max_size=5).map(tuple)


@st.composite
def returns(draw: st.DrawFn, k: int) -> GoingBack:
    each = (float(draw(counts)), *[0.0] * (k - 2))
    rounds = sum(each) + draw(counts)
    some = st.floats(min_value=1e-9, max_value=1e8)
    cost = ReturnCost(restore_s=draw(some), again_s=((1, 0.0), (k, draw(some))))
    return GoingBack(
        round_s=mean_s(each, rounds, cost),
        save_s=draw(positive),
        cost=cost,
        returns=each,
        rounds=rounds,
        checkpoint_bytes=draw(counts),
        samples=draw(counts),
    )


@st.composite
def passes_over(draw: st.DrawFn, samples_s: tuple[float, ...]) -> tuple[RecordedPass, ...]:
    """The samples in two passes that count, where there are enough, and maybe a slow one that does not."""
    seconds = st.none() | positive
    load = st.builds(
        ProcessorLoad,
        window_s=positive,
        processors=st.integers(1, 8),
        own_s=positive,
        others_s=seconds,
        waiting_s=seconds,
    )
    memory = MemorySpeed(bytes_per_s=9e9, threads=2, bytes=64 << 20, passes=3, elapsed_s=0.2, method="sums")
    cut = draw(st.integers(0, len(samples_s)))
    parts = [(True, part) for part in (samples_s[:cut], samples_s[cut:]) if part]
    return tuple(
        RecordedPass(
            began="2026-11-29T07:00:00+00:00",
            counted=counted,
            round_samples_s=part,
            load=draw(st.none() | load),
            load_reason=draw(st.none() | texts),
            memory=draw(st.none() | st.just(memory)),
            memory_reason=draw(st.none() | texts),
        )
        for counted, part in [*parts, *draw(st.sampled_from(([], [(False, (9.0,))])))]
    )


@st.composite
def prefills(draw: st.DrawFn) -> Prefill:
    """Timed here, or a speed that somebody states."""
    samples_s = draw(times())
    if not samples_s:
        return Prefill(tokens_per_s=draw(estimates()), tokens=draw(st.none() | st.integers(1, 99)))
    tokens, seconds = draw(st.integers(1, 99)), median_estimate(samples_s)
    return Prefill(tokens_per_s=tokens_per_s(tokens, seconds), tokens=tokens, samples_s=samples_s)


@st.composite
def draftings(draw: st.DrawFn, k: int) -> Drafting:
    samples_s = draw(times())
    round_s = median_estimate(samples_s) if samples_s else draw(estimates())
    method = draw(st.sampled_from(get_args(Method)))
    return Drafting(
        tokens_per_s=Estimate(value=k / round_s.value, low=k / round_s.high, high=k / round_s.low, confidence=1, n=1),
        round_s=round_s,
        round_samples_s=samples_s,
        method=method,
        clock=draw(texts),
        timed_k=draw(st.none() | st.just(k if method == "separate rounds" else k + 1)),
        rounds=draw(st.none() | st.just(len(samples_s))),
        seconds_allowed=draw(st.none() | positive),
        going_back=draw(st.none() | returns(k)) if k > 1 else None,
        going_back_reason=draw(st.none() | texts),
        passes=draw(st.none() | passes_over(samples_s)),
        passes_reason=draw(st.none() | texts),
        prefill=draw(st.none() | prefills()),
        prefill_reason=draw(st.none() | texts),
    )


def asked_prompts(prompts: int) -> st.SearchStrategy[AskedPrompts]:
    return st.builds(
        AskedPrompts,
        shape=texts,
        in_file=counts,
        categories=st.integers(1, prompts).flatmap(
            lambda first: st.tuples(texts, texts).map(
                lambda names: tuple((n, c) for n, c in zip(names, (first, prompts - first), strict=True) if c)
            )
        ),
        not_taken=st.lists(st.tuples(texts, counts), max_size=2).map(tuple),
        longest=st.sampled_from(["error", "skip", "truncate"]),
        skipped=counts,
    )


def promptings() -> st.SearchStrategy[Prompting]:
    return st.builds(
        Prompting,
        template=st.sampled_from(["none", "tokenizer folder", "gguf", "server", "file"]),
        template_sha256=st.none() | hashes,
        template_reason=st.none() | texts,
        system_sha256=st.none() | hashes,
        thinking=st.sampled_from([None, "on", "off", "no switch"]),
        date=st.none() | texts,
        variables=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
        special_tokens=st.sampled_from(["text", "parse"]),
    )


@st.composite
def acceptances(draw: st.DrawFn, k: int) -> CountedAcceptance:
    some = st.integers(1, 99) | st.floats(1, 99)  # expected counts are not whole
    by_prompt = tuple((rounds, min(draw(some), k * rounds)) for rounds in draw(st.lists(some, min_size=1, max_size=4)))
    rounds, accepted = (sum(each) for each in zip(*by_prompt, strict=True))
    rate = accepted / (k * rounds)
    known = draw(st.booleans())
    check = AgreementCheck(
        prompts=2, positions=192, differ=3, beyond_ties=1, largest_gap=0.25, near_tie=0.05, context=512
    )
    return CountedAcceptance(
        rate=Estimate(value=rate, low=rate / 2, high=max(rate, 1.0), confidence=0.95, n=draw(counts)),
        rounds=rounds if known else None,
        drafted=k * rounds if known else None,
        accepted=accepted if known else None,
        by_prompt=by_prompt if draw(st.booleans()) else (),
        prompts_sha256=draw(st.none() | hashes),
        prompting=draw(st.none() | promptings()),
        prompting_reason=draw(st.none() | texts),
        asked=draw(st.none() | asked_prompts(len(by_prompt))),
        asked_reason=draw(st.none() | texts),
        decoding=draw(st.none() | st.just(Decoding(temperature=0.8, top_k=20, rule="rejection"))),
        method="counted",
        prompt_s=draw(st.none() | st.floats(0, 9999)),
        check=draw(st.none() | st.just(check)),
        check_reason=draw(st.none() | texts),
    )


def verifications() -> st.SearchStrategy[Verification]:
    one = st.builds(TimedPass, context_tokens=counts, requests=counts, seconds=estimates(), samples_s=times())
    return st.builds(Verification, clock=texts, passes=st.lists(one, max_size=2).map(tuple))


@st.composite
def decodings(draw: st.DrawFn) -> EndToEnd:
    accepted, drafted = sorted(draw(st.tuples(counts, counts)))
    catch_ups, rounds = sorted(draw(st.tuples(counts, st.integers(1, 99))))
    seconds = st.just(0.0) | positive
    tokens, total_s = draw(st.integers(1, 99)), draw(positive)
    return EndToEnd(
        goodput_tokens_per_s=tokens / total_s,
        goodput_by_repeat_tokens_per_s=draw(times()),
        repeats_s=draw(times()),
        predicted_goodput_tokens_per_s=draw(positive),
        tokens=tokens,
        rounds=max(rounds, 1),
        drafted=drafted,
        accepted=accepted,
        catch_ups=catch_ups,
        predicted_rounds=draw(positive),
        predicted_catch_ups=draw(positive),
        drafting_s=draw(seconds),
        link_s=draw(seconds),
        verification_s=draw(seconds),
        bookkeeping_s=draw(seconds),
        total_s=total_s,
        cost=RoundCost(round_s=draw(positive), catch_up_s=0.0, verify_s=0.5, exchange_s=0.001),
        prompts=("p1", "p2"),
        new_tokens=draw(counts),
        rule="rejection",
        output="equal",
        link=draw(st.none() | st.just(Link(rtt_s=0.02, bits_per_s=1e8))),
        energy_reason="no meter",
    )


@st.composite
def flags(draw: st.DrawFn) -> Flag:
    code = draw(st.sampled_from(get_args(Code)))
    numbers = [(name, draw(texts) if name in TEXTS else draw(counts)) for name in NUMBERS[code]]
    return Flag(code=code, numbers=tuple(numbers))


def environments() -> st.SearchStrategy[Environment]:
    return st.builds(
        Environment,
        device=st.none() | st.builds(replace, st.just(BOARD), cores=st.integers(1, 8), load_1min=positive),
        host=st.none() | st.builds(HostFacts, python=texts, configspec=texts),
        source=st.none() | texts,
        env_names=st.lists(names, max_size=2).map(tuple),
    )


def drafts() -> st.SearchStrategy[ModelFacts]:
    """As older files have them, and with settings and what llama.cpp logged."""
    values = st.booleans() | counts | names | st.lists(counts, max_size=3).map(tuple)
    opened = st.builds(replace, st.just(OPENED), layers=st.none() | counts, cache_buffers_bytes=sizes())
    settings = st.dictionaries(names, values, max_size=3)
    return st.just(DRAFT) | st.builds(replace, st.just(DRAFT), settings=settings, opened=st.none() | opened)


def sizes() -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(names, counts, max_size=2)


def rows() -> st.SearchStrategy[Row]:
    return st.integers(1, 64).flatmap(rows_of)


@st.composite
def rows_of(draw: st.DrawFn, k: int) -> Row:
    """Some of which were asked one prompt more than their sweep has."""
    row = draw(_rows_of(k))
    if row.refined is None or len(row.acceptance.by_prompt) == 1 or draw(st.booleans()):
        return row
    return replace(row, refined=replace(row.refined, prompts=1, sweep_prompts_sha256=draw(hashes)))


def _rows_of(k: int) -> st.SearchStrategy[Row]:
    return st.builds(
        Row,
        device=names,
        family=names,
        draft=names,
        quant=names,
        algorithm=st.just("chain") | names,
        settings=st.dictionaries(names, names, max_size=2),
        k=st.just(k),
        provenance=st.sampled_from(get_args(Provenance)),
        drafting=draftings(k),
        acceptance=acceptances(k),
        power=st.just(Power(watts=None, reason="no meter")) | st.builds(Power, watts=estimates(), reason=st.none()),
        serving=st.builds(
            Serving, verify_s=positive, verify_s_by_k=st.lists(st.tuples(counts, positive), max_size=2).map(tuple)
        )
        | servings(),
        verification=st.none() | verifications(),
        end_to_end=st.none() | decodings(),
        models=st.just(Models())
        | st.builds(Models, draft=drafts(), target=st.just(TARGET))
        | st.builds(
            Models,
            draft=drafts(),
            target=st.just(TARGET),
            draft_tensor_types=st.just({"Q4_K": 9, "F32": 5}),
            draft_tensor_types_reason=st.none(),
        ),
        environment=environments(),
        flags=st.lists(flags(), max_size=2).map(tuple),
        samples=st.builds(SampleRefs, acceptance=st.none() | hashes, times=st.none() | hashes),
        attempts=st.integers(1, 3),
        first_cause=st.none() | texts,
        outcome=st.none() | st.sampled_from(get_args(Outcome)),
        resumed=st.none() | st.builds(Resumed, file=names, datetime=names),
        refined=st.none() | st.builds(Refined, objective=names, passes=counts, sweep_round_s=estimates()),
        origin=st.none() | origins(),
        stated=st.none() | stated_facts(),
    )
