"""The same prompt is the same token ids, whatever kind of target reads it: each shape of chat model in each place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

for package, extra in (("gguf", "llama"), ("llama_cpp", "llama"), ("tokenizers", "server"), ("openai", "server")):
    pytest.importorskip(package, reason=f"needs {package}: pip install 'configspec[{extra}]'")

from chat_models import GLM, LLAMA_3, SHAPES, set_of, write_folder  # noqa: E402
from chat_server import LlamaServer, NotThereError, Vllm  # noqa: E402

from configspec.cache import Store  # noqa: E402
from configspec.errors import UsageError  # noqa: E402
from configspec.families.gguf.gguf_writer import write_gguf  # noqa: E402
from configspec.profiling.prompt_ids import TokenizedPrompts, tokenize_prompts  # noqa: E402
from configspec.targets.folder_tokenizer import FolderTokenizer  # noqa: E402
from configspec.targets.llama_vocabulary import GgufSource  # noqa: E402
from configspec.targets.registry import open_target, prompt_source  # noqa: E402
from configspec.targets.server.server_model import CompletionRequest  # noqa: E402
from configspec.targets.server.server_target import ServerTarget  # noqa: E402
from configspec.targets.server.server_text import TextIds  # noqa: E402
from configspec.testbed.chat_spec import ChatSpec  # noqa: E402
from configspec.testbed.family_spec import FamilySpec, ServerSpec, TargetSpec  # noqa: E402
from configspec.testbed.llama_cpp_spec import LlamaCppSpec  # noqa: E402
from configspec.testbed.prompt import Message, Prompt  # noqa: E402
from configspec.testbed.prompts import PromptSet  # noqa: E402

pytestmark = pytest.mark.real

TEXTS = ("the thing  in\n\n123 <|im_start|> <bos>", "<|begin_of_text|>1", " é\t", "</s>[gMASK]<sop>")
PROMPTS = set_of(*(Prompt(id=str(number), content=text) for number, text in enumerate(TEXTS)))
PLAIN, CHAT = ChatSpec(template="none"), ChatSpec()
Answers = Callable[[Any], str]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Path, Path]]:
    """Each shape as a folder and as the GGUF that is made of it."""
    root = tmp_path_factory.mktemp("shapes")
    made = {}
    for name, shape in {**SHAPES, "glm": GLM}.items():
        folder = write_folder(root / name.replace(", ", "-"), shape)
        write_gguf(folder, folder / "model.gguf")
        made[name] = folder, folder / "model.gguf"
    return made


@pytest.fixture
def answers(loopback: Any, reply: Any) -> Answers:
    """Serves what a server's `answer` says; returns the URL."""

    def start(server: Any) -> str:
        def answer(path: str, sent: Any) -> Any:
            try:
                return reply(body=server.answer(path, sent))
            except NotThereError as problem:
                return reply(status=problem.status, body={"error": {"message": str(problem)}})

        url: str = loopback(answer).url
        return url

    return start


@pytest.fixture
def read(tmp_path: Path) -> Callable[[TargetSpec, ChatSpec], TokenizedPrompts]:
    """Tokenises the prompts for a target."""

    def tokenize(target: TargetSpec, chat: ChatSpec, prompts: PromptSet = PROMPTS) -> TokenizedPrompts:
        family = FamilySpec(name="f", target=target, drafts={}, quants=("Q8_0",))
        return tokenize_prompts(family, prompts, chat, Store(tmp_path / "cache"))

    return tokenize


def of_server(url: str, tokenizer: Path | None = None) -> TargetSpec:
    return TargetSpec(server=ServerSpec(url=url, model="chat", retries=0, tokenizer=tokenizer))


