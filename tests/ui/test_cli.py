"""The command line to the letter: keys and their order, one object a line, exit codes, batches, and nothing else on stdout."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest import store
from ui.cli import build_parser, main

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]
NOTE = """# 归一化

## 1. LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 对同一个样本的所有特征求均值和方差，不依赖批次的大小。BatchNorm 对同一个特征在一个批次的所有样本上求均值和方差。

## 2. RMSNorm 的公式是什么?

RMSNorm 去掉了减均值这一步，只除以均方根：

$$
y = x / sqrt(mean(x^2) + eps) * g
$$

## 3. DeepNorm 为什么能让模型训练到一千层?

## 4. 为什么点积要除以 sqrt(d_k)?

点积的方差随维度 d_k 增大而增大，softmax 会进入梯度很小的区域，除以 sqrt(d_k) 使方差回到 1。
"""
OTHER = """# Tokenizers

## What is byte pair encoding?

Byte pair encoding repeatedly merges the most frequent pair of adjacent symbols until the vocabulary is full.
"""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "归一化.md").write_text(NOTE, encoding="utf-8")
    (folder / "tokenizers.md").write_text(OTHER, encoding="utf-8")
    (folder / "broken.ipynb").write_bytes(b"{not a notebook")
    return folder


@pytest.fixture(scope="module")
def library(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("library") / "lib")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.StringIO())
        assert main(["ingest", str(notes), "--library", folder]) == 0
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command; exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return feed


def objects(out: str) -> list[Any]:
    """Every line of stdout as JSON; fails where anything else stands there."""
    assert out.endswith("\n")
    return [json.loads(line) for line in out[:-1].split("\n")]


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def process(*arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ui", *arguments]
    return subprocess.run(
        command, input=stdin, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, timeout=120, check=False
    )


# ---------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["ask"],
        ["ask", " "],
        ["ask", "x", "--batch", "y"],
        ["ask", "x", "--lib", "y"],
        ["search"],
        ["search", ""],
        ["search", "x", "--k", "0"],
        ["search", "x", "--mode", "best"],
        ["ingest"],
        ["notes", "show"],
        ["notes", "remove"],
        ["notes", "list", "x"],
        ["serve", "--port", "x"],
        ["serve", "--port", "99999"],
        ["serve", "--port", "-1"],
        ["ingest", ""],
        ["ingest", "notes", ""],
        ["ask", "x", "--library", ""],
    ],
)
def test_wrong_usage_is_exit_2_with_a_word_on_stderr(arguments: list[str], run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(("footnote", "usage: footnote"))


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"]])
def test_help_is_exit_0(arguments: list[str], run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert out


def test_the_documented_options_are_there() -> None:
    parser = build_parser()
    for words in (
        "ingest a b --library d --json",
        "ask q --library d --model m --json",
        "ask --batch - --library d",
        "search q --k 3 --mode lexical --library d --json",
        "search --batch f",
        "verify --batch f --json",
        "notes --library d --json",
        "notes list",
        "notes show n",
        "notes remove n",
        "notes dump",
        "check --repair",
        "serve --host 127.0.0.1 --port 7860",
    ):
        parser.parse_args(words.split())
    defaults = parser.parse_args(["serve"])
    assert (defaults.host, defaults.port) == ("127.0.0.1", 7860)
    defaults = parser.parse_args(["search", "q"])
    assert (defaults.k, defaults.mode) == (10, "hybrid")


def test_an_error_for_the_user_is_one_line_and_exit_1(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    code, out, err = run("notes", "list", "--library", str(missing))
    assert (code, out) == (1, "")
    assert err.startswith("footnote: ")
    assert str(missing) in err
    assert err.count("\n") == 1


# ---------------------------------------------------------------------------------------------- ingest


def test_ingest_prints_the_documented_object(notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("ingest", str(notes), "--library", str(tmp_path / "lib"), "--json")
    assert (code, err) == (0, "")
    (summary,) = objects(out)
    assert list(summary) == [
        "documents", "sections", "blank_sections", "chunks", "added", "changed", "unchanged", "removed", "skipped", "seconds",
    ]  # fmt: skip
    assert (summary["documents"], summary["added"], summary["blank_sections"]) == (2, 2, 1)
    (skipped,) = summary["skipped"]
    assert list(skipped) == ["path", "error", "reason"]
    assert (Path(skipped["path"]).name, skipped["error"]) == ("broken.ipynb", "UnreadableFile")
    assert skipped["reason"]
    _, out, _ = run("ingest", str(notes), "--library", str(tmp_path / "lib"), "--json")
    (again,) = objects(out)
    assert (again["documents"], again["added"], again["changed"], again["unchanged"]) == (2, 0, 0, 2)


def test_ingest_tells_people_what_was_skipped_and_why(
    notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = run("ingest", str(notes), "--library", str(tmp_path / "lib"))
    assert code == 0
    assert "1 skipped:\n" in out
    assert "broken.ipynb: " in out


# ---------------------------------------------------------------------------------------------- ask


def test_ask_prints_the_documented_object(library: str, notes: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("ask", "LayerNorm 和 BatchNorm 有什么区别?", "--library", library, "--json")
    assert (code, err) == (0, "")
    (answer,) = objects(out)
    assert list(answer) == ["id", "question", "answer", "abstained", "reason", "confidence", "sentences", "citations", "seconds"]
    assert (answer["id"], answer["question"], answer["abstained"], answer["reason"]) == (
        None,
        "LayerNorm 和 BatchNorm 有什么区别?",
        False,
        None,
    )
    assert 0 <= answer["confidence"] <= 1
    assert answer["seconds"] > 0
    for sentence in answer["sentences"]:
        assert list(sentence) == ["text", "citations", "support", "verdict"]
        assert sentence["text"] in answer["answer"]
    numbers = [citation["n"] for citation in answer["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {n for sentence in answer["sentences"] for n in sentence["citations"]} <= set(numbers)
    first = answer["citations"][0]
    assert list(first) == ["n", "path", "document_id", "trail", "page", "lines", "quote"]
    assert first["path"] == (notes / "归一化.md").as_posix()
    assert first["trail"][-1] == "1. LayerNorm 和 BatchNorm 有什么区别?"
    source = (notes / "归一化.md").read_text(encoding="utf-8").split("\n")[first["lines"][0] - 1 : first["lines"][1]]
    assert first["quote"].split("\n")[0] in source[0]


def test_ask_for_people_numbers_footnotes_and_has_no_colour_when_piped(
    library: str, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = run("ask", "RMSNorm 的公式是什么?", "--library", library)
    assert code == 0
    assert "[1] 归一化.md › " in out
    assert "· 第 " in out
    assert "\x1b" not in out
    _, out, _ = run("ask", "RMSNorm 的公式是什么?", "--library", library, "--markdown")
    assert "[^1]: 归一化.md › " in out


def test_a_blank_heading_is_named(library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("ask", "DeepNorm 为什么能让模型训练到一千层?", "--library", library, "--json")
    (answer,) = objects(out)
    assert (code, answer["abstained"], answer["reason"]) == (0, True, "blank")
    _, out, _ = run("ask", "DeepNorm 为什么能让模型训练到一千层?", "--library", library)
    assert out.startswith("[空白标题] ")


def test_a_batch_is_answered_in_order_with_its_ids_and_history(
    library: str, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    history = [{"role": "user", "content": "RMSNorm 的公式是什么?"}, {"role": "assistant", "content": "除以均方根。"}]
    batch = tmp_path / "questions.jsonl"
    rows = lines(
        {"id": "b", "question": "为什么点积要除以 sqrt(d_k)?", "history": []},
        {"id": 1, "question": "它的公式呢?", "history": history},
        {"id": None, "question": "LayerNorm 和 BatchNorm 有什么区别?", "history": None, "lang": "zh"},
        {"question": "What is byte pair encoding?"},
    )
    batch.write_bytes(b"\xef\xbb\xbf" + rows.replace(b"\n", b"\r\n\r\n"))
    code, out, err = run("ask", "--batch", str(batch), "--library", library)
    assert (code, err) == (0, "")
    answers = objects(out)
    assert [answer["id"] for answer in answers] == ["b", 1, None, None]
    assert [answer["question"] for answer in answers] == [json.loads(row)["question"] for row in rows.splitlines()]
    assert Path(answers[3]["citations"][0]["path"]).name == "tokenizers.md"


def test_a_batch_comes_from_standard_input(
    library: str, run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]
) -> None:
    stdin(lines({"id": 7, "question": "RMSNorm 的公式是什么?"}))
    code, out, _ = run("ask", "--batch", "-", "--library", library, "--json")
    assert (code, [answer["id"] for answer in objects(out)]) == (0, [7])


@pytest.mark.parametrize("question", ["", "   ", "?", "\u2028", "a\u0000b", "\ud800"])
def test_odd_questions_are_answered(
    question: str, library: str, run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]
) -> None:
    stdin(json.dumps({"id": 1, "question": question}).encode())
    code, out, _ = run("ask", "--batch", "-", "--library", library)
    (answer,) = objects(out)
    assert (code, answer["id"]) == (0, 1)
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{nope", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"id": 1}', "'question' is missing"),
        (b'{"id": 1, "question": 5}', "'question' must be text"),
        (b'{"question": "x", "history": "y"}', "'history' must be a list"),
        (b'{"question": "x", "history": [{"role": "system", "content": "y"}]}', "each turn of 'history'"),
        (b'{"question": "x", "history": [{"role": "user"}]}', "each turn of 'history'"),
        (b'{"question": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_before_anything_is_answered(
    line: bytes, reason: str, library: str, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    batch = tmp_path / "bad.jsonl"
    batch.write_bytes(b'{"question": "RMSNorm?"}\n\n' + line + b"\n")
    code, out, err = run("ask", "--batch", str(batch), "--library", library)
    assert (code, out) == (1, "")
    assert err.startswith(f"footnote: {batch}: line 3: {reason}")
    assert err.count("\n") == 1


def test_a_missing_batch_is_an_error(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, out, err = run("ask", "--batch", str(tmp_path / "none.jsonl"))
    assert (code, out) == (1, "")
    assert "none.jsonl" in err


def test_an_llm_of_no_known_provider_is_refused(library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("ask", "x", "--library", library, "--model", "qwen3")
    assert (code, out) == (1, "")
    assert err == "footnote: model: 'qwen3' is none of the forms ollama:NAME, openai:NAME, anthropic:NAME, hf:NAME\n"


# ---------------------------------------------------------------------------------------------- search, verify


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_search_prints_the_documented_object(mode: str, library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("search", "LayerNorm 和 BatchNorm", "--library", library, "--k", "2", "--mode", mode, "--json")
    assert (code, err) == (0, "")
    (found,) = objects(out)
    assert list(found) == ["id", "query", "passages"]
    assert found["query"] == "LayerNorm 和 BatchNorm"
    assert 1 <= len(found["passages"]) <= 2
    best = found["passages"][0]
    assert list(best) == ["path", "document_id", "trail", "page", "lines", "text", "score", "origin"]
    assert best["trail"][-1].startswith("1. LayerNorm")
    scores = [passage["score"] for passage in found["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_search_takes_a_batch(library: str, run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]) -> None:
    stdin(lines({"id": "x", "query": "byte pair encoding"}, {"id": "y", "question": "sqrt(d_k)"}))
    code, out, _ = run("search", "--batch", "-", "--library", library)
    assert code == 0
    assert [(row["id"], row["query"]) for row in objects(out)] == [("x", "byte pair encoding"), ("y", "sqrt(d_k)")]


def test_search_for_people(library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("search", "byte pair encoding", "--library", library, "--k", "1")
    assert code == 0
    assert out.startswith("1. tokenizers.md › ")


def test_verify_takes_both_sets_of_names(run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]) -> None:
    passage = "LayerNorm 对同一个样本的所有特征求均值和方差，不依赖批次的大小。"
    stdin(
        lines(
            {"id": "a", "question": "q", "passage": passage, "answer": "LayerNorm 不依赖批次的大小。"},
            {"id": "b", "question": "q", "contexts": [passage], "answer": "LayerNorm 由三个法国人在 1998 年的滑雪比赛上发明。"},
            {"id": "c", "user_input": "q", "retrieved_contexts": [passage], "response": "LayerNorm 不依赖批次的大小。"},
        )
    )
    code, out, err = run("verify", "--batch", "-", "--json")
    assert (code, err) == (0, "")
    checked = objects(out)
    assert [list(row) for row in checked] == [["id", "faithfulness", "verdict", "sentences"]] * 3
    assert [(row["id"], row["verdict"]) for row in checked] == [("a", "faithful"), ("b", "unfaithful"), ("c", "faithful")]
    assert list(checked[0]["sentences"][0]) == ["text", "support", "verdict", "evidence", "reason"]
    assert checked[0]["sentences"][0]["evidence"] in passage


@pytest.mark.parametrize(
    "row", [{"answer": "x"}, {"answer": "x", "contexts": [1]}, {"contexts": ["y"]}, {"answer": 3, "contexts": ["y"]}]
)
def test_verify_names_a_bad_line(row: object, run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]) -> None:
    stdin(lines({"answer": "x", "passage": "y"}, row))
    code, out, err = run("verify", "--batch", "-")
    assert (code, out) == (1, "")
    assert err.startswith("footnote: standard input: line 2: ")


# ---------------------------------------------------------------------------------------------- notes, check


def test_notes_are_listed(library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("notes", "--library", library, "--json")
    assert code == 0
    (listed,) = objects(out)
    assert [Path(note["path"]).name for note in listed["documents"]] == ["tokenizers.md", "归一化.md"]
    _, out, _ = run("notes", "list", "--library", library)
    assert "归一化.md" in out
    assert "1 blank" in out


def test_a_note_is_shown_with_what_is_blank_and_what_was_dropped(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    note = tmp_path / "saved.md"
    note.write_text(NOTE + "\n![在这里插入图片描述](image-20240101.png)\n", encoding="utf-8")
    library = str(tmp_path / "lib")
    assert run("ingest", str(note), "--library", library)[0] == 0
    code, out, _ = run("notes", "show", "saved.md", "--library", library, "--json")
    assert code == 0
    (shown,) = objects(out)
    assert list(shown) == ["path", "document_id", "title", "sections", "dropped"]
    blank = [section["trail"][-1] for section in shown["sections"] if section["blank"]]
    assert blank == ["3. DeepNorm 为什么能让模型训练到一千层?"]
    (heading,) = (section for section in shown["sections"] if section["trail"][-1:] == ["4. 为什么点积要除以 sqrt(d_k)?"])
    assert NOTE.split("\n")[heading["lines"][0] - 1] == "## 4. 为什么点积要除以 sqrt(d_k)?"
    (dropped,) = shown["dropped"]
    assert dropped["lines"] == [NOTE.count("\n") + 2] * 2
    _, out, _ = run("notes", "show", shown["document_id"], "--library", library)
    assert "DeepNorm 为什么能让模型训练到一千层?  (blank)" in out
    assert f"  {dropped['reason']}  " in out


def test_a_note_is_removed_by_name(notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    library = str(tmp_path / "lib")
    run("ingest", str(notes), "--library", library)
    code, out, _ = run("notes", "remove", "tokenizers.md", "--library", library, "--json")
    assert (code, objects(out)) == (0, [{"removed": [(notes / "tokenizers.md").as_posix()]}])
    _, out, _ = run("notes", "list", "--library", library, "--json")
    assert [Path(note["path"]).name for note in objects(out)[0]["documents"]] == ["归一化.md"]


def test_a_name_must_mean_one_note(tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.md").write_text(
            f"# {folder}\n\nSome text of note {folder} that is long enough.\n", encoding="utf-8"
        )
    library = str(tmp_path / "lib")
    run("ingest", str(tmp_path / "a"), str(tmp_path / "b"), "--library", library)
    assert run("notes", "show", "same.md", "--library", library)[0] == 1
    assert run("notes", "show", "b/same.md", "--library", library)[0] == 0
    assert run("notes", "show", str(tmp_path / "a" / "same.md"), "--library", library)[0] == 0
    code, _, err = run("notes", "show", "other.md", "--library", library)
    assert (code, err) == (1, "footnote: other.md: no such note in the library (see 'footnote notes list')\n")


def test_dump_prints_one_chunk_a_line(library: str, run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("notes", "dump", "--library", library)
    assert code == 0
    chunks = objects(out)
    assert {tuple(chunk) for chunk in chunks} == {("path", "document_id", "trail", "page", "lines", "text")}
    assert any("均方根" in chunk["text"] for chunk in chunks)
    assert len(objects(run("ingest", "--library", library, "--json", *{chunk["path"] for chunk in chunks})[1])) == 1


def test_check_finds_and_repairs(notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    library = tmp_path / "lib"
    run("ingest", str(notes), "--library", str(library))
    assert run("check", "--library", str(library))[:2] == (0, "The library is sound.\n")
    for file in (library / "snapshots").rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    code, out, _ = run("check", "--library", str(library), "--json")
    (found,) = objects(out)
    assert (code, list(found), found["repaired"]) == (1, ["problems", "repaired", "left"], [])
    assert found["problems"]
    code, out, _ = run("check", "--library", str(library), "--repair", "--json")
    (found,) = objects(out)
    assert (code, found["left"]) == (0, [])
    assert found["repaired"]
    assert run("check", "--library", str(library))[0] == 0


def test_a_sound_library_that_cannot_be_written_is_found_sound(
    notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    library = tmp_path / "lib"
    run("ingest", str(notes), "--library", str(library))
    without_locks(library)
    assert run("check", "--library", str(library)) == (0, "The library is sound.\n", "")
    assert run("check", "--repair", "--library", str(library)) == (0, "The library is sound.\n", "")


def test_a_repair_that_cannot_write_says_so_in_one_line(
    notes: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib"
    run("ingest", str(notes), "--library", str(library))
    next(library.rglob("rows.i64")).write_bytes(b"damaged")

    def read_only(uri: str) -> Any:
        return connect(uri.replace("mode=rwc", "mode=ro"))

    connect = store._connect
    monkeypatch.setattr(store, "_connect", read_only)
    code, out, err = run("check", "--repair", "--library", str(library))
    assert (code, out) == (1, "")
    assert err == f"footnote: {library}: the library is read-only here; nothing can be changed in it\n"


def without_locks(library: Path) -> None:
    """Let no lock be taken in the library's index of words, as in a folder that cannot be written."""
    for folder in library.glob("snapshots/*/lexical"):
        for lock in (".tantivy-meta.lock", ".tantivy-writer.lock"):
            (folder / lock).unlink(missing_ok=True)
            (folder / lock).mkdir()


