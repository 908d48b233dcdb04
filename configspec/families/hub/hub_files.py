"""Which files of a hub repository make up a model; pure, from the names that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from configspec.errors import UsageError, did_you_mean
from configspec.families.chat.template import ADDITIONAL
from configspec.families.gguf.gguf_shards import shard_names
from configspec.families.hub.file_names import of_quant, other_kind
from configspec.testbed.family_spec import HubSpec
from configspec.testbed.quant_names import spellings

QUANT = "{quant}"
DEFAULT_GLOB = f"*{QUANT}*.gguf"
_WEIGHTS = "*.safetensors"
_TOKENIZER = (
    *("config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json"),
    *("vocab*", "merges.txt", "*.jinja"),
)
_MODEL = ("*.json", "*.txt", "*.model", "*.jinja", _WEIGHTS)
_SHOWN = 12  # files of a repository named in an error


def is_transformers(files: Iterable[str]) -> bool:
    """Whether the repository holds weights for transformers; an adapter's are none of their own."""
    return any(_matches(name, (_WEIGHTS,)) for name in files)


def choose_model(spec: HubSpec, files: Sequence[str]) -> tuple[str, ...]:
    """The files that transformers loads: configuration, safetensors and tokenizer."""
    if not is_transformers(files) or "config.json" not in files:
        raise UsageError(
            f"{_named(spec)} holds no model for transformers (config.json and {_WEIGHTS}); it holds {_listed(files)}. "
            "Name the repository of the original model, or select its GGUF with `file`."
        )
    return tuple(name for name in files if _matches(name, _MODEL) or _is_template(name))


def choose_tokenizer(spec: HubSpec, files: Sequence[str]) -> tuple[str, ...]:
    """The files of the tokenizer alone; no weights."""
    if "tokenizer.json" not in files:
        raise UsageError(
            f"{_named(spec)} holds no tokenizer.json; it holds {_listed(files)}. "
            "Name the repository of the original model."
        )
    return tuple(name for name in files if _matches(name, _TOKENIZER) or _is_template(name))


def choose_gguf(spec: HubSpec, files: Sequence[str], quant: str | None) -> tuple[str, ...]:
    """The GGUF file that `spec.file` selects, all its shards where it is split, the first first.

    Upper and lower case are alike, and `{quant}` stands for the whole word, in any spelling: "Q6_K" does not select
    "...-Q6_K_L.gguf", and "F16" selects "...-fp16.gguf". What is no language model by its name is never selected.
    """
    glob = spec.file or DEFAULT_GLOB
    known = [name for name in files if name.lower().endswith(".gguf")]
    language = [name for name in known if other_kind(name) is None]
    matched = _matched(language, glob, quant)
    models = {_shards(name) for name in matched}
    if not models:
        raise _no_gguf(spec, files, glob, quant)
    if len(models) > 1:
        raise UsageError(
            f"{_named(spec)} has {len(models)} models that match {_wanted(glob, quant)!r}: "
            f"{', '.join(sorted(names[0] for names in models))}. Let `file` match one of them."
        )
    (chosen,) = models
    absent = sorted(set(chosen) - set(files))
    if absent:
        raise UsageError(f"{_named(spec)} lacks {', '.join(absent)}, of {len(chosen)} files. Name another repository.")
    return chosen


def _matched(names: Sequence[str], glob: str, quant: str | None) -> list[str]:
    if quant is None or QUANT not in glob:
        return [name for name in names if fnmatchcase(name.lower(), glob.lower())]
    globs = [glob.lower().replace(QUANT, spelling.lower()) for spelling in spellings(quant)]
    return of_quant([name for name in names if any(fnmatchcase(name.lower(), one) for one in globs)], quant, glob)


def _wanted(glob: str, quant: str | None) -> str:
    return glob.replace(QUANT, quant or QUANT)


def _no_gguf(spec: HubSpec, files: Sequence[str], glob: str, quant: str | None) -> UsageError:
    """The error that names the nearest model, and the matching file that is none."""
    known = [name for name in files if name.lower().endswith(".gguf")]
    others = {name: other_kind(name) for name in _matched(known, glob, quant)}
    none = "".join(f" {name} is {kind}, not a language model." for name, kind in others.items() if kind)
    models, wanted = [name for name in known if other_kind(name) is None], _wanted(glob, quant)
    own = " A draft that has others than its family takes `quants` of its own." if quant and models else ""
    return UsageError(
        f"{_named(spec)} has no GGUF file that matches {wanted!r}.{none} {did_you_mean(wanted, models)}{own}"
        + ("" if known else f" It holds {_listed(files)}.")
    )


def _shards(name: str) -> tuple[str, ...]:
    folder, slash, file = name.rpartition("/")
    return tuple(f"{folder}{slash}{shard}" for shard in shard_names(file))


def _matches(name: str, globs: Iterable[str]) -> bool:
    """Whether a file of the repository's top folder matches.

    `original/` and the like hold the model once more, and `adapter_model.safetensors` what is added to another.
    """
    once_more = name.startswith(("consolidated", "adapter_"))
    return "/" not in name and not once_more and any(fnmatchcase(name, glob) for glob in globs)


def _is_template(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder == ADDITIONAL and "/" not in file and file.endswith(".jinja")


def _named(spec: HubSpec) -> str:
    return f"{spec.repo}@{spec.revision}"


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return (", ".join(files[:_SHOWN]) or "nothing") + more
