"""The tokenizer of a transformers folder, read with the tokenizers package: seconds sooner than by transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from configspec.errors import UsageError
from configspec.families.chat.template import ChatTemplate, special_texts_of_folder, template_of_folder
from configspec.targets.prompt_source import before
from configspec.targets.server.server_answer import TokenId
from configspec.targets.tokenizer_faults import told_of
from configspec.testbed.chat_spec import SpecialTokens
from configspec.untrusted import NotJson, parse_json, read_bounded

MAX_TOKENIZER_BYTES = 256 << 20  # the largest of published models have some 35 MB
MAX_CONFIG_BYTES = 16 << 20


class FolderTokenizer:
    """The `tokenizer.json` of a folder, with what the files beside it say of its end tokens."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            UsageError: The tokenizers package, or the file, is missing or broken.
        """
        try:
            from tokenizers import Tokenizer as Reader
        except ImportError as error:
            raise UsageError(f"Reading {folder} needs tokenizers ({error}): pip install tokenizers") from None
        self._file = folder / "tokenizer.json"
        try:
            content = read_bounded(self._file, at_most_bytes=MAX_TOKENIZER_BYTES)
        except OSError as error:
            raise UsageError(f"{self._file}: no tokenizer can be read: {error.strerror}.") from None
        with told_of(self._file, "no tokenizer can be read"):
            self._reader = Reader.from_buffer(content)
            self.size: int | None = max(self._reader.get_vocab().values(), default=-1) + 1
        self.name = str(folder)
        self.ends = self._ends(folder)
        self._folder = folder
        self._before = self.encode("a", "text")[-1:]
        self.prefix = self._find_prefix()

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix."""
        return self._ids(text, special_tokens, whole=False)

    def _find_prefix(self) -> tuple[int, ...]:
        """What comes before a text; seen by any that has a token, for some vocabularies have few letters."""
        for text in ("a", "0", *(one.content for one in self._reader.get_added_tokens_decoder().values())):
            alone = self._ids(text, "parse", whole=False)
            if alone:
                return before(self._ids(text, "parse", whole=True), alone)
        return ()

    def _ids(self, text: str, special_tokens: SpecialTokens, *, whole: bool) -> tuple[int, ...]:
        with told_of(self._file, "a text cannot be tokenised with it"):  # no token for a letter, nor for unknown ones
            self._reader.encode_special_tokens = special_tokens == "text"
            return tuple(self._reader.encode(text, add_special_tokens=whole).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return self._text(ids, special=True)

    def piece(self, token: int) -> str:
        """The text of one token, empty for a special one; a space before it counts, which a first token may lose."""
        return self._text([*self._before, token], special=False)[len(self._text(self._before, special=False)) :]

    def _text(self, ids: Sequence[int], *, special: bool) -> str:
        with told_of(self._file, "tokens cannot be made a text with it"):
            return str(self._reader.decode(list(ids), skip_special_tokens=not special))

    @property
    def special_texts(self) -> Mapping[str, str]:
        """The texts of its special tokens by the names that templates have for them."""
        return special_texts_of_folder(self._folder)

    def template(self) -> ChatTemplate | None:
        """The chat template of the folder."""
        return template_of_folder(self._folder)

    def close(self) -> None:
        """Nothing is held."""

    def _ends(self, folder: Path) -> frozenset[int]:
        for name in ("generation_config.json", "config.json"):
            declared = _read(folder / name, _Ends).eos_token_id
            if declared is not None:
                return frozenset(declared if isinstance(declared, list) else [declared])
        text = _read(folder / "tokenizer_config.json", _EndText).eos_token
        found = self._reader.token_to_id(text.content if isinstance(text, _Special) else text) if text else None
        return frozenset() if found is None else frozenset([found])


class _Ends(msgspec.Struct):
    eos_token_id: TokenId | list[TokenId] | None = None


class _Special(msgspec.Struct):
    content: str


class _EndText(msgspec.Struct):
    eos_token: str | _Special | None = None


_Form = TypeVar("_Form", _Ends, _EndText)


def _read(path: Path, form: type[_Form]) -> _Form:
    """What a file beside the tokenizer says; nothing, where there is no such file."""
    try:
        return msgspec.convert(parse_json(read_bounded(path, at_most_bytes=MAX_CONFIG_BYTES), constants=True), form)
    except FileNotFoundError:
        return form()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (NotJson, msgspec.ValidationError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
