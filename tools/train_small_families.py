"""Train the small families: two real language models, each a target and three drafts, small enough for a repository.

    python tools/train_small_families.py fixtures/models --family tiny-llama
    python tools/train_small_families.py fixtures/models --family tiny-qwen3

A model first learns from text. A draft may then learn from the target's own distribution (distillation), for as many
steps as its size deserves, so that a larger draft is accepted more often; `--phase` does one of the two alone, and
`--phase distil` may be repeated, with another `--seed`, until a draft is worth its size.

The text is the standard library's own source (PSF licence), which every Python installation carries, so nothing
is downloaded. Each family has one byte-level BPE tokenizer of 1,024 tokens, cut by the pre-tokenizer of the large
family that it imitates, so that llama.cpp knows it by name. All widths are 256, because the K-quants of llama.cpp
work on rows of 256 values: a narrower model would be quantised by other types than its name says.

Needs the `transformers` extra (torch, transformers, tokenizers). One CPU core takes about an hour a family.
`MODEL_CARD.md` beside the models says what came out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCABULARY = 1024
CONTEXT = 1024  # positions the models declare; they have seen no text longer than WINDOW
WINDOW = 256
BATCH = 16  # windows a step: 16 * 256 = 4,096 tokens
WARMUP_STEPS = 60
HELD_OUT_FILES = 40  # every n-th file of the corpus, never trained on

# The pre-tokenizers of Llama 3 and Qwen 2/3, as their tokenizer.json files have them; llama.cpp: "llama-bpe", "qwen2".
PRE_TOKENIZER = {
    "tiny-llama": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "tiny-qwen3": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
SPECIAL = {
    "tiny-llama": ("<|begin_of_text|>", "<|end_of_text|>"),
    "tiny-qwen3": ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
}
END_OF_TEXT = {"tiny-llama": "<|end_of_text|>", "tiny-qwen3": "<|endoftext|>"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One model of a family: its size, and how long it trains."""

    layers: int
    feed_forward: int
    steps: int  # on text
    distil_steps: int  # on the target's distribution, after that
    peak_rate: float


SHAPES = {
    "target": Shape(layers=3, feed_forward=768, steps=1000, distil_steps=0, peak_rate=3e-3),
    "xs": Shape(layers=1, feed_forward=256, steps=300, distil_steps=0, peak_rate=4e-3),
    "m": Shape(layers=2, feed_forward=512, steps=800, distil_steps=450, peak_rate=4e-3),
    "s": Shape(layers=2, feed_forward=256, steps=700, distil_steps=250, peak_rate=4e-3),
}
DISTIL_RATE = 0.5  # of the peak rate


