"""The chat in the terminal: fed on standard input, and in a terminal of its own where Ctrl-C is typed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.errors import SettingsError
from ingest.settings import Settings
from ingest.store import Library
from tests.rag.openai_server import OpenAIServer, Reply
from ui import chat
from ui.chat import Chat

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
NOTE = """# 归一化

## BN 和 LN 有什么区别?

BN 在一个批次内对每个特征做归一化,LN 在单个样本内对所有特征做归一化。

## BN 有什么优点?

BN 的优点是加速收敛。\x1b[31m
"""
TRUE = "BN 在一个批次内对每个特征做归一化。[1]"
ALSO = "LN 在单个样本内对所有特征做归一化。[1]"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("chat")
    (folder / "norms.md").write_text(NOTE, encoding="utf-8")
    build([folder / "norms.md"], Settings(library=str(folder / "library")))
    return str(folder / "library")


def talk(library: str, lines: Sequence[str], *options: str, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "ui", "chat", "--library", library, *options],
        cwd=ROOT,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_questions_follow_ups_footnotes_and_export(library: str, tmp_path: Path) -> None:
    file = tmp_path / "chat.md"
    lines = [
        ":1",
        "BN 和 LN 有什么区别?",
        ":1",
        ":7",
        ":why",
        "BN 有什么优点?",
        f":export {file}",
        f":export {file}",
        ":model",
        ":nonsense",
        ":new",
        ":help",
    ]
    shown, errors = talk(library, [*lines, ":quit", "不会再问"])
    assert errors == ""
    assert "nothing has been asked yet" in shown
    assert "所有特征做归一化。[1]" in shown
    assert "\n▌ BN 在一个批次内" in shown
    assert "has no footnote 7" in shown
    for leg in ("words:", "meaning:", "both, reranked:", "confidence that the notes answer it: 0."):
        assert leg in shown
    assert "no LLM" in shown
    assert "no command :nonsense" in shown
    assert ":export FILE" in shown
    assert "\x1b" not in shown
    exported = file.read_text(encoding="utf-8")
    assert exported.startswith("## BN 和 LN 有什么区别?\n\n")
    assert re.search(r"所有特征做归一化。\[\^1-1\]", exported)
    assert "[^2-1]: norms.md" in exported
    other = tmp_path / "mine.md"
    other.write_text("keep", encoding="utf-8")
    shown, _ = talk(library, ["BN 有什么优点?", f":export {other}", f":export {tmp_path / 'no' / 'folder.md'}"])
    assert "is there already" in shown
    assert "No such file" in shown
    assert other.read_text(encoding="utf-8") == "keep"


def test_a_refusal_is_told_once_with_its_reason(library: str) -> None:
    shown, _ = talk(library, ["榴莲的原产地在哪里?"])
    assert shown.count("笔记里没有") == 1
    assert "[无关话题]" in shown


def test_with_an_llm_the_answer_streams_and_failures_are_one_line(library: str) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    with OpenAIServer(
        Reply(text=TRUE + ALSO + "BN 由谷歌的两位研究员在加州的一次徒步旅行中偶然想到。[1]"),
        Reply(text="BN 有什么优点?"),
        Reply(status=401),
    ) as server:
        lines = ["BN 和 LN 有什么区别?", "它有什么优点?", ":model none", ":model gpt", ":model"]
        shown, errors = talk(
            library, lines, "--model", "openai:x", "--model-url", server.url, FOOTNOTE_MODEL_KEY="sk-secret-123456"
        )
    assert "BN 在一个批次内对每个特征做归一化。[1]LN 在单个样本内对所有特征做归一化。[1]BN 由谷歌" in shown
    assert "笔记未能支持" in shown
    assert "(模型服务不接受这个密钥（HTTP 401）；这里是笔记原文。)" in shown
    assert shown.endswith("no LLM: the notes' own words\nno LLM: the notes' own words\n")
    assert errors.startswith("footnote: model: 'gpt' is none of the forms")
    assert "sk-secret" not in shown + errors


def test_another_provider_is_not_asked_at_the_url_of_the_first(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("langchain_openai", "langchain_ollama"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    url = "http://127.0.0.1:9/v1"
    for first in ("openai:x", ""):
        settings = Settings(library=library, model=first, model_url=url)
        with Library.open(settings.library_folder, settings) as opened:
            chat = Chat(opened, settings)
            where = []
            for spec in ("openai:y", "ollama:qwen3", "none", "openai:z"):
                chat.line(f":model {spec}")
                where.append(getattr(chat.model, "openai_api_base", None) or getattr(chat.model, "base_url", None))
            with pytest.raises(SettingsError):
                chat.line(":model gpt")
        assert where == [url, None, None, url]
        assert capsys.readouterr().out.split()[-1] == "openai:z"


def test_ask_with_an_llm_adds_model_and_notice_to_the_record(library: str) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    import json

    with OpenAIServer(Reply(text=TRUE + ALSO)) as server:
        command = [sys.executable, "-W", "ignore", "-m", "ui", "ask", "BN 和 LN 有什么区别?", "--json", "--library", library]
        done = subprocess.run(
            [*command, "--model", "openai:x", "--model-url", server.url],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
    record = json.loads(done.stdout)
    assert list(record)[-3:] == ["seconds", "model", "notice"]
    assert (record["model"], record["notice"]) == ("openai:x", "")
    assert [sentence["verdict"] for sentence in record["sentences"]] == ["supported", "supported"]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_ctrl_c_stops_the_answer_and_not_the_chat(library: str) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    import pty

    replies = [
        Reply(text="BN 的优点是加速收敛。[1]"),
        Reply(text=TRUE + ALSO + "还有", stall_after=17),
        Reply(text="BN 和 LN 有什么区别?"),
        Reply(text=TRUE),
    ]
    with OpenAIServer(*replies) as server:
        command = [sys.executable, "-W", "ignore", "-m", "ui", "chat", "--library", library, "--model", "openai:x"]
        pid, terminal = pty.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # as in a terminal, also where the tests run in the background
            os.chdir(ROOT)
            os.environ |= {
                "PAGER": f"{sys.executable} -c \"import sys; print('PAGED', sys.stdin.read().partition(chr(0x258c))[2][:6])\"",
                "NO_COLOR": "1",
            }
            os.execv(command[0], [*command, "--model-url", server.url])
        seen = b""

        def until(wanted: str, seconds: float = 60) -> None:
            nonlocal seen
            end = time.monotonic() + seconds
            while wanted.encode() not in seen:
                assert time.monotonic() < end, seen.decode("utf-8", "replace")
                os.set_blocking(terminal, False)
                try:
                    seen += os.read(terminal, 65536)
                except BlockingIOError:
                    time.sleep(0.02)
            seen = seen.partition(wanted.encode())[2]

        try:
            until("› ")
            os.write(terminal, "BN 有什么优点?\n:new\n".encode())
            until("stands by itself")
            os.write(terminal, "BN 和 LN 有什么区别?\n".encode())
            until("每个特征做归一化。[1]")
            os.write(terminal, b"\x03")
            until("(已停止。)")
            assert server.gone.wait(5)
            until("[1] norms.md")
            until("› ")
            os.write(terminal, b":1\n")
            until("PAGED  BN 在")
            os.write(terminal, b":2\n")
            until("has no footnote 2")
            os.write(terminal, "它们有什么区别?\n".encode())
            until("norms.md")
            assert TRUE.removesuffix("[1]") in server.requests[2]["messages"][1]["content"]
            until("› ")
            os.write(terminal, b":1\n")
            until("PAGED  BN 在")
            os.write(terminal, b":quit\n")
            _, status = os.waitpid(pid, 0)
            assert os.waitstatus_to_exitcode(status) == 0
        finally:
            os.close(terminal)


def test_the_pager_is_that_of_the_environment_else_one_that_the_system_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "less -R")
    assert chat._pager() == ["less", "-R"]
    monkeypatch.setenv("PAGER", "")
    assert chat._pager() == []
    monkeypatch.delenv("PAGER")
    monkeypatch.setattr("shutil.which", {"less": None, "more": "/bin/more"}.get)
    assert chat._pager() == ["/bin/more"]
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert chat._pager() == []
