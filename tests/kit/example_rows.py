"""Rows of a measured and of a decoded configuration, for tests of what is made and shown of them."""

from __future__ import annotations

from dataclasses import replace

from configspec.profiling.recorded_cell import recorded_row
from configspec.records.acceptance import CountedAcceptance
from configspec.records.asked_prompts import AskedPrompts
from configspec.records.decoded import EndToEnd
from configspec.records.drafting import Drafting
from configspec.records.facts import DeviceFacts, ModelFacts, Opened
from configspec.records.power import Power
from configspec.records.row import Environment, Models, Row, SampleRefs, TargetFacts
from configspec.records.verification import Verification
from configspec.theory.figures import Estimate
from configspec.theory.prediction import RoundCost
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

ONE = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=9)
DECODED = EndToEnd(
    goodput_tokens_per_s=4.0,
    goodput_by_repeat_tokens_per_s=(4.0,),
    repeats_s=(25.0,),
    predicted_goodput_tokens_per_s=5.0,
    tokens=100,
    rounds=40,
    drafted=80,
    accepted=60,
    catch_ups=10,
    predicted_rounds=40.0,
    predicted_catch_ups=10.0,
    drafting_s=5.0,
    link_s=2.5,
    verification_s=15.0,
    bookkeeping_s=2.5,
    total_s=25.0,
    cost=RoundCost(round_s=0.125, catch_up_s=0.025, verify_s=0.375, exchange_s=0.05),
    prompts=("p",),
    new_tokens=100,
    rule="match-greedy-draft",
    output="equal",
    link=None,
    energy_reason="no meter",
)
BOARD = DeviceFacts(
    platform="Linux-6.1-aarch64",
    machine="aarch64",
    board="NVIDIA Jetson Orin Nano",
    cpu_model="Cortex-A78AE",
    cores=8,
    governor="performance",
    governor_reason=None,
    load_1min=0.1,
    memory_bytes=8 << 30,
    python="3.10.12",
    llama_cpp_version="0.3.36",
    llama_cpp_system_info="CPU : NEON = 1",
    llama_cpp_reason=None,
)
DRAFT = ModelFacts(
    architecture="llama",
    description="llama 13M Q8_0",
    parameters=13_000_000,
    weights_bytes=14_000_000,
    file_bytes=14_100_000,
    file_sha256="d1" * 32,
    vocabulary=4096,
    vocabulary_sha256="0c" * 32,
    trained_context=2048,
    context=512,
    batch=512,
    threads=4,
    gpu_layers=0,
    load_s=0.05,
    metadata={"general.architecture": "llama"},
)
OPENED = Opened(
    layers_on_gpu=20,
    layers=33,
    context=512,
    batch=512,
    micro_batch=512,
    threads=4,
    threads_batch=4,
    flash_attention="on",
    cache_type_k="f16",
    cache_type_v="f16",
    locked=None,
    gpus=("CUDA0 (Orin)",),
    model_buffers_bytes={"CPU_Mapped": 1, "CUDA0": 2},
    cache_buffers_bytes={"CUDA0": 3},
    compute_buffers_bytes={},
)
TARGET = TargetFacts(sha256="7a" * 32, sha256_reason=None, dtype="float32", runtime="transformers 5.0")


def measured_row(
    k: int, *, device: str = "board", verification: Verification | None = None, end_to_end: EndToEnd | None = None
) -> Row:
    """A row of draft xs of the family `pair` at K, without samples; what measured it is not known."""
    return Row(
        device=device,
        family="pair",
        draft="xs",
        quant="Q8_0",
        k=k,
        provenance="measured",
        drafting=Drafting(
            tokens_per_s=Estimate(value=k / 0.5, low=k / 0.6, high=k / 0.4, confidence=0.95, n=9),
            round_s=ONE,
            method="shared rounds",
            clock="the device's monotonic clock",
        ),
        acceptance=CountedAcceptance(rate=ONE, rounds=None, drafted=None, accepted=None, method="counted"),
        power=Power(watts=None, reason="no meter"),
        serving=Serving(),
        verification=verification,
        end_to_end=end_to_end,
    )


def whole_row(
    k: int,
    *,
    device: str = "orin",
    board: DeviceFacts = BOARD,
    draft: ModelFacts = DRAFT,
    samples: SampleRefs = SampleRefs(),  # noqa: B008 (frozen)
) -> Row:
    """A row as a device gives it: with its board, its models, samples and counts by prompt."""
    row = measured_row(k, device=device)
    drafting = replace(
        row.drafting,
        round_samples_s=tuple(0.4905 + 1e-3 * one for one in range(20)),
        timed_k=k,
        depth_tokens=128,
        rounds=20,
        rounds_asked=20,
        warmup_rounds=2,
        seconds_allowed=60.0,
    )
    acceptance = replace(
        row.acceptance,
        rounds=24,
        drafted=24 * k,
        accepted=12 * k,
        by_prompt=((1, 0), (1, k)) * 12,
        prompts_sha256="ab" * 32,
        asked=AskedPrompts(shape="prompts", in_file=24, categories=(("code", 16), ("prose", 8))),
        asked_reason=None,
        prompts=24,
        new_tokens=96,
    )
    return replace(
        row,
        drafting=drafting,
        acceptance=acceptance,
        models=Models(draft=draft, target=TARGET),
        environment=Environment(device=board, inventory_sha256="1e" * 32),
        samples=samples,
    )


def replayed_row(configuration: Configuration, serving: Serving = Serving(), *, source: str = "a print") -> Row:  # noqa: B008
    """A row of figures from a profile file."""
    return recorded_row(configuration, serving, Environment(source=source))


def raw_row(row: Row, *, figure: float = 1.0) -> dict[str, object]:
    """The row in an entry of pytest-benchmark's file; `figure` is its only time."""
    from configspec.records.codec import to_record
    from configspec.records.row import KEY

    name = f"test[{row.id.id}]"
    return {
        "group": None,
        "name": name,
        "fullname": f"t.py::{name}",
        "params": {"configuration": row.id.as_json()},
        "param": row.id.id,
        "extra_info": {KEY: to_record(row)},
        "options": {"timer": "device_clock"},
        "stats": {"data": [figure]},
    }
