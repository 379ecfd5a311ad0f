"""``footnote mcp`` through the official client: over stdin and stdout of a real process, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ingest.errors import MissingExtra, SettingsError
from ui.api import mcp as door
from ui.api.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp

    from ingest.settings import Settings
    from rag.footnote import Footnote

    Serving = Callable[[ASGIApp], AbstractContextManager[str]]

mcp = pytest.importorskip("mcp")
ROOT = Path(__file__).resolve().parent.parent.parent
READING = ["search_notes", "ask_notes", "read_passage", "verify_answer", "list_notes"]
KEY = "a-key-that-is-long-enough"


def over_stdio(settings: Settings, *options: str) -> Any:
    command = ["-W", "ignore", "-m", "ui", "mcp", "--library", str(settings.library_folder), *options]
    return mcp.StdioServerParameters(command=sys.executable, args=command, cwd=str(ROOT))


@contextmanager
def over_http(serving: Serving, notes: Footnote, **options: Any) -> Iterator[str]:
    app = door.http_app(door.build_server(notes))
    with serving(Gate(app, host="127.0.0.1", **options)) as url:
        yield f"{url}/mcp"


def talk(server: Any, scene: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with mcp.Client(server) as client:
            await scene(client)

    asyncio.run(run())


async def all_tools(client: Any) -> None:
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == READING
    for tool in tools:
        assert tool.annotations.read_only_hint is True
        assert len(tool.description) > 50
        assert tool.output_schema["type"] == "object"

    async def call(name: str, **arguments: Any) -> dict[str, Any]:
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        assert json.loads(result.content[0].text) == result.structured_content
        return dict(result.structured_content)

    answer = await call("ask_notes", question="LLaMA 作出的改进有哪些?")
    assert "SwiGLU" in answer["answer"]
    (citation,) = answer["citations"]
    assert (Path(citation["path"]).name, citation["lines"]) == ("models.md", [5, 6])

    first, last = citation["lines"]
    read = await call("read_passage", note=citation["document_id"], first_line=first - 2, last_line=last)
    assert read["text"] == "## LLaMA 作出的改进\n\n1. 归一化由 LN 改为 RMSNorm。\n2. 用 SwiGLU 替代 ReLU。\n"
    assert (read["trail"], read["lines"], read["last_line"]) == (["模型", "LLaMA 作出的改进"], [3, 6], 11)
    assert (await call("read_passage", note="models.md"))["lines"] == [1, 11]

    found = await call("search_notes", query="RMSNorm", k=1, mode="lexical")
    assert ["RMSNorm" in passage["text"] for passage in found["passages"]] == [True]
    checked = await call("verify_answer", answer="LN 对所有特征做归一化。", contexts=["LN 在单个样本内对所有特征做归一化。"])
    assert checked["verdict"] == "faithful"
    listed = await call("list_notes")
    assert sorted(Path(note["path"]).name for note in listed["documents"]) == ["models.md", "norms.md"]
    history = [{"role": "user", "content": "数据并行是什么?"}, {"role": "assistant", "content": "见笔记。"}]
    went_on = await call("ask_notes", question="它的缺点呢?", history=history)
    assert "放下整个模型" in went_on["answer"]
    assert (went_on["question"], went_on["standalone_question"]) == ("它的缺点呢?", "数据并行的缺点")
    assert answer["standalone_question"] is None


async def errors(client: Any) -> None:
    for name, arguments, says in (
        ("read_passage", {"note": "/etc/passwd"}, "no such note"),
        ("read_passage", {"note": "../library/library.sqlite3"}, "no such note"),
        ("read_passage", {"note": "norms.md", "first_line": 999}, "has the lines 1 to"),
        ("read_passage", {"note": "norms.md", "first_line": 5, "last_line": 4}, "above first_line"),
        ("search_notes", {"query": "x", "k": 0}, "greater than or equal to 1"),
        ("ask_notes", {}, "question"),
        ("add_note", {"name": "x", "text": "y"}, "add_note"),
    ):
        result = await client.call_tool(name, arguments)
        assert result.is_error, name
        assert says in result.content[0].text


def test_over_stdio(settings: Settings) -> None:
    async def scene(client: Any) -> None:
        await all_tools(client)
        await errors(client)

    talk(over_stdio(settings), scene)


def test_over_http(serving: Serving, notes: Footnote) -> None:
    with over_http(serving, notes) as url:
        talk(url, all_tools)


def test_a_note_is_added_where_that_is_allowed(settings: Settings) -> None:
    async def scene(client: Any) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == [*READING, "add_note"]
        assert tools["add_note"].annotations.read_only_hint is False
        note = {"name": "../dropout", "text": "# Dropout\n\n## Dropout 是什么?\n\nDropout 随机地把一部分神经元置零。\n"}
        added = (await client.call_tool("add_note", note)).structured_content
        assert (added["documents"], added["added"], added["skipped"]) == (3, 1, [])
        answer = (await client.call_tool("ask_notes", {"question": "Dropout 是什么?"})).structured_content
        assert answer["citations"][0]["path"] == (settings.library_folder.with_name("library-uploads") / "dropout.md").as_posix()

    talk(over_stdio(settings, "--allow-ingest"), scene)


def test_stdout_carries_the_protocol_alone(settings: Settings) -> None:
    def request(number: int, method: str, **parameters: Any) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n"

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    sent = (
        request(1, "initialize", **hello)
        + '{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'
        + "not json\n"
        + request(2, "tools/call", name="ask_notes", arguments={"question": "数据并行有什么缺点?"})
        + request(3, "tools/call", name="read_passage", arguments={"note": "none"})
    )
    command = [sys.executable, "-m", "ui", "mcp", "--library", str(settings.library_folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(sent)
    process.stdin.flush()
    messages = []
    while not {1, 2, 3} <= {message.get("id") for message in messages}:
        messages.append(json.loads(process.stdout.readline()))
    rest, _ = process.communicate(timeout=20)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert process.returncode == 0
    (answered,) = [message for message in messages if message.get("id") == 2]
    assert answered["result"]["isError"] is False
    assert "放下整个模型" in answered["result"]["structuredContent"]["answer"]


def test_http_stands_behind_the_gate(serving: Serving, notes: Footnote) -> None:
    with over_http(serving, notes, key=KEY) as url, httpx.Client(trust_env=False) as client:
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accepts = {"accept": "application/json, text/event-stream"}
        assert client.post(url, json=body, headers=accepts).status_code == 401
        known = {**accepts, "authorization": f"Bearer {KEY}"}
        assert client.post(url, json=body, headers={**known, "origin": "http://evil.example"}).status_code == 403
        assert client.post(url, json=body, headers={**known, "host": "evil.example"}).status_code == 403
        assert client.post(url, json=body, headers=known).status_code not in (401, 403)
        assert (
            client.post(url, content=b" " * 2_000_001, headers={**known, "content-type": "application/json"}).status_code == 413
        )


def test_other_machines_need_a_key(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="with a key only"):
        door.serve_http(settings, host="0.0.0.0", port=0)


def test_without_the_sdk_it_says_what_to_install(notes: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(MissingExtra, match=r"pip install 'footnote-notes\[mcp\]'"):
        door.build_server(notes)
