"""What a GGUF file is: the facts that a measurement is labelled with, and the checks that it is whole.

Read from the file, never from its name. A file whose last weights are missing loads on some systems and answers
nonsense, so the size that the header implies is compared with the size on disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from configspec.content_hash import file_sha256, files_sha256
from configspec.errors import UsageError
from configspec.families.gguf.gguf_header import GgufHeader, damaged
from configspec.families.gguf.gguf_shards import gguf_files, read_shards
from configspec.families.token_meaning import Alphabet, Kind
from configspec.families.vocabulary import Vocabulary, vocabulary_sha256
from configspec.printable import printable

T = TypeVar("T")
# By `general.type`, or the architecture: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, llama.cpp's tools.
_OTHERS: Mapping[str, str] = {
    **dict.fromkeys(("mmproj", "clip"), "the part of a model that reads images"),
    "adapter": "an adapter",
    "imatrix": "an importance matrix",
    "controlvector": "a control vector",
}
# llama.h's `llama_token_type`; the others are plain text, and bytes by their spelling.
_KINDS: Mapping[object, Kind] = {2: "control", 3: "control", 4: "added", 5: "unused"}
# By `tokenizer.ggml.model`.
_ALPHABETS: Mapping[str, Alphabet] = {"gpt2": "bytes", "llama": "blanks", "gemma4": "blanks", "t5": "blanks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFacts:
    """One GGUF model, in one file or several, whole when this was read."""

    path: Path  # of several files, the first
    architecture: str  # llama.cpp's name: "llama", "qwen3"
    quant: str  # the file's own word, "Q4_K_M"; "type 99" where this gguf package has no name for it
    tensor_types: tuple[tuple[str, int], ...]  # ("Q4_K", 9): how many tensors of each type, by name
    tokens: tuple[str, ...]
    kinds: Mapping[int, Kind] | None  # of the ids that are not plain text; None where the file does not say
    alphabet: Alphabet | None
    vocabulary_sha256: str
    pre_tokenizer: str | None
    bos: int | None
    eos: int | None
    adds_bos: bool | None  # whether encoding begins with bos; None where the file leaves it to llama.cpp
    context: int | None  # tokens, as trained
    size_bytes: int  # of all files

    @property
    def vocabulary(self) -> Vocabulary:
        """What its ids mean, to be compared with another model's."""
        return Vocabulary(
            name=str(self.path),
            tokens=self.tokens,
            kinds=self.kinds,
            alphabet=self.alphabet,
            pre_tokenizer=self.pre_tokenizer,
            bos=self.bos,
            eos=self.eos,
            adds_bos=self.adds_bos,
        )

    @property
    def types_in_words(self) -> str:
        """How many tensors there are of each type, the most first: "Q4_K 169, F32 113"."""
        return ", ".join(f"{name} {count}" for name, count in sorted(self.tensor_types, key=lambda one: -one[1]))

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """Types that a K-quant's name does not promise.

        llama.cpp takes other types for rows that are not a multiple of 256, so such a file is larger and slower than
        its name.
        """
        if "_K" not in self.quant:
            return ()
        promised = {"F32", "F16", "BF16"}
        return tuple(name for name, _ in self.tensor_types if name not in promised and not name.endswith("_K"))

    def sha256(self) -> str:
        """The hash of the whole model, read on the first call."""
        return gguf_sha256(self.path)


def gguf_sha256(path: Path) -> str:
    """The hash of the model at `path`: of its file, or of all its files."""
    files = gguf_files(path)
    return file_sha256(path) if len(files) == 1 else files_sha256(files)


