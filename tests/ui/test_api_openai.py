"""OpenAI's protocol: through the official client, and the text of a message by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import ask
from rag.footnote import Footnote
from rag.types import Answer, Citation, Sentence, Turn
from tests.rag.openai_server import OpenAIServer, Reply
from ui.api.app import build_doors
from ui.api.chat import conversation
from ui.api.reply import count_tokens, pieces, reply, unmarked
from ui.api.schema import ChatIn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager

    from openai import OpenAI
    from starlette.types import ASGIApp

    from ingest.settings import Settings

    Serving = Callable[[ASGIApp], AbstractContextManager[str]]

QUESTION = "LLaMA 作出的改进有哪些?"
KEY = "a-key-that-is-long-enough"


@pytest.fixture
def openai(serving: Serving, notes: Footnote) -> Iterator[OpenAI]:
    module = pytest.importorskip("openai")
    with (
        serving(build_doors(notes, host="127.0.0.1", key=KEY)) as url,
        module.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=20) as client,
    ):
        yield client


def user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]


# ---------------------------------------------------------------------------------------------- the official client


def test_models(openai: OpenAI) -> None:
    assert [model.id for model in openai.models.list()] == ["footnote"]
    assert openai.models.retrieve("footnote").owned_by == "footnote"


def test_a_completion_in_one_piece(openai: OpenAI, notes: Footnote) -> None:
    given = openai.chat.completions.create(model="footnote", messages=user(QUESTION), temperature=0.2, max_tokens=5)
    with notes.library() as library:
        answer = ask(QUESTION, library)
    text = given.choices[0].message.content
    assert text == reply(answer)
    assert "用 SwiGLU 替代 ReLU。[1]" in text
    assert "\n\n---\n\n- [1] models.md › 模型 › LLaMA 作出的改进 · 第 5–6 行: “" in text
    assert (given.object, given.choices[0].finish_reason) == ("chat.completion", "stop")
    assert given.usage is not None
    assert given.usage.prompt_tokens == count_tokens(QUESTION) == 10
    assert given.usage.total_tokens == 10 + count_tokens(text)
    extra = (given.model_extra or {})["footnote"]
    assert extra["answer"] == answer.text
    assert [citation["lines"] for citation in extra["citations"]] == [[5, 6]]
    assert {sentence["verdict"] for sentence in extra["sentences"]} == {"supported"}


def test_a_completion_as_it_comes(openai: OpenAI) -> None:
    whole = openai.chat.completions.create(model="footnote", messages=user(QUESTION))
    chunks = list(
        openai.chat.completions.create(
            model="footnote", messages=user(QUESTION), stream=True, stream_options={"include_usage": True}
        )
    )
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(texts) >= 3
    assert "".join(texts) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1
    (told,) = [chunk.model_extra["footnote"] for chunk in chunks if (chunk.model_extra or {}).get("footnote")]
    assert told["citations"] == (whole.model_extra or {})["footnote"]["citations"]


def test_the_stream_helper_of_the_client_reads_it_too(openai: OpenAI) -> None:
    with openai.chat.completions.stream(model="footnote", messages=user(QUESTION)) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert "SwiGLU" in (final.choices[0].message.content or "")


def test_a_chat_goes_on(openai: OpenAI) -> None:
    first = openai.chat.completions.create(model="footnote", messages=user("数据并行是什么?")).choices[0].message.content
    messages = [
        {"role": "system", "content": "Talk like a pirate."},
        *user([{"type": "text", "text": "数据并行是什么?"}]),
        {"role": "assistant", "content": first},
        *user([{"type": "text", "text": "它的"}, {"type": "text", "text": "缺点呢?"}]),
    ]
    second = openai.chat.completions.create(model="footnote", messages=messages)  # type: ignore[arg-type]
    assert "放下整个模型" in (second.choices[0].message.content or "")
    *_, last = openai.chat.completions.create(model="footnote", messages=messages, stream=True)  # type: ignore[call-overload]
    for told in (second, last):
        assert told.model_extra["footnote"]["question"] == "它的\n缺点呢?"
        assert told.model_extra["footnote"]["standalone_question"] == "数据并行的缺点"


def test_what_is_not_in_the_notes_is_said_so(openai: OpenAI) -> None:
    given = openai.chat.completions.create(model="footnote", messages=user("今天北京的天气怎么样?"))
    assert (given.model_extra or {})["footnote"]["abstained"] is True
    assert "[1]" not in (given.choices[0].message.content or "")


@pytest.mark.parametrize(
    ("error", "status", "fields"),
    [
        ("NotFoundError", 404, {"model": "gpt-4"}),
        ("BadRequestError", 400, {"messages": []}),
        ("BadRequestError", 400, {"messages": user("")}),
        ("BadRequestError", 400, {"messages": user("x" * 5_000)}),
        ("BadRequestError", 400, {"messages": [{"role": "system", "content": "x"}]}),
        ("BadRequestError", 400, {"messages": user([{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x"}}])}),
        ("BadRequestError", 400, {"n": 2}),
    ],
)
def test_errors_become_the_clients_own(openai: OpenAI, error: str, status: int, fields: dict[str, Any]) -> None:
    import openai as module

    for stream in (False, True):
        with pytest.raises(getattr(module, error)) as caught:
            openai.chat.completions.create(**{"model": "footnote", "messages": user("x"), "stream": stream, **fields})
        assert caught.value.status_code == status
        body = caught.value.body
        assert set(body) == {"message", "type", "param", "code"}
        assert "\n" not in body["message"]
        assert body["code"] == ("model_not_found" if status == 404 else None)


def test_a_wrong_key_is_the_clients_own_error_too(openai: OpenAI) -> None:
    import openai as module

    with pytest.raises(module.AuthenticationError, match="a key is needed"):
        openai.with_options(api_key="another").models.list()


def test_with_a_model_there_are_two(serving: Serving, notes: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("openai")
    asked: list[bool] = []

    def stream(question: str, *, history: object, quoting: bool, stop: object) -> Generator[Sentence | Answer, None, None]:
        asked.append(quoting)
        yield from (sentence("甲。", 1), answer(sentence("甲。", 1)))

    notes.model = object()
    notes.settings = replace(notes.settings, model="ollama:qwen3")
    monkeypatch.setattr(notes, "stream", stream)
    with serving(build_doors(notes, host="127.0.0.1")) as url, module.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        names = [model.id for model in client.models.list()]
        assert names == ["footnote", "footnote/ollama:qwen3"]
        assert client.models.retrieve(names[1]).id == names[1]
        for name in names:
            assert client.chat.completions.create(model=name, messages=user("x")).model == name
    assert asked == [True, False]


def test_a_failure_in_the_middle_of_a_stream_is_told(serving: Serving, notes: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("openai")
    from ingest.errors import ModelError

    def stream(question: str, **_: object) -> Generator[Sentence | Answer, None, None]:
        yield sentence("甲。", 1)
        raise ModelError("the model is gone")

    monkeypatch.setattr(notes, "stream", stream)
    with serving(build_doors(notes, host="127.0.0.1")) as url, module.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        chunks = client.chat.completions.create(model="footnote", messages=user("x"), stream=True)
        assert [next(chunks).choices[0].delta.content for _ in range(2)] == ["", "甲。[1]"]
        with pytest.raises(module.APIError, match="the model is gone"):
            next(chunks)


# ---------------------------------------------------------------------------------------------- what is asked


def test_the_last_message_of_the_user_is_the_question() -> None:
    chat = ChatIn.model_validate(
        {
            "messages": [
                {"role": "system", "content": "s"},
                *({"role": role, "content": f"{role} {turn}"} for turn in range(5) for role in ("user", "assistant")),
                {"role": "user", "content": " last 😀 "},
                {"role": "tool", "content": "t"},
                {"role": "assistant", "content": "begun"},
            ]
        }
    )
    asked = conversation(chat)
    assert asked.question == "last 😀"
    assert asked.history == tuple(
        Turn(role=role, content=f"{role} {turn}")  # type: ignore[arg-type]
        for turn in range(2, 5)
        for role in ("user", "assistant")
    )


# ---------------------------------------------------------------------------------------------- what is said


def sentence(text: str, *citations: int, verdict: Any = "supported") -> Sentence:
    return Sentence(text=text, citations=citations, support=1.0, verdict=verdict)


def answer(*sentences: Sentence, notice: str = "", abstained: bool = False) -> Answer:
    numbers = sorted({n for one in sentences for n in one.citations})
    citations = tuple(
        Citation(n=n, document_id="d", path=f"/n/{n}*.md", trail=("A [b]",), page=None, lines=(n, n), quote="q_1", start=0, end=3)
        for n in numbers
    )
    return Answer(
        question="q", sentences=sentences, citations=citations, passages=(), abstained=abstained, reason="absent" if abstained else None,
        confidence=1, notice=notice,
    )  # fmt: skip


def streamed(items: Iterable[Sentence | Answer]) -> str:
    def generator() -> Generator[Sentence | Answer, None, None]:
        yield from items

    out = list(pieces(generator()))
    assert isinstance(out[-1], Answer)
    return "".join(piece for piece in out if isinstance(piece, str))


def test_the_text_of_a_message() -> None:
    given = answer(sentence("A.", 1), sentence("B.", 1, 2, verdict="contradicted"), sentence("```\nx\n```", 2))
    assert reply(given) == (
        "A.[1] B.[1][2] (contradicted by the notes)\n\n```\nx\n```\n\n[2]\n\n---\n\n"
        "- [1] 1\\*.md › A \\[b\\] · line 1: “q\\_1”\n- [2] 2\\*.md › A \\[b\\] · line 2: “q\\_1”"
    )
    assert reply(answer(sentence("Nothing."), abstained=True)) == "Nothing."
    assert reply(answer(sentence("A."), notice="The model fell silent.")).startswith("_The model fell silent._\n\nA.")


sentences = st.lists(
    st.builds(
        sentence,
        st.sampled_from(["甲。", "B.", "- item", "1. one", "  goes on.", "```\nx\n```", "$$\ny\n$$", "要点:", "**T**", "| a |\n|---|\n| b |", "", " "]),
        st.integers(1, 3),
        verdict=st.sampled_from(["supported", "partial", "unsupported", "contradicted"]),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@given(sentences)
def test_a_stream_says_what_the_whole_says(said: list[Sentence]) -> None:
    whole = answer(*said)
    assert streamed([*said, whole]) == reply(whole)


def test_an_abstention_bears_no_mark_of_doubt() -> None:
    nothing = sentence("Your notes don't say.", verdict="unsupported")
    assert streamed([nothing, answer(nothing, abstained=True)]) == "Your notes don't say."
    assert streamed([nothing, answer(nothing)]) == "Your notes don't say. (not supported by the notes)"


def test_another_answer_follows_what_was_said_before_it() -> None:
    final = answer(sentence("Quoted.", 1), notice="The connection broke.")
    assert streamed([sentence("Invented.", 2), final]) == (
        "Invented.[2]\n\n---\n\n_The connection broke._\n\nQuoted.[1]\n\n---\n\n- [1] 1\\*.md › A \\[b\\] · line 1: “q\\_1”"
    )
    kept = answer(sentence("Kept.", 1), notice="Cut.")
    assert streamed([sentence("Kept.", 1), kept]).startswith("Kept.[1]\n\n_Cut._\n\n---\n\n- [1]")


@given(sentences)
def test_an_earlier_message_is_read_without_its_footnotes(said: list[Sentence]) -> None:
    plain = answer(*(replace(one, citations=(), verdict="supported") for one in said))
    marked = answer(*(replace(one, verdict="supported") for one in said))
    assert "".join(unmarked(reply(marked)).split()) == "".join(reply(plain).split())


@pytest.mark.parametrize(("text", "count"), [("", 0), ("RoPE 是什么?", 5), ("a b, c", 4), ("用GeLU替换", 4), ("x_1 = 2", 3)])
def test_tokens_are_characters_words_and_signs(text: str, count: int) -> None:
    assert count_tokens(text) == count


@pytest.mark.parametrize("stream", [False, True])
def test_an_llm_writes_what_comes_out_of_the_door(serving: Serving, settings: Settings, stream: bool) -> None:
    """From client to client: the door in between has the LLM of another server write, and checks what it wrote."""
    module = pytest.importorskip("openai")
    pytest.importorskip("langchain_openai")
    said = "LLaMA 用 SwiGLU 替代了 ReLU。[1]LLaMA 一共用了 99 张显卡。[1]"
    with OpenAIServer(Reply(text=said)) as llm:
        named = replace(settings, model="openai:planted", model_url=llm.url, model_key="sk-planted")
        with (
            Footnote(named) as notes,
            serving(build_doors(notes, host="127.0.0.1", key=KEY)) as url,
            module.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=20) as client,
        ):
            given = client.chat.completions.create(model="footnote/openai:planted", messages=user(QUESTION), stream=stream)
            told = [*given][-1] if stream else given
    extra = (told.model_extra or {})["footnote"]
    assert extra["model"] == "openai:planted"
    assert [sentence["verdict"] in ("supported", "partial") for sentence in extra["sentences"]] == [True, False]
    assert len(llm.requests) == 1
    assert llm.keys == ["Bearer sk-planted"]