@pytest.fixture
def everywhere(shapes: Any, answers: Answers) -> Iterator[Callable[[str], dict[str, TargetSpec]]]:
    """Each way to have a shape as a target."""
    opened: list[Any] = []

    def ways(shape: str, *only: str) -> dict[str, TargetSpec]:
        folder, gguf = shapes[shape]
        of_gguf, of_folder = GgufSource(gguf), FolderTokenizer(folder)
        opened.extend((of_gguf, of_folder))
        hidden = ("/apply-template", "/tokenize", "/v1/models")
        found = {
            "transformers": TargetSpec(transformers=folder),
            "gguf": TargetSpec(gguf=gguf),
            "llama-server": of_server(answers(LlamaServer(source=of_gguf))),
            "llama-server, hidden": of_server(answers(LlamaServer(source=of_gguf, pages=hidden))),
            "vllm": of_server(answers(Vllm(source=of_folder))),
            "vllm, folder": of_server(answers(Vllm(source=of_folder)), folder),
        }
        return {way: found[way] for way in only or found}

    yield ways
    for one in opened:
        one.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_plain_prompt_is_the_same_ids_everywhere(shape: str, everywhere: Any, read: Any, shapes: Any) -> None:
    """What the tokenizer puts there, then the text, where a special token's name is text; or that token, if asked."""
    import tokenizers

    reader = tokenizers.Tokenizer.from_file(str(shapes[shape][0] / "tokenizer.json"))
    for special in ("text", "parse"):
        reader.encode_special_tokens = special == "text"
        wanted = [tuple(reader.encode(text).ids) for text in TEXTS]
        if special == "parse":  # what the prompt itself begins with is not put twice
            prefix = tuple(reader.encode("").ids)
            wanted = [one[len(prefix) :] if one[: 2 * len(prefix)] == prefix * 2 else one for one in wanted]
        ways = everywhere(shape)
        if special == "text" and shape != "named, not added":
            ways.pop("vllm")  # cannot: the next but one
        for way, target in ways.items():
            found = read(target, ChatSpec(template="none", special_tokens=special))
            assert list(found.ids) == wanted, (way, special)
            assert found.prompting.template == "none"


@pytest.mark.parametrize("shape", ["llama-3", "qwen3", "gemma", "gpt-oss", "glm"])
def test_a_chat_is_the_same_ids_everywhere(shape: str, everywhere: Any, read: Any, shapes: Any) -> None:
    """Rendered here or by the server, and the same as transformers makes of it; the hash is of the ids."""
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    folder, _ = shapes[shape]
    ways = everywhere(shape)
    if shape == "glm":
        ways = {way: ways[way] for way in ("transformers", "vllm, folder", "vllm")}  # a GGUF names one token, not two
    found = {way: read(target, CHAT) for way, target in ways.items()}
    assert len({one.ids for one in found.values()}) == 1, {way: one.ids[0] for way, one in found.items()}
    assert len({one.sha256 for one in found.values()}) == 1
    library = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    template = dated((folder / "chat_template.jinja").read_text())
    for text, ids in zip(TEXTS, found["transformers"].ids, strict=True):
        chat = [{"role": "user", "content": text}]
        wanted = library.apply_chat_template(chat, chat_template=template, add_generation_prompt=True)["input_ids"]
        assert ids == tuple(wanted)


def dated(template: str) -> str:
    """A template that says what the sweep says, where transformers would look at the clock."""
    calls = {'strftime_now("%d %b %Y")': '"01 Jan 2026"', 'strftime_now("%Y-%m-%d")': '"2026-01-01"'}
    for call, told in calls.items():
        template = template.replace(call, told)
    return template


def test_the_begin_of_a_text_is_never_there_twice(everywhere: Any, read: Any) -> None:
    """Llama 3's and Gemma's templates write what their tokenizers add."""
    for shape in ("llama-3", "gemma"):
        for way, target in everywhere(shape, "gguf", "llama-server, hidden", "vllm, folder").items():
            first, second = read(target, CHAT).ids[0][:2]
            assert first == prompt_source(target).prefix[0] != second, way


def test_thinking_is_switched_off_alike(everywhere: Any, read: Any) -> None:
    """Qwen3's template closes the thought before it began; on is its default."""
    for way, target in everywhere("qwen3", "gguf", "llama-server, hidden", "vllm").items():
        default, on, off = (read(target, ChatSpec(thinking=how)) for how in (None, "on", "off"))
        assert default.ids == on.ids != off.ids, way
        assert all(
            len(short) < len(long) and long[: len(short)] == short for short, long in zip(on.ids, off.ids, strict=True)
        )
        assert (default.prompting.thinking, on.prompting.thinking, off.prompting.thinking) == (None, "on", "off")


def test_a_system_prompt_and_more_variables_go_in_alike(everywhere: Any, read: Any) -> None:
    """gpt-oss: instructions, the effort, the date that the sweep says."""
    asked = ChatSpec(system="Be short.", variables={"reasoning_effort": "high"})
    ways = everywhere("gpt-oss", "gguf", "llama-server, hidden", "vllm")
    found = {way: read(target, asked) for way, target in ways.items()}
    assert len({one.ids for one in found.values()}) == 1
    prompting = found["gguf"].prompting
    assert prompting.variables == (("reasoning_effort", '"high"'),)
    assert prompting.date == "2026-01-01"
    others = [read(ways["gguf"], chat).sha256 for chat in (CHAT, ChatSpec(date="2026-01-02"))]
    assert len({*others, found["gguf"].sha256}) == 3