def read_facts(path: Path) -> GgufFacts:
    """The facts of the GGUF model at `path`; a UsageError where it is missing, not GGUF, or not whole."""
    shards = read_shards(path)
    types: Counter[str] = Counter()
    for shard, one in shards:
        types += _check_whole(shard, one)
    header = shards[0][1]
    architecture = _text(path, header, "general.architecture")
    other = _OTHERS.get(str(header.metadata.get("general.type"))) or _OTHERS.get(architecture)
    if other is not None:
        raise UsageError(f"{path} is {other} by its header, so it cannot draft. Name a language model.")
    if not types:
        raise UsageError(f"{path} holds no weights, so it cannot draft. Name a language model.")
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, tuple) or not tokens or not isinstance(tokens[0], str):
        raise UsageError(
            f"{path} holds no vocabulary (tokenizer.ggml.tokens), so it cannot draft. Name a language model."
        )
    return GgufFacts(
        path=path,
        architecture=architecture,
        quant=_quant_name(header.metadata.get("general.file_type")),
        tensor_types=tuple(sorted(types.items())),
        tokens=tokens,
        kinds=_kinds(header, len(tokens)),
        alphabet=_ALPHABETS.get(_entry(header, "tokenizer.ggml.model", str) or ""),
        vocabulary_sha256=vocabulary_sha256(tokens),
        pre_tokenizer=_entry(header, "tokenizer.ggml.pre", str),
        bos=_entry(header, "tokenizer.ggml.bos_token_id", int),
        eos=_entry(header, "tokenizer.ggml.eos_token_id", int),
        adds_bos=_entry(header, "tokenizer.ggml.add_bos_token", bool),
        context=_entry(header, f"{architecture}.context_length", int),
        size_bytes=sum(shard.stat().st_size for shard, _ in shards),
    )


def _kinds(header: GgufHeader, size: int) -> dict[int, Kind] | None:
    """By `tokenizer.ggml.token_type`: llama.h's numbers, one for each token."""
    types = header.metadata.get("tokenizer.ggml.token_type")
    if not isinstance(types, tuple) or len(types) != size:
        return None
    return {index: _KINDS[one] for index, one in enumerate(types) if one in _KINDS}


def quant_names() -> frozenset[str]:
    """Every quantisation that a file can name, by llama.cpp's names."""
    return frozenset(_quant_name(file_type) for file_type in _gguf_package().LlamaFileType)


def _check_whole(path: Path, header: GgufHeader) -> Counter[str]:
    """How many tensors one file has of each type; a UsageError where two overlap, or it ends before the last."""
    gguf = _gguf_package()
    size_bytes = path.stat().st_size
    types: Counter[str] = Counter()
    needed_bytes = header.data_bytes if header.tensors else 0
    for tensor in sorted(header.tensors, key=lambda one: one.offset_bytes):
        try:
            kind = gguf.GGMLQuantizationType(tensor.kind)
        except ValueError:
            raise UsageError(
                f"{path}: tensor {printable(tensor.name, at_most=60)!r} is of type {tensor.kind}, which this gguf "
                "package does not know. Upgrade it (`pip install -U gguf`), or copy the file again if it is damaged."
            ) from None
        items, item_bytes = gguf.GGML_QUANT_SIZES[kind]
        begin_bytes = header.data_bytes + tensor.offset_bytes
        if begin_bytes < needed_bytes:
            raise damaged(path, f"its tensor {printable(tensor.name, at_most=60)!r} overlaps another")
        needed_bytes = begin_bytes + tensor.items * item_bytes // items
        types[kind.name] += 1
    if needed_bytes > size_bytes:
        raise damaged(path, f"its header needs {needed_bytes} bytes, it has {size_bytes}")
    return types


def _entry(header: GgufHeader, key: str, kind: type[T]) -> T | None:
    """An entry of the metadata, None where it is absent or of another kind."""
    found = header.metadata.get(key)
    return found if isinstance(found, kind) and type(found) is kind else None  # a bool is no id


def _text(path: Path, header: GgufHeader, key: str) -> str:
    found = header.metadata.get(key)
    if not isinstance(found, str):
        raise damaged(path, f"{key} is {printable(repr(found), at_most=60)}")
    return found


def _quant_name(file_type: object) -> str:
    try:
        name = str(_gguf_package().LlamaFileType(file_type).name)
    except ValueError:
        return f"type {printable(str(file_type), at_most=60)}"
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _gguf_package() -> ModuleType:
    try:
        import gguf
    except ImportError:
        raise UsageError("Reading GGUF files needs the gguf package: pip install 'configspec[llama]'.") from None
    module: ModuleType = gguf
    return module
