"""A model whose state cannot be cut back: Mamba, of random numbers. What a KV cache forgets, it must evaluate anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from configspec.devices.device import Device, open_device
from configspec.testbed.device_spec import DeviceSpec, LlamaCppSpec

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
gguf = pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")

VOCABULARY = 300
WIDTH = 64
PROMPT = list(range(2, 40))


@pytest.fixture(scope="module")
def device(agent_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    path = tmp_path_factory.mktemp("gguf") / "mamba.gguf"
    write_tiny_mamba(path)
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=256))
    with open_device(spec, agent_cache) as opened:
        assert opened.open_model(path).architecture == "mamba"
        yield opened


def write_tiny_mamba(path: Path) -> None:
    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, "mamba")
    inner, state, convolution, rank = 2 * WIDTH, 16, 4, 4
    writer.add_context_length(2048)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_block_count(1)
    writer.add_ssm_conv_kernel(convolution)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{index}" for index in range(VOCABULARY)])
    writer.add_token_types([gguf.TokenType.NORMAL] * VOCABULARY)
    writer.add_token_merges(["t 0"])

    def tensor(name: str, *shape: int, scale: float) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * scale).astype(np.float32))

    tensor("token_embd.weight", VOCABULARY, WIDTH, scale=1.0)
    tensor("output.weight", VOCABULARY, WIDTH, scale=3.0 * WIDTH**-0.5)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(WIDTH, np.float32))
    tensor("blk.0.ssm_in.weight", 2 * inner, WIDTH, scale=WIDTH**-0.5)
    tensor("blk.0.ssm_conv1d.weight", inner, convolution, scale=0.5)
    tensor("blk.0.ssm_conv1d.bias", inner, scale=0.1)
    tensor("blk.0.ssm_x.weight", rank + 2 * state, inner, scale=inner**-0.5)
    tensor("blk.0.ssm_dt.weight", inner, rank, scale=0.5)
    tensor("blk.0.ssm_dt.bias", inner, scale=1.0)
    writer.add_tensor("blk.0.ssm_a", -np.tile(np.arange(1, state + 1, dtype=np.float32), (inner, 1)))
    writer.add_tensor("blk.0.ssm_d", np.ones(inner, np.float32))
    tensor("blk.0.ssm_out.weight", WIDTH, inner, scale=inner**-0.5)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_rejected_draft_leaves_no_trace_in_the_state(device: Device) -> None:
    """Drafting again, and going on after a partial acceptance, give what a fresh sequence gives."""
    device.prefill(PROMPT)
    first = device.draft(8)
    assert len(set(first.tokens)) > 2
    assert device.draft(8, keep=len(PROMPT)).tokens == first.tokens
    going_on = device.draft(4, keep=len(PROMPT) + 2, append=[7])
    device.prefill([*PROMPT, *first.tokens[:2], 7])
    assert device.draft(4).tokens == going_on.tokens


def test_rounds_and_scores_agree_with_the_draft(device: Device) -> None:
    """Every timed round starts from the same state, and scoring proposes the same tokens."""
    device.prefill(PROMPT)
    timed = device.timed_rounds(6, rounds=4, warmup=1, seconds=60.0)
    assert timed.rounds_that_differ == 0
    assert device.score([*PROMPT, *timed.tokens], len(PROMPT)).argmax == timed.tokens