def test_messages_keep_their_roles(everywhere: Any, read: Any) -> None:
    """A prompt with a system message of its own is not given the sweep's."""
    own = Prompt(id="a", content=(Message(role="system", content="Own."), Message(role="user", content="the")))
    bare = Prompt(id="a", content=(Message(role="user", content="the"),))
    one, other = (set_of(prompt) for prompt in (own, bare))
    for way, target in everywhere("llama-3", "gguf", "vllm").items():
        assert read(target, ChatSpec(system="Swept."), one).ids == read(target, CHAT, one).ids, way
        assert read(target, ChatSpec(system="Own."), other).ids == read(target, CHAT, one).ids, way


def test_a_model_without_a_template_is_asked_plainly(everywhere: Any, read: Any) -> None:
    """A base model, in each place; llama-server's stand-in template is none, nor are vLLM's words about a lack."""
    prompts = set_of(Prompt(id="a", content="the thing"))
    ways = everywhere("base")
    ways.pop("llama-server, hidden")  # renders its stand-in, and nothing there tells that
    for way, target in ways.items():
        found = read(target, CHAT, prompts)
        assert found.prompting.template == "none", way
        assert found.ids == read(target, PLAIN, prompts).ids
        with pytest.raises(UsageError, match=r"sweep\.system is given.*has no chat template"):
            read(target, ChatSpec(system="x"), prompts)


def test_a_system_prompt_for_a_model_without_one_is_told(everywhere: Any, read: Any) -> None:
    """Gemma's template raises: the template, its words, the prompt, and what would do."""
    for way, target in everywhere("gemma", "gguf", "llama-server, hidden", "vllm").items():
        with pytest.raises(UsageError, match="no system role here") as caught:
            read(target, ChatSpec(system="x"))
        said = str(caught.value)
        assert "chat template in " in said
        assert way != "gguf" or said.startswith("p.jsonl: prompt '0'")
        assert "drop `system`" in said, way


def test_a_server_that_parses_always_says_so(everywhere: Any, read: Any) -> None:
    """VLLM takes a special token's name for the token: where that is in a plain prompt, somebody has to choose."""
    prompts = set_of(Prompt(id="a", content="a <|im_start|> b"))
    with pytest.raises(UsageError, match=r"'<\|im_start\|>'.*special_tokens: parse.*`tokenizer`"):
        read(everywhere("qwen3")["vllm"], PLAIN, prompts)
    assert read(everywhere("base")["vllm"], PLAIN, prompts).ids == read(everywhere("base")["gguf"], PLAIN, prompts).ids


def test_a_server_that_says_nothing_is_asked_for_a_folder(answers: Answers, shapes: Any, read: Any) -> None:
    """Neither /props nor a renderer: what is missing, and three ways on."""
    source = GgufSource(shapes["qwen3"][1])
    target = of_server(answers(LlamaServer(source=source, pages=("/tokenize",))))
    with pytest.raises(UsageError, match=r"no /props, no /apply-template.*`tokenizer`.*chat: PATH.*`chat: none`"):
        read(target, CHAT)
    assert read(target, PLAIN).prompting.template == "none"
    source.close()


def test_a_named_template_goes_before_the_targets_own(everywhere: Any, read: Any, tmp_path: Path) -> None:
    """In each place the same ids, and the record says that it was a file."""
    path = tmp_path / "own.jinja"
    path.write_text("{{ bos_token }}Q: {{ messages[-1].content }}\nA:")
    for shape in ("llama-3", "base"):
        ways = everywhere(shape, "gguf", "llama-server", "vllm, folder", "vllm")
        found = [read(target, ChatSpec(template=path)) for target in ways.values()]
        assert len({one.ids for one in found}) == 1
        assert {one.prompting.template for one in found} == {"file"}


def test_a_target_reads_what_its_source_says(shapes: Any) -> None:
    """The open models tokenise a plain prompt as their weightless tokenizers do, and write after a rendered one."""
    pytest.importorskip("torch", reason="needs torch: pip install 'configspec[transformers]'")
    from configspec.targets.prompt_source import prompt_ids
    from configspec.theory.decoding import Decoding

    folder, gguf = shapes["llama-3"]
    for spec in (
        TargetSpec(transformers=folder, llama_cpp=LlamaCppSpec(threads=1)),
        TargetSpec(gguf=gguf, llama_cpp=LlamaCppSpec(threads=1, context=256)),
    ):
        target, source = open_target(spec), prompt_source(spec)
        assert [target.tokenize(text) for text in TEXTS] == [prompt_ids(source, text, "text") for text in TEXTS]
        ids = prompt_ids(source, "<|begin_of_text|><|eot_id|>the", "parse")
        assert target.continue_text(ids, 2, Decoding(), seed=0).tokens
        ends = {prompt_ids(source, text, "parse")[-1] for text in LLAMA_3.ends}
        assert target.end_tokens >= ends
        target.close()
        source.close()


