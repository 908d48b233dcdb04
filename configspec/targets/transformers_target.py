"""A target model run by transformers, with its key-value cache kept from round to round.

The one module that imports torch and transformers; both only when a target is loaded, which takes seconds.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.families.build import source_sha256
from configspec.families.sources.model_config import check_config
from configspec.families.sources.model_json import check_files, wrong
from configspec.printable import printable
from configspec.targets.folder_tokenizer import FolderTokenizer
from configspec.targets.prompt_source import PromptSource, prompt_ids
from configspec.targets.target import Continuation
from configspec.targets.tokenizer_faults import first_line, is_fault
from configspec.targets.writing import Writer, filler
from configspec.theory.decoding import Decoding
from configspec.theory.sampling import warp

if TYPE_CHECKING:
    import torch
    import transformers

    from configspec.testbed.family_spec import TargetSpec

EXTRA = "pip install 'configspec[transformers]'"
# Left unset, transformers asks at the terminal whether to run Python code that lies in the folder.
_AS_IT_LIES = {"local_files_only": True, "trust_remote_code": False}
_SHOWN = 400  # letters of what transformers says
_UNKNOWN = re.compile(r"model type `([^`]*)` but Transformers does not recognize this architecture")


def runtime_version() -> str:
    """What computes the target's arithmetic, as `torch 2.13.0, transformers 5.23.0`; imports neither.

    Raises:
        UsageError: One of the two is not installed.
    """
    versions = []
    for package in ("torch", "transformers"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            raise UsageError(f"A transformers target needs {package}, which is not installed: {EXTRA}") from None
    return ", ".join(versions)


def cannot_load(folder: Path, problem: BaseException, version: str) -> UsageError:
    """The error for a folder that transformers refuses: because it is older than the model, or a file is wrong."""
    unknown = _UNKNOWN.search(str(problem))
    if unknown is not None:
        return UsageError(
            f"{folder}: transformers {version} is too old for it: it does not know the architecture "
            f"{printable(unknown[1], at_most=_SHOWN)!r}. Upgrade it: pip install --upgrade transformers. If it is the "
            "newest, it does not have that architecture yet."
        )
    return UsageError(
        f"{folder}: transformers cannot load it as a causal language model: {first_line(problem)} "
        "The folder needs config.json, the weights and the tokenizer's files."
    )


class TransformersVariant:
    """A folder that transformers loads."""

    source = "transformers"

    def declares(self, spec: TargetSpec) -> bool:
        """See the protocol."""
        return spec.transformers is not None

    def open(self, spec: TargetSpec) -> TransformersTarget:
        """See the protocol."""
        return TransformersTarget(spec)

    def prompts(self, spec: TargetSpec) -> PromptSource:
        """See the protocol."""
        assert spec.transformers is not None
        return FolderTokenizer(spec.transformers)

    def runtime(self, spec: TargetSpec) -> str:
        """See the protocol."""
        return runtime_version()

    def sha256(self, spec: TargetSpec) -> str | None:
        """See the protocol."""
        assert spec.transformers is not None
        return source_sha256(spec.transformers)


class TransformersTarget:
    """One causal language model, loaded once.

    `llama_cpp.threads` of its spec sets torch's threads, which are the whole process's.
    """

    def __init__(self, spec: TargetSpec) -> None:
        """Load the model of `spec`.

        Raises:
            UsageError: torch or transformers is missing, the folder holds no causal language model, or an accelerator
            has no memory for it.
        """
        assert spec.transformers is not None
        self.runtime = runtime_version()
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        import torch
        import transformers

        transformers.logging.disable_progress_bar()
        self._torch = torch
        self.folder = spec.transformers
        self.name = str(self.folder)
        if spec.llama_cpp.threads is not None:
            torch.set_num_threads(spec.llama_cpp.threads)
        self._tokenizer, self._model = self._load(transformers, spec)
        self._prompts = FolderTokenizer(self.folder)
        self._device = self._model.device
        self._vocabulary = int(self._model.get_input_embeddings().weight.shape[0])
        trained = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        self.context = self._whole("config.json", "max_position_embeddings", trained) if trained else None
        self.end_tokens = self._ends()
        self._text: list[int] = []
        self._cache: transformers.Cache | None = None  # of all of the text
        self._timed: dict[tuple[int, int], transformers.Cache] = {}  # caches by context and requests

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a plain prompt; see the protocol."""
        return self._known(prompt_ids(self._prompts, text, "text"))

    def prefill(self, tokens: Sequence[int]) -> None:
        """Start a new text of `tokens`; may be empty."""
        self._forget()
        if tokens:
            self._add(tokens, wanted=1)
            _prepare_to_crop(self._cache)

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """Add `tokens` to the text in one pass; returns the arg-max after each of them, len(tokens) ids."""
        chosen: list[int] = self._add(tokens, wanted=len(tokens)).argmax(dim=-1).tolist()
        return chosen

    def distributions(self, tokens: Sequence[int], decoding: Decoding) -> NDArray[np.float64]:
        """The same, but returns the distribution after each: probabilities of shape (len(tokens), vocabulary)."""
        return warp(self._add(tokens, wanted=len(tokens)).float().cpu().numpy(), decoding)

    def keep(self, length: int) -> None:
        """Cut the text to its first `length` tokens."""
        surplus = len(self._text) - length
        if surplus <= 0:
            return
        kept = self._text[:length]
        if length and _crop(self._cache, surplus):
            self._text = kept
        else:
            self.prefill(kept)  # what cannot be cut is computed again

    def continue_text(self, prompt: Sequence[int], new_tokens: int, decoding: Decoding, *, seed: int) -> Continuation:
        """The target's own text after a prompt; see the protocol."""
        self._forget()
        self._known(prompt)
        writer = Writer(logits_after=self._logits_after, ends=self.end_tokens)
        return writer.write(prompt, new_tokens, decoding, seed=seed)

    def pass_s(self, *, context: int, tokens: int, requests: int) -> float:
        """Seconds of one pass; see the protocol. What is read for it stays until the next text begins."""
        self._text, self._cache = [], None
        cache = self._timed.pop((context, requests), None)
        if cache is None and context:
            _, cache = self._forward([filler(context, self._vocabulary)] * requests, None, wanted=1)
            _prepare_to_crop(cache)
        rows = [filler(tokens, self._vocabulary)] * requests
        begin_s = time.monotonic()
        logits, cache = self._forward(rows, cache, wanted=tokens)
        logits.argmax(dim=-1).tolist()
        elapsed_s = time.monotonic() - begin_s
        if context and _crop(cache, tokens):
            self._timed[context, requests] = cache
        return elapsed_s

    def close(self) -> None:
        """Free the memory."""
        self._forget()
        self._model = None

    def _known(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The ids of a prompt; one that the weights have no row for would crash torch."""
        if ids and max(ids) >= self._vocabulary:
            raise UsageError(
                f"{self.folder}: the tokenizer makes the id {max(ids)} of a prompt, and the model knows the ids below "
                f"{self._vocabulary}. Take tokenizer.json, tokenizer_config.json and the weights from one model."
            )
        return tuple(ids)

    def _forget(self) -> None:
        self._text = []
        self._cache = None
        self._timed.clear()

    def _logits_after(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = self._add(tokens, wanted=1)[0].float().cpu().numpy()
        return logits

    def _add(self, tokens: Sequence[int], wanted: int) -> torch.Tensor:
        """Add to the text; returns the logits of its last `wanted` tokens, shape (wanted, vocabulary)."""
        logits, self._cache = self._forward([list(tokens)], self._cache, wanted)
        self._text += tokens
        return logits[0]

    def _forward(
        self, rows: list[list[int]], cache: transformers.Cache | None, wanted: int
    ) -> tuple[torch.Tensor, transformers.Cache]:
        try:
            with self._torch.inference_mode():
                out = self._model(
                    input_ids=self._torch.tensor(rows, device=self._device),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=wanted,
                )
        except self._torch.OutOfMemoryError as error:
            what = f"{len(rows)} text(s), {len(rows[0])} new tokens each"
            raise self._no_room(what, error) from error
        cache = getattr(out, "past_key_values", None)
        if cache is None:
            raise UsageError(
                f"{self.folder}: transformers keeps no key-value cache for this kind of model. Convert it to GGUF and "
                "name that as the target: llama.cpp evaluates the text again where such models cannot be cut."
            )
        return out.logits, cache

    def _load(
        self, library: ModuleType, spec: TargetSpec
    ) -> tuple[transformers.PreTrainedTokenizerBase, transformers.PreTrainedModel]:
        check_config(self.folder)
        check_files(self.folder)
        dtype = spec.dtype if spec.dtype == "auto" else getattr(self._torch, spec.dtype)
        placed = {} if spec.device_map is None else {"device_map": spec.device_map}
        try:
            tokenizer = library.AutoTokenizer.from_pretrained(self.folder, **_AS_IT_LIES)
            model = library.AutoModelForCausalLM.from_pretrained(self.folder, dtype=dtype, **_AS_IT_LIES, **placed)
        except self._torch.OutOfMemoryError as error:
            raise self._no_room("its weights", error) from error
        except BaseException as problem:
            # Nothing of ours runs in these two calls, and what they raise over a damaged or unknown model has no common
            # kind: OSError and ValueError as documented; KeyError, TypeError, ZeroDivisionError and the like of a
            # configuration that is used as it is; Exception itself, and panics, of tokenizers and safetensors.
            if not is_fault(problem):
                raise
            raise cannot_load(self.folder, problem, library.__version__) from problem
        longest = tokenizer.model_max_length
        if not isinstance(longest, int | float):  # a float where it is not known: 1e30
            raise wrong(self.folder / "tokenizer_config.json", "model_max_length", longest, "a number")
        return tokenizer, model.eval()

    def _no_room(self, what: str, error: Exception) -> UsageError:
        first_line = str(error).splitlines()[0]
        return UsageError(
            f"{self.folder}: the accelerator has no memory left for {what}: {first_line} "
            "Use a smaller number format (`dtype`), more devices (`device_map: auto`) or a smaller model."
        )

    def _ends(self) -> frozenset[int]:
        declared = self._model.generation_config.eos_token_id
        if declared is None:
            declared = self._tokenizer.eos_token_id
        if declared is None:
            return frozenset()
        ids = declared if isinstance(declared, list) else [declared]
        known = (self._whole("generation_config.json", "eos_token_id", one) for one in ids)
        return frozenset(one for one in known if one >= 0)

    def _whole(self, file: str, key: str, found: object) -> int:
        if not isinstance(found, int):
            raise wrong(self.folder / file, key, found, "a whole number")
        return found


def _prepare_to_crop(cache: transformers.Cache) -> None:
    """Prepare a sliding window to be cut: after the prompt, not before, as in transformers' own generation."""
    if hasattr(cache, "activate_past_recording"):
        cache.activate_past_recording()


def _crop(cache: transformers.Cache, surplus: int) -> bool:
    """Take the last `surplus` tokens off a cache; False where it cannot be done (then the cache is of no use)."""
    if not getattr(cache, "is_croppable", True):
        return False  # `crop` of a recurrent state would leave traces, and not say so
    try:
        cache.crop(-surplus)  # transformers refuses a length to keep since 5.x; it takes what to remove
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):
        return False
    return True