def corpus() -> list[str]:
    """The standard library's modules, without its tests, in a fixed order."""
    root = Path(sysconfig.get_paths()["stdlib"])
    skipped = {"test", "tests", "site-packages", "idle_test", "__pycache__", "dist-packages"}
    texts = []
    for path in sorted(root.rglob("*.py")):
        if skipped.isdisjoint(path.relative_to(root).parts):
            try:
                texts.append(path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                continue
    return [text for text in texts if text.strip()]


def train_tokenizer(family: str, texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE of `VOCABULARY` tokens, special tokens first, as the family's large relatives have it."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=family == "tiny-llama"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENIZER[family]), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL[family]),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=SPECIAL[family][0] if family == "tiny-llama" else None,
        eos_token=END_OF_TEXT[family],
        pad_token=END_OF_TEXT[family],
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )


def encode(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """All files as one stream of ids, shape (tokens,), each file between its begin and end tokens."""
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id
    ids: list[int] = []
    for text in texts:
        if begin is not None:
            ids.append(begin)
        ids.extend(tokenizer.encode(text, add_special_tokens=False))
        ids.append(end)
    return torch.tensor(ids, dtype=torch.long)


def build(family: str, shape: Shape, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """An untrained model of the family's architecture."""
    common = {
        "vocab_size": VOCABULARY,
        "hidden_size": 256,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "rms_norm_eps": 1e-5,
    }
    if family == "tiny-llama":
        return LlamaForCausalLM(LlamaConfig(**common))
    return Qwen3ForCausalLM(Qwen3Config(**common))


def windows(stream: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One batch, shape (BATCH, WINDOW), cut anywhere."""
    starts = torch.randint(len(stream) - WINDOW, (BATCH,), generator=generator)
    return torch.stack([stream[start : start + WINDOW] for start in starts.tolist()])


def held_out_loss(model: PreTrainedModel, stream: torch.Tensor) -> float:
    """Mean cross-entropy in nats a token over the first windows of files never trained on."""
    model.eval()
    count = min(32, len(stream) // WINDOW)
    batches = stream[: count * WINDOW].reshape(count, WINDOW).split(BATCH)
    with torch.no_grad():
        losses = [float(model(input_ids=batch, labels=batch).loss) * len(batch) for batch in batches]
    return sum(losses) / count


def train(
    model: PreTrainedModel,
    stream: torch.Tensor,
    *,
    steps: int,
    peak_rate: float,
    seed: int,
    teacher: PreTrainedModel | None = None,
) -> None:
    """AdamW, linear warm-up, cosine down to a tenth of the peak rate; on the text, or on the teacher's distribution."""
    generator = torch.Generator().manual_seed(seed)
    optimizer, schedule = _optimizer(model, steps, peak_rate)
    model.train()
    began = time.monotonic()
    for step in range(steps):
        batch = windows(stream, generator)
        loss = model(input_ids=batch, labels=batch).loss if teacher is None else divergence(model, teacher, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            tokens_per_s = (step + 1) * BATCH * WINDOW / (time.monotonic() - began)
            print(f"  step {step:5d}/{steps}  loss {loss.item():.3f}  {tokens_per_s:,.0f} tokens/s", flush=True)


def divergence(model: PreTrainedModel, teacher: PreTrainedModel, batch: torch.Tensor) -> torch.Tensor:
    """Mean Kullback-Leibler divergence of the draft's next-token distribution from the target's, nats a token."""
    with torch.no_grad():
        wanted = torch.log_softmax(teacher(input_ids=batch).logits, dim=-1)
    given = torch.log_softmax(model(input_ids=batch).logits, dim=-1)
    return torch.nn.functional.kl_div(given.flatten(0, 1), wanted.flatten(0, 1), log_target=True, reduction="batchmean")


def _optimizer(
    model: PreTrainedModel, steps: int, peak_rate: float
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
        lr=peak_rate,
        betas=(0.9, 0.95),
        fused=True,
    )

    def rate(step: int) -> float:
        if step < WARMUP_STEPS:
            return (step + 1) / WARMUP_STEPS
        done = (step - WARMUP_STEPS) / max(1, steps - WARMUP_STEPS)
        return 0.1 + 0.45 * (1 + math.cos(math.pi * done))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One family's text: what is trained on, what is held out, and where it is from."""

    family: str
    tokenizer: PreTrainedTokenizerFast
    stream: torch.Tensor
    unseen: torch.Tensor
    corpus_sha256: str
    corpus_files: int


def make_lesson(family: str) -> Lesson:
    """The corpus, tokenised by a tokenizer that was trained on it."""
    texts = corpus()
    trained_on = [text for index, text in enumerate(texts) if index % HELD_OUT_FILES]
    tokenizer = train_tokenizer(family, trained_on)
    return Lesson(
        family=family,
        tokenizer=tokenizer,
        stream=encode(tokenizer, trained_on),
        unseen=encode(tokenizer, texts[::HELD_OUT_FILES]),
        corpus_sha256=hashlib.sha256("\0".join(texts).encode()).hexdigest(),
        corpus_files=len(texts),
    )


def learn_text(lesson: Lesson, name: str, place: Path, seed: int) -> None:
    """Train one model on text, and save it."""
    shape = SHAPES[name]
    torch.manual_seed(seed)
    model = build(lesson.family, shape, lesson.tokenizer)
    print(f"{lesson.family}/{name}: {model.num_parameters():,} parameters", flush=True)
    train(model, lesson.stream, steps=shape.steps, peak_rate=shape.peak_rate, seed=seed)
    save(model, lesson, place, {"steps": shape.steps, "distil_steps": 0, "seed": seed})


def learn_from_target(lesson: Lesson, name: str, place: Path, seed: int) -> None:
    """Train one draft, which knows text already, on the target's distribution, and save it."""
    shape = SHAPES[name]
    if not shape.distil_steps:
        return
    print(f"{lesson.family}/{name}: learning from the target", flush=True)
    model, earlier = load(lesson.family, place), json.loads((place / "training.json").read_text(encoding="utf-8"))
    teacher = load(lesson.family, place.with_name("target")).eval()
    rate = DISTIL_RATE * shape.peak_rate
    train(model, lesson.stream, steps=shape.distil_steps, peak_rate=rate, seed=seed + 1, teacher=teacher)
    distilled = earlier["distil_steps"] + shape.distil_steps
    save(model, lesson, place, {"steps": earlier["steps"], "distil_steps": distilled, "seed": earlier["seed"]})


def load(family: str, place: Path) -> PreTrainedModel:
    """A saved model, in float32."""
    kind = LlamaForCausalLM if family == "tiny-llama" else Qwen3ForCausalLM
    return kind.from_pretrained(place, dtype=torch.float32, trust_remote_code=False)


def save(model: PreTrainedModel, lesson: Lesson, place: Path, how: dict[str, int]) -> None:
    """Weights in bf16, tokenizer, and `training.json` that says how it came about."""
    loss = held_out_loss(model, lesson.unseen)
    facts = {
        "parameters": model.num_parameters(),
        **how,
        "tokens_a_step": BATCH * WINDOW,
        "held_out_loss_nats_per_token": round(loss, 4),
        "corpus": "Python standard library source, PSF licence, tests left out",
        "corpus_sha256": lesson.corpus_sha256,
        "corpus_files": lesson.corpus_files,
        "python": sys.version.split()[0],
        "torch": torch.__version__,
    }
    model.to(torch.bfloat16).save_pretrained(place)
    lesson.tokenizer.save_pretrained(place)
    (place / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"{lesson.family}/{place.name}: held-out loss {loss:.3f} nats a token, saved in {place}", flush=True)


def main() -> int:
    """Train what was asked for; each finished model is on disk before the next begins."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the families go, such as fixtures/models")
    parser.add_argument("--family", choices=sorted(PRE_TOKENIZER), action="append", help="default: both")
    parser.add_argument("--model", choices=list(SHAPES), action="append", help="default: all four")
    parser.add_argument("--phase", choices=("text", "distil"), help="default: both")
    parser.add_argument("--seed", type=int, default=20260)
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0 leaves torch's own choice")
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    for family in asked.family or sorted(PRE_TOKENIZER):
        lesson = make_lesson(family)
        print(f"{family}: {len(lesson.stream):,} tokens to train on, {len(lesson.unseen):,} held out", flush=True)
        for name in asked.model or list(SHAPES):
            place = asked.folder / family / name
            if asked.phase != "distil":
                learn_text(lesson, name, place, asked.seed)
            if asked.phase != "text":
                learn_from_target(lesson, name, place, asked.seed)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
