"""The doors for other programs: REST, its OpenAPI document, the gate, and how work is stopped."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from ingest.errors import LibraryBusy, SettingsError
from ingest.settings import Settings
from rag.answer import ask, search
from rag.footnote import Footnote
from rag.types import Answer, Sentence
from rag.verify import verify
from ui import render
from ui.api import gate
from ui.api.app import build_doors
from ui.api.errors import Busy
from ui.api.work import Workers
from ui.commands_notes import info_record
from ui.serve import Beside, serve
from ui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp

    Serving = Callable[[ASGIApp], AbstractContextManager[str]]

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION = "BN 和 LN 有什么区别?"
KEY = "a-key-that-is-long-enough"


@contextmanager
def client(serving: Serving, notes: Footnote, **options: Any) -> Iterator[httpx.Client]:
    with (
        serving(build_doors(notes, host="127.0.0.1", **options)) as url,
        httpx.Client(base_url=url, timeout=20, trust_env=False) as opened,
    ):
        yield opened


@pytest.fixture
def rest(serving: Serving, notes: Footnote) -> Iterator[httpx.Client]:
    with client(serving, notes) as opened:
        yield opened


def without_seconds(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "seconds"}


# ---------------------------------------------------------------------------------------------- what is answered


def test_ask_gives_the_command_lines_record(rest: httpx.Client, notes: Footnote) -> None:
    given = rest.post("/api/ask", json={"id": 7, "question": QUESTION}).json()
    with notes.library() as library:
        record = render.answer_record(ask(QUESTION, library), id=7, question=QUESTION, seconds=0)
    assert list(given) == list(record)
    assert without_seconds(given) == without_seconds(json.loads(json.dumps(record)))
    assert given["citations"][0]["lines"][0] == 5
    assert Path(given["citations"][0]["path"]).name == "norms.md"


def test_a_follow_up_leans_on_the_history(rest: httpx.Client) -> None:
    def after(asked: str) -> str:
        history = [{"role": "user", "content": asked}, {"role": "assistant", "content": "见笔记。"}]
        return str(rest.post("/api/ask", json={"question": "它的缺点呢?", "history": history}).json()["answer"])

    assert "放下整个模型" in after("数据并行是什么?")
    assert "放下整个模型" not in after("GroupNorm 是怎么做的?")


def test_a_follow_up_tells_the_question_it_was_understood_as(rest: httpx.Client) -> None:
    history = [{"role": "user", "content": "数据并行是什么?"}, {"role": "assistant", "content": "见笔记。"}]
    given = rest.post("/api/ask", json={"question": "它的缺点呢?", "history": history}).json()
    assert (given["question"], given["standalone_question"]) == ("它的缺点呢?", "数据并行的缺点")
    assert list(given)[-1] == "standalone_question"
    alone = rest.post("/api/ask", json={"question": QUESTION, "history": history}).json()
    corrected = rest.post("/api/ask", json={"question": f"你好，{QUESTION}"}).json()  # not what was said before
    assert [record for record in (alone, corrected) if "standalone_question" in record] == []
    described = rest.get("/api/openapi.json").json()["components"]["schemas"]["AnswerOut"]
    assert "history" in described["properties"]["standalone_question"]["description"]
    assert "standalone_question" not in described["required"]


def test_search_verify_and_notes_give_the_command_lines_records(rest: httpx.Client, notes: Footnote) -> None:
    given = rest.post("/api/search", json={"query": "RMSNorm", "k": 2, "mode": "lexical"}).json()
    with notes.library() as library:
        found = [render.passage_record(passage) for passage in search("RMSNorm", library, k=2, mode="lexical")]
        listed = [info_record(note) for note in library.documents()]
    assert given == {"id": None, "query": "RMSNorm", "passages": found}
    assert len(found) == 2
    assert rest.get("/api/notes").json() == {"documents": listed}

    claim = {"answer": "数据并行把模型分到多个单元上。", "contexts": ["数据并行把数据分到多个计算单元上。"]}
    checked = rest.post("/api/verify", json={"id": "x", **claim}).json()
    expected = render.verification_record(verify(claim["answer"], claim["contexts"]), id="x")  # type: ignore[arg-type]
    assert checked == expected


@pytest.mark.parametrize(
    "claim",
    [
        {"contexts": "LN 在单个样本内做归一化。", "answer": "LN 在单个样本内做归一化。"},
        {"passage": "LN 在单个样本内做归一化。", "answer": "LN 在单个样本内做归一化。"},
        {"retrieved_contexts": ["LN 在单个样本内做归一化。"], "response": "LN 在单个样本内做归一化。", "user_input": "LN?"},
    ],
)
def test_verify_knows_other_names(rest: httpx.Client, claim: dict[str, Any]) -> None:
    assert rest.post("/api/verify", json=claim).json()["verdict"] == "faithful"


def test_the_document_describes_what_is_given(rest: httpx.Client, notes: Footnote) -> None:
    document = rest.get("/api/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/ask", "/api/search", "/api/verify", "/api/notes", "/api/ingest",
        "/v1/chat/completions", "/v1/models", "/v1/models/{model}",
    }  # fmt: skip
    schemas = document["components"]["schemas"]
    answer = rest.post("/api/ask", json={"question": QUESTION}).json()
    for name, record in (("AnswerOut", answer), ("SentenceOut", answer["sentences"][0]), ("CitationOut", answer["citations"][0])):
        assert list(schemas[name]["properties"])[: len(record)] == list(record)
        assert set(schemas[name]["required"]) <= set(record)
    assert "securitySchemes" not in document["components"]


def test_the_page_about_the_doors_loads_nothing(rest: httpx.Client) -> None:
    shown = rest.get("/api/docs")
    assert "POST /v1/chat/completions" in shown.text
    assert "<script" not in shown.text
    assert "src=" not in shown.text
    assert "http" not in shown.text.replace("<!doctype html><html", "")
    assert "default-src 'none'" in shown.headers["content-security-policy"]


# ---------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "says"),
    [
        ("POST", "/api/ask", b"{", "application/json", 422, "not JSON"),
        ("POST", "/api/ask", b"[" * 100_000, "application/json", 400, ""),
        ("POST", "/api/ask", b'{"question": "\\ud800"}', "application/json", 422, "question"),
        ("POST", "/api/ask", b"question=x", "application/x-www-form-urlencoded", 422, "send JSON"),
        ("POST", "/api/ask", b"{}", "application/json", 422, "question: Field required"),
        ("POST", "/api/ask", b'{"question": "  "}', "application/json", 422, "question"),
        ("POST", "/api/ask", json.dumps({"question": "x" * 5000}).encode(), "application/json", 422, "question"),
        ("POST", "/api/ask", b'{"question": "x", "model": "gpt"}', "application/json", 404, "no model 'gpt'; there is footnote"),
        ("POST", "/api/ask", b'{"question": "x", "history": [{"role": "system", "content": ""}]}', "application/json", 422, "role"),
        ("POST", "/api/search", b'{"query": "x", "k": 0}', "application/json", 422, "k: "),
        ("POST", "/api/verify", b'{"answer": "x", "contexts": [1]}', "application/json", 422, "contexts"),
        ("GET", "/api/ask", b"", "", 405, "Method Not Allowed"),
        ("GET", "/api/nothing", b"", "", 404, "Not Found"),
        ("POST", "/api/ingest", b"x", "text/plain", 403, "--allow-ingest"),
        ("POST", "/api/ask", b" " * 2_000_001, "application/json", 413, "2000000 bytes"),
    ],
)  # fmt: skip
def test_errors_are_one_line_of_json(
    rest: httpx.Client, method: str, path: str, body: bytes, kind: str, status: int, says: str
) -> None:
    told = rest.request(method, path, content=body, headers={"content-type": kind})
    assert told.status_code == status, told.text
    assert told.headers["content-type"] == "application/json"
    assert "\n" not in told.text
    assert set(told.json()) == {"error", "reason"}
    assert says in told.json()["reason"]


def test_a_body_without_a_length_is_measured_as_it_comes(rest: httpx.Client) -> None:
    told = rest.post("/api/ask", content=(b" " * 100_000 for _ in range(25)), headers={"content-type": "application/json"})
    assert told.status_code == 413


def test_no_library_and_a_busy_one_are_no_bug(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Footnote(Settings(library=str(tmp_path / "none"))) as notes, client(serving, notes) as rest:
        told = rest.post("/api/ask", json={"question": QUESTION})
        assert (told.status_code, told.json()["error"]) == (503, "LibraryMissing")

        def busy(*_: object, **__: object) -> None:
            raise LibraryBusy("another process\nis writing")

        monkeypatch.setattr(notes, "notes", busy)
        told = rest.get("/api/notes")
        assert (told.status_code, told.json()) == (503, {"error": "LibraryBusy", "reason": "another process is writing"})
        assert told.headers["retry-after"] == "1"


# ---------------------------------------------------------------------------------------------- adding notes


def test_an_uploaded_note_answers(serving: Serving, notes: Footnote, settings: Settings) -> None:
    with client(serving, notes, allow_ingest=True) as rest:
        files = [
            ("files", ("../../dropout.md", "# Dropout\n\n## Dropout 是什么?\n\nDropout 随机地把一部分神经元置零。\n".encode())),
            ("files", ("broken.pdf", b"%PDF-1.4 nothing")),
        ]
        given = rest.post("/api/ingest", files=files).json()
        assert (given["documents"], given["added"]) == (3, 1)
        assert [Path(skip["path"]).name for skip in given["skipped"]] == ["broken.pdf"]
        answer = rest.post("/api/ask", json={"question": "Dropout 是什么?"}).json()
    uploads = settings.library_folder.with_name("library-uploads")
    assert answer["citations"][0]["path"] == (uploads / "dropout.md").as_posix()
    assert [file.name for file in uploads.iterdir()] == ["dropout.md"]


def test_an_upload_is_bounded(serving: Serving, notes: Footnote) -> None:
    with client(serving, notes, allow_ingest=True) as rest:
        told = rest.post("/api/ingest", files={"files": ("big.md", b"x" * 1_200_000)})
        assert told.status_code == 413
        assert rest.post("/api/ingest", data={"files": "no file"}).status_code == 400
        twice = [("files", ("a/x.md", b"# One")), ("files", ("b/x.md", b"# Two"))]
        assert "two files of the name 'x.md'" in rest.post("/api/ingest", files=twice).json()["reason"]
        assert rest.post("/api/ingest", content=b"--", headers={"content-type": "multipart/form-data"}).status_code == 400
        skipped = rest.post("/api/ingest", files={"files": ("big.md", b"x" * 200_000)}).json()["skipped"]
    assert [Path(skip["path"]).name for skip in skipped] == ["big.md"]


# ---------------------------------------------------------------------------------------------- the gate


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "[::1]:80"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "[evil"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"origin": "app://obsidian.md"}, 200),
    ],
)
def test_other_sites_stay_out(serving: Serving, notes: Footnote, headers: dict[str, str], status: int) -> None:
    with client(serving, notes, origins=["app://obsidian.md"]) as rest:
        for path in ("/api/notes", "/v1/models"):
            told = rest.get(path, headers=headers)
            assert told.status_code == status
            assert told.headers.get("access-control-allow-origin") == (
                "app://obsidian.md" if headers.get("origin", "").startswith("app:") else None
            )


def test_the_page_of_this_server_may_ask(rest: httpx.Client) -> None:
    own = str(rest.base_url).rstrip("/")
    assert rest.post("/api/search", json={"query": "LN"}, headers={"origin": own}).status_code == 200


def test_a_preflight_is_answered_for_friends_alone(serving: Serving, notes: Footnote) -> None:
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    with client(serving, notes, origins=["app://obsidian.md"], key=KEY) as rest:
        told = rest.options("/v1/chat/completions", headers={"origin": "app://obsidian.md", **asks})
        assert told.status_code == 204
        assert "authorization" in told.headers["access-control-allow-headers"]
        assert rest.options("/v1/chat/completions", headers={"origin": "http://evil.example", **asks}).status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer wrong", 401),
        (f"Basic {KEY}", 401),
        (f"Bearer {KEY}x", 401),
        (f"Bearer {KEY}", 200),
        (f"bearer  {KEY}", 200),
    ],
)
def test_with_a_key_nobody_gets_in_without_it(serving: Serving, notes: Footnote, given: str | None, status: int) -> None:
    with client(serving, notes, key=KEY) as rest:
        for path in ("/api/notes", "/v1/models", "/api/openapi.json", "/api/docs"):
            told = rest.get(path, headers={} if given is None else {"authorization": given})
            assert told.status_code == status
            assert KEY not in told.text
        if status == 200:
            assert rest.get("/api/openapi.json", headers={"authorization": f"Bearer {KEY}"}).json()["security"] == [{"key": []}]


def test_a_key_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate.read_key(None) == ""
    monkeypatch.setenv("FOOTNOTE_API_KEY", KEY)
    assert gate.read_key(None) == KEY
    file = tmp_path / "key"
    file.write_text("another-key-of-mine\n", encoding="utf-8")
    assert gate.read_key(str(file)) == "another-key-of-mine"
    for wrong in ("", "short", "一把中文的钥匙一把中文的钥匙一把"):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingsError, match="a key is at least 16"):
            gate.read_key(str(file))
    with pytest.raises(SettingsError, match="No such file"):
        gate.read_key(str(tmp_path / "none"))


def test_other_machines_need_a_key(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="with a key only"):
        serve(settings, host="0.0.0.0", port=0, page=False)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsError, match="cannot be listened on"):
            Server(_nothing, host="127.0.0.1", port=other.getsockname()[1])


def test_a_round_trip_does_not_wait_for_a_packet_to_fill(rest: httpx.Client) -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert rest.get("/v1/models").status_code == 200
        return time.perf_counter() - began

    assert min(seconds() for _ in range(15)) < 0.03  # with the delay each takes 0.04 at least


async def _nothing(scope: Any, receive: Any, send: Any) -> None: ...


def test_the_doors_stand_beside_the_page() -> None:
    asked = []

    def app(name: str) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            asked.append((name, scope.get("path", scope["type"])))

        return answer

    for doors in (app("doors"), None):
        beside = Beside(app("page"), doors)
        for path in ("/", "/v1/models", "/api/ask", "/gradio_api/x", "/v1"):
            asyncio.run(beside({"type": "http", "path": path}, None, None))  # type: ignore[arg-type]
        asyncio.run(beside({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert [name for name, _ in asked] == ["page", "doors", "doors", "page", "page", "page", *["page"] * 6]


def test_without_the_page_gradio_is_not_loaded(settings: Settings) -> None:
    script = (
        "import sys, ui.server; wait = ui.server.Server.wait\n"
        "def stop(server):\n    import httpx\n    print(httpx.get(server.url + '/v1/models', trust_env=False).status_code)\n"
        "    server.close()\n"
        "ui.server.Server.wait = stop\n"
        "from ui.cli import main\n"
        f"print(main(['serve', '--no-page', '--port', '0', '--library', {str(settings.library_folder)!r}]))\n"
        "print(sorted({'gradio', 'torch', 'langchain', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["200", "0", "[]"], done.stderr
    assert "/v1 (OpenAI)" in done.stderr


# ---------------------------------------------------------------------------------------------- work


class Slow:
    """An LLM's stream: a sentence every 50 ms, for ever; or silent after the first, but looking at ``stop``."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.begun = threading.Event()
        self.closed = threading.Event()

    def stream(
        self, question: str, *, history: object, quoting: bool, stop: threading.Event
    ) -> Generator[Sentence | Answer, None, None]:
        try:
            self.begun.set()
            yield Sentence(text="一。", citations=(), support=1.0, verdict="supported")
            while True:
                if self.silent and stop.wait(0.05):
                    return
                if not self.silent:
                    time.sleep(0.05)
                    yield Sentence(text="又一。", citations=(), support=1.0, verdict="supported")
        finally:
            self.closed.set()


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "stream": True}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
        ("/api/ask", {"question": "x"}),
    ],
)
def test_a_client_that_leaves_stops_its_answer_at_once(
    serving: Serving, notes: Footnote, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], silent: bool
) -> None:
    slow = Slow(silent=silent)
    monkeypatch.setattr(notes, "stream", slow.stream)
    with (
        serving(build_doors(notes, host="127.0.0.1")) as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port)) as line,
    ):
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        line.sendall(head.encode() + content)
        assert slow.begun.wait(5)
        if body.get("stream"):
            assert b"200 OK" in line.recv(4096)
        else:
            time.sleep(0.1)
        assert not slow.closed.is_set()
        line.close()
        assert slow.closed.wait(5)  # it would go on for ever