def test_what_an_ingest_left_out_is_told_on_stderr(tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    for name in ("empty", "mixed"):
        (tmp_path / name).mkdir()
    for name in ("a.png", "b.zip", "c"):
        (tmp_path / "mixed" / name).write_bytes(b"x")
    code, out, err = run("ingest", str(tmp_path / "empty"), "--library", str(tmp_path / "lib"), "--json")
    assert (code, len(objects(out))) == (0, 1)
    assert err == f"footnote: {(tmp_path / 'empty').as_posix()}: no notes were found there\n"
    (tmp_path / "mixed" / "note.md").write_text(OTHER, encoding="utf-8")
    code, out, err = run("ingest", str(tmp_path / "mixed"), "--library", str(tmp_path / "lib"))
    assert (code, err) == (0, "footnote: 3 files of other formats left out\n")
    assert out.startswith("1 note, 1 section (0 blank), 1 passage in the library\n")
    _, out, _ = run("notes", "list", "--library", str(tmp_path / "lib"))
    assert "(1 section, 1 passage)" in out


def test_a_file_in_a_folder_that_cannot_be_entered_is_skipped(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.stat

    def stat(path: Path, **options: Any) -> Any:
        if "noperm" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    note = tmp_path / "noperm" / "a.md"
    code, out, err = run("ingest", str(note), "--library", str(tmp_path / "lib"), "--json")
    assert (code, err) == (0, "")
    assert objects(out)[0]["skipped"] == [{"path": note.as_posix(), "error": "UnreadableFile", "reason": "permission denied"}]


@pytest.mark.parametrize("command", ["ask", "chat", "serve"])
def test_the_help_says_which_llms_there_are(command: str, run: Callable[..., tuple[int, str, str]]) -> None:
    shown = " ".join(run(command, "--help")[1].split())
    assert "ollama:NAME, openai:NAME, anthropic:NAME or hf:NAME (default: the notes' own words)" in shown
    assert "FOOTNOTE_MODEL_KEY" in shown


# ---------------------------------------------------------------------------------------------- the process


def test_the_first_question_builds_a_library_from_the_notes_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., tuple[int, str, str]], notes: Path
) -> None:
    monkeypatch.setattr("ingest.build.corpus_folder", lambda: notes)
    code, out, err = run("ask", "RMSNorm 的公式是什么?", "--library", str(tmp_path / "new"), "--json")
    assert code == 0
    assert objects(out)[0]["abstained"] is False
    assert err.startswith("footnote: no library yet; building one from the notes that ship")


