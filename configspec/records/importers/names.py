"""Which draft model, quantisation, device and family the texts in a file stand for. A person says so, nobody guesses.

A file names a model by its path, or by llama.cpp's words for it ("qwen2 1.5B Q4_K - Medium"). The quantisation in such
words is taken from them, and told: llama.cpp writes each in one way (`llama_model_ftype_name`,
https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model-loader.cpp; "mostly Q4_0" until 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.records.bounds import MOST_K, check_names
from configspec.theory.ids import Drafter

LISTED = 10
SIZES = {"Small": "_S", "Medium": "_M", "Large": "_L"}
ONE_SIZE = ("Q2_K_M",)  # "Q2_K - Medium" is the file type Q2_K
_TYPE = re.compile(
    r"(?:^|\s)(?P<type>B?F16|F32|I?Q\d_\w+|TQ\d_\d|MXFP4|NVFP4)(?: MoE)?(?: - (?P<size>Small|Medium|Large))?"
    r"(?: - [\d.]+ bpw(?: ternary)?)?(?: \(guessed\))?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What `--map TEXT=DRAFT:QUANT` says of a text; no quantisation: the one that the file states."""

    draft: str
    quant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a person has said about a file."""

    device: str | None = None
    family: str | None = None
    draft: str | None = None
    quant: str | None = None
    models: Mapping[str, Mapped] = field(default_factory=dict)
    k: int | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    concurrency: int | None = None
    acceptance_length: float | None = None

    def the_device(self) -> str:
        """The device; UsageError where nobody has named it."""
        return _said("--device", self.device, "the file does not say what the device is called here")

    def the_family(self) -> str:
        """The family; UsageError where nobody has named it."""
        return _said("--family", self.family, "the file does not say of which family its figures are")

    def the_drafter(self) -> Drafter:
        """The one draft model of a file that names none; UsageError where nobody has named it."""
        return Drafter(
            draft=_said("--draft", self.draft, "the file does not name the draft model"),
            quant=_said("--quant", self.quant, "the file does not say how the draft model was quantised"),
        )

    def drafters(self, models: Sequence[ModelText]) -> dict[str, Drafter]:
        """The drafter for each model that a file names, by its text; those that `--map` leaves out are missing.

        Raises:
            UsageError: A name is missing, or one of `--map` is in no row.
        """
        if self.models:
            return self._mapped(models)
        if len(models) > 1:
            listed = "; ".join(f"'{one.shown}'" for one in models[:LISTED])
            more = f" and {len(models) - LISTED} more" if len(models) > LISTED else ""
            raise UsageError(
                f"The file has {len(models)} models: {listed}{more}. Say what each is called: "
                f"--map '{models[0].shown}=DRAFT:QUANT', once for each that counts"
            )
        (one,) = models
        draft = _said("--draft", self.draft, f"the file calls the model '{one.shown}'")
        return {one.text: Drafter(draft=draft, quant=one.quant(self.quant, "--quant"))}

    def _mapped(self, models: Sequence[ModelText]) -> dict[str, Drafter]:
        known = {alias: one for one in models for alias in one.aliases}
        found = {}
        for text, to in self.models.items():
            if text not in known:
                raise UsageError(f"--map: no row has the model '{printable(text)}'. {did_you_mean(text, known)}")
            found[known[text].text] = Drafter(draft=to.draft, quant=known[text].quant(to.quant, f"--map '{text}=...:'"))
        if len(set(found.values())) < len(found):
            raise UsageError("--map calls two models of the file by one name and quantisation: they are two cells.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelText:
    """A model as a file names it: `text`, which tells it from the others, and all the words for it."""

    text: str
    aliases: tuple[str, ...]
    words: str  # of llama.cpp, with the quantisation

    @property
    def shown(self) -> str:
        """The text, fit to be shown."""
        return printable(self.text, at_most=80)

    def quant(self, said: str | None, option: str) -> str:
        """The quantisation that a person has named, or else the file; UsageError where neither has."""
        stated = stated_quant(self.words)
        reason = f"of '{self.shown}' the file does not say it in words that are known"
        return said or stated or _said(option, None, reason)

    def remark(self, drafter: Drafter) -> str:
        """How the name was understood."""
        stated = stated_quant(self.words)
        words = f"'{self.shown}' is {drafter}"
        if stated is None or stated == drafter.quant:
            return words
        return f"{words}, though the file calls it {stated}"


def stated_quant(words: str) -> str | None:
    """The quantisation in llama.cpp's words for a model.

    >>> stated_quant("qwen2 1.5B Q4_K - Medium"), stated_quant("llama 7B mostly Q4_0"), stated_quant("llama 7B ?")
    ('Q4_K_M', 'Q4_0', None)
    """
    found = _TYPE.search(words)
    if found is None:
        return None
    name = found["type"] + SIZES.get(found["size"] or "", "")
    return name.removesuffix("_M") if name in ONE_SIZE else name


def parse_map(texts: Iterable[str]) -> dict[str, Mapped]:
    """`TEXT=DRAFT` or `TEXT=DRAFT:QUANT`, repeated; UsageError of another form."""
    found: dict[str, Mapped] = {}
    for text in texts:
        words, equals, names = text.rpartition("=")
        draft, colon, quant = names.partition(":")
        if not (equals and words and draft and bool(colon) == bool(quant)):
            raise UsageError(f"--map is '{printable(text)}'; it takes TEXT=DRAFT:QUANT, or TEXT=DRAFT")
        if words in found:
            raise UsageError(f"--map names '{printable(words)}' twice")
        check_said(draft=draft, **({"quant": quant} if quant else {}))
        found[words] = Mapped(draft=draft, quant=quant or None)
    return found


def parse_where(texts: Iterable[str]) -> dict[str, str]:
    """`COLUMN=VALUE`, repeated; UsageError of another form."""
    found: dict[str, str] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not (equals and column) or column in found:
            raise UsageError(f"--where is '{printable(text)}'; it takes COLUMN=VALUE, each column once")
        found[column] = value
    return found


def check_said(**names: str | None) -> None:
    """UsageError where a name that a person gave cannot be one."""
    for option, name in names.items():
        try:
            check_names(**({} if name is None else {f"--{option}": name}))
        except ValueError as problem:
            raise UsageError(f"{problem}.") from None


def check_k(k: int | None) -> None:
    """UsageError where nobody drafts so many tokens."""
    if k is not None and not 1 <= k <= MOST_K:
        raise UsageError(f"--k is {k}; it takes 1 to {MOST_K}.")


def _said(option: str, value: str | None, why: str) -> str:
    if value is None:
        raise UsageError(f"{option} is missing: {why}.")
    return value