def test_a_slow_client_holds_nobody_up(rest: httpx.Client) -> None:
    port = rest.base_url.port
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        for line in lines:
            line.sendall(
                b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
        assert rest.post("/api/ask", json={"question": QUESTION}, timeout=5).json()["abstained"] is False
    finally:
        for line in lines:
            line.close()


def test_a_body_that_stops_coming_is_given_up(rest: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.body.SILENCE", 0.1)
    with socket.create_connection(("127.0.0.1", rest.base_url.port or 0)) as line:
        line.sendall(
            b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 408")


def test_threads_are_few_and_the_queue_is_bounded() -> None:
    async def scene() -> None:
        workers = Workers(at_once=2, waiting=1)
        running, most, lock, release = 0, 0, threading.Lock(), threading.Event()

        def job() -> int:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            release.wait(10)
            with lock:
                running -= 1
            return 1

        three = [asyncio.ensure_future(workers.call(job)) for _ in range(3)]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await workers.call(job)
        release.set()
        assert await asyncio.gather(*three) == [1, 1, 1]
        assert most == 2
        assert await workers.call(job) == 1

        def fails() -> int:
            raise ValueError("told")

        with pytest.raises(ValueError, match="told"):
            await workers.call(fails)

    asyncio.run(scene())


def test_a_thread_is_free_again_only_when_its_work_has_ended() -> None:
    async def scene() -> None:
        workers = Workers(at_once=1)
        release = threading.Event()

        def stuck(stopped: threading.Event) -> Iterator[int]:
            yield 1
            release.wait(5)
            yield 2

        async with aclosing(workers.stream(stuck)) as items:
            assert await anext(items) == 1
        waiting = asyncio.ensure_future(workers.call(lambda: 3))
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.1)
        assert not waiting.done()
        release.set()
        assert await waiting == 3

    asyncio.run(scene())


def test_what_the_document_allows_and_more_breaks_nothing(serving: Serving, notes: Footnote) -> None:
    pytest.importorskip("schemathesis")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
    with serving(build_doors(notes, host="127.0.0.1", allow_ingest=True)) as url:
        command = [
            sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", f"{url}/api/openapi.json",
            "--phases", "fuzzing", "--max-examples", "4", "--checks", checks, "--seed", "1", "--no-color", "--generation-database", "none",
        ]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=False, cwd=notes.settings.library_folder
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "8 selected / 8 total" in done.stdout