def test_json_is_utf_8_with_plain_newlines_whatever_the_console(library: str) -> None:
    done = process("search", "sqrt(d_k)", "--library", library, "--json", env={"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == 1
    assert b"\r" not in done.stdout
    assert json.loads(done.stdout.decode("utf-8"))["passages"]


def test_a_console_that_lacks_a_character_does_not_end_the_program(library: str) -> None:
    done = process("ask", "RMSNorm 的公式是什么?", "--library", library, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"[1] ???.md" in done.stdout


def test_a_closed_pipe_is_quiet(library: str) -> None:
    command = [sys.executable, "-m", "ui", "notes", "dump", "--library", library]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.close()
        assert started.stderr is not None
        assert started.stderr.read() == b""
        assert started.wait(60) == 0


def test_no_character_ends_a_line_early(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]], stdin: Callable[[bytes], None]
) -> None:
    text = "a\u2028b\u2029c\u0085d\u000be\u001cf"
    stdin(json.dumps({"id": text, "passage": "x", "answer": f"An answer. {text}"}).encode())
    code, out, _ = run("verify", "--batch", "-")
    assert (code, len(out.splitlines())) == (0, 1)
    assert json.loads(out)["id"] == text


def test_help_is_quick() -> None:
    code = "import resource, ui.cli; ui.cli.main(['--help']); print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)"
    pytest.importorskip("resource", reason="this system does not tell CPU time")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout.splitlines()[-1]) < 0.15


@pytest.mark.parametrize(
    ("environment", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui import cli

    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert cli._color() is expected


def test_eval_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[str]] = []

    def evaluate(arguments: Sequence[str]) -> int:
        seen.append(arguments)
        return 0

    monkeypatch.setattr("eval.run.main", evaluate)
    assert main(["eval", "retrieval", "--help"]) == 0
    assert seen == [["retrieval", "--help"]]
