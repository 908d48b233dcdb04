"""Which models, threads and prompts meet in the comparison end to end: a family's target with one of its drafts.

Both of our targets are one model: the llama.cpp target is the transformers target converted to F16, not quantised.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from assisted import Assisted
from build_llama_bench import Tool
from comparison import Line
from end_to_end import Ours, Task, against
from engines import Given, LlamaCpp, Transformers, given
from gguf_vocabulary import GgufVocabulary

from configspec.cache import Store
from configspec.devices.device import Device
from configspec.errors import UsageError
from configspec.families.build import F16, ensure_draft
from configspec.targets.registry import open_target
from configspec.testbed.family_spec import DraftSpec, FamilySpec, TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.prompt import Prompt

LLAMA_CPP_AT_LEAST = 0.9
TRANSFORMERS_AT_LEAST = 2.5
TIMED = (2, 4, 8)  # K; all that are asked for are counted
TIMED_BY_TORCH = (4, 8)  # fewer: a turn takes ten times as long

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The models, both folders of safetensors, and what is decoded; `quant` is the draft's, where llama.cpp has it."""

    family: FamilySpec
    draft: DraftSpec
    quant: str
    prompts: tuple[Prompt, ...]
    ks: tuple[int, ...]
    new_tokens: int
    threads: int
    pairs: int

    @property
    def options(self) -> LlamaCppSpec:
        """How every model of ours is opened."""
        return LlamaCppSpec(threads=self.threads)


def target_folder(family: FamilySpec) -> Path:
    """Where the family's target is, which both of our targets are made from."""
    if family.target.transformers is None:
        raise UsageError(f"{family.name}: its target is no folder of safetensors, which the peers need. Take another.")
    return family.target.transformers


def target_file(family: FamilySpec, store: Store, progress: Progress) -> Path:
    """The family's target as a GGUF file."""
    as_draft = DraftSpec(name="target", safetensors=target_folder(family))
    return ensure_draft(family, as_draft, F16, store, progress)


def against_llama_cpp(asked: Pairing, device: Device, tool: Tool, store: Store, progress: Progress) -> list[Line]:
    """Ours with a llama.cpp target against `llama-speculative-simple`, from the same files."""
    target_path = target_file(asked.family, store, progress)
    draft_path = ensure_draft(asked.family, asked.draft, asked.quant, store, progress)
    spec = TargetSpec(gguf=target_path, llama_cpp=asked.options)
    device.open_model(draft_path, asked.options)
    with GgufVocabulary(target_path) as vocabulary, closing(open_target(spec)) as target:
        found = [given(prompt.id, target.tokenize(prompt.text), vocabulary) for prompt in asked.prompts]
        task = Task(
            name=f"{asked.family.name} {asked.draft.name} {asked.quant}",
            prompts=tuple(one for one in found if one is not None),
            left_out=found.count(None),
            ks=asked.ks,
            timed=TIMED,
            new_tokens=asked.new_tokens,
            pairs=asked.pairs,
            at_least=LLAMA_CPP_AT_LEAST,
        )
        if not task.prompts:
            raise UsageError(f"{asked.family.name}: no prompt's text leads llama.cpp back to its token ids.")
        engine = LlamaCpp(tool, vocabulary, target_path, draft_path, asked.options)
        return against(engine, Ours(device=device, target=target), task, progress)


def against_transformers(asked: Pairing, device: Device, store: Store, progress: Progress) -> list[Line]:
    """Ours with a transformers target against assisted generation with the same one."""
    folder, spec = asked.draft.safetensors, asked.family.target
    assert folder is not None  # `smallest_draft` takes no other
    device.open_model(ensure_draft(asked.family, asked.draft, F16, store, progress), asked.options)
    engine = Transformers(Assisted(target_folder(asked.family), folder, dtype=spec.dtype, threads=asked.threads))
    with closing(open_target(replace(spec, llama_cpp=asked.options))) as target:
        prompts = [Given(id=prompt.id, ids=target.tokenize(prompt.text), text=b"") for prompt in asked.prompts]
        task = Task(
            name=f"{asked.family.name} {asked.draft.name} {F16}",
            prompts=tuple(prompts),
            left_out=0,
            ks=asked.ks,
            timed=TIMED_BY_TORCH,
            new_tokens=asked.new_tokens,
            pairs=asked.pairs,
            at_least=TRANSFORMERS_AT_LEAST,
        )
        return against(engine, Ours(device=device, target=target), task, progress)