@pytest.mark.parametrize("shape", ["llama-3", "qwen3", "gemma", "gpt-oss"])
def test_a_rendered_prompt_has_a_text_that_a_server_parses_back(shape: str, shapes: Any, read: Any) -> None:
    """For servers that take text alone: special tokens are sent by their names."""
    tokenizer = FolderTokenizer(shapes[shape][0])
    for ids in read(TargetSpec(transformers=shapes[shape][0]), CHAT).ids:
        text = TextIds(tokenizer, "here").text_of(ids)
        assert (*tokenizer.prefix, *tokenizer.encode(text, "parse")) == ids


def test_a_server_of_text_reads_the_same_tokens(serve: Callable[..., str], shapes: Any, read: Any) -> None:
    """llama-cpp-python's, which takes text alone, puts a begin-of-text before it, and parses special tokens."""
    folder, gguf = shapes["llama-3"]
    url = serve(model=gguf, model_alias="chat", n_ctx=256, logits_all="true")
    found = {way: read(of_server(url, named), CHAT) for way, named in (("folder", folder),)}
    source = prompt_source(of_server(url))
    assert source.prefix == FolderTokenizer(folder).prefix
    assert read(of_server(url), ChatSpec(template=folder / "chat_template.jinja", variables={"bos_token": ""})).ids == (
        found["folder"].ids
    )
    with pytest.raises(UsageError, match="special_tokens: parse"):
        source.encode("a <|eot_id|>", "text")
    with pytest.raises(UsageError, match="does not say whether its model has a chat template"):
        read(of_server(url), CHAT)
    target = ServerTarget(ServerSpec(url=url, model="chat", tokenizer=folder))
    for ids in found["folder"].ids:
        prompt = target._server.prompt_of(ids)
        assert isinstance(prompt, str)
        target._server.complete(CompletionRequest(prompt=prompt, length=len(ids)))  # which counts them
    target.close()
    source.close()


def test_drafts_templates_are_nobodys_business(shapes: Any, tmp_path: Path) -> None:
    """A draft with another template, or none, has the same vocabulary as before."""
    from configspec.families.gguf.gguf_facts import read_facts
    from configspec.families.vocabulary import compare_vocabularies, vocabulary_of_folder

    folder, gguf = shapes["llama-3"]
    draft = write_folder(tmp_path / "draft", LLAMA_3)
    (draft / "chat_template.jinja").write_text("something else {{ raise_exception('x') }}")
    write_gguf(draft, tmp_path / "draft.gguf")
    target = vocabulary_of_folder(folder)
    assert compare_vocabularies(read_facts(tmp_path / "draft.gguf").vocabulary, target) == ()
    assert compare_vocabularies(read_facts(gguf).vocabulary, target) == ()


def test_a_template_that_leaves_the_beginning_out_gets_it(tmp_path: Path, answers: Answers, read: Any) -> None:
    """ChatML on a tokenizer that begins every text: once, in each place."""
    template = "{% for m in messages %}<|start_header_id|>{{ m.content }}{% endfor %}"
    folder = write_folder(tmp_path / "model", replace(LLAMA_3, template=template))
    write_gguf(folder, tmp_path / "model.gguf")
    source = FolderTokenizer(folder)
    targets = (
        TargetSpec(transformers=folder),
        TargetSpec(gguf=tmp_path / "model.gguf"),
        of_server(answers(Vllm(source=source))),
        of_server(answers(LlamaServer(source=source, pages=("/tokenize", "/apply-template")))),
    )
    found = [read(target, CHAT).ids for target in targets]
    assert len(set(found)) == 1
    assert all(ids[: len(source.prefix)] == source.prefix != ids[1:2] for ids in found[0])


@pytest.mark.parametrize("letters", [True, False])
def test_a_begin_that_is_named_and_not_added_is_not_added(tmp_path: Path, letters: bool) -> None:
    """Also where the vocabulary has tokens for next to nothing; and one that is added is found all the same."""
    for shape in (SHAPES["named, not added"], LLAMA_3, GLM):
        folder = write_folder(tmp_path / shape.special[0], shape)
        path = folder / "tokenizer.json"
        raw = json.loads(path.read_text())
        if not letters:
            raw["model"] |= {"vocab": {f"w{n}": n for n in range(len(raw["model"]["vocab"]))}, "merges": []}
        path.write_text(json.dumps(raw))
        tokenizer = FolderTokenizer(folder)
        names = {entry["id"]: entry["content"] for entry in raw["added_tokens"]}
        assert tuple(names[index] for index in tokenizer.prefix) == shape.begins
