"""``Footnote``: opening notes and libraries, asking, and many threads beside a writer."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.build import build
from ingest.errors import LibraryMissing, LoadError, SettingsError
from ingest.settings import Settings
from rag import Footnote
from rag.footnote import own_library
from rag.types import Answer, Sentence, Turn

if TYPE_CHECKING:
    from ingest.store import Library

ROPE = "# RoPE\n\n## RoPE 是什么?\n\nRoPE 用旋转矩阵把绝对位置编码进查询和键,内积只依赖相对位置。\n\n## RoPE 的缺点?\n\nRoPE 的外推能力有限。\n"
DROPOUT = "# Dropout\n\n## Dropout 是什么?\n\nDropout 随机地把一部分神经元置零。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my notes"
    made.mkdir()
    (made / "rope.md").write_text(ROPE, encoding="utf-8")
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(library=str(tmp_path / "library"))


def test_a_folder_answers(folder: Path, settings: Settings) -> None:
    with Footnote.open(folder, settings=settings) as notes:
        assert notes.summary is not None
        assert notes.summary.added == 1
        answer = notes.ask("RoPE 是什么?")
        assert [(Path(citation.path), citation.lines) for citation in answer.citations] == [(folder / "rope.md", (5, 5))]
        *sentences, last = notes.stream("RoPE 是什么?")
        assert isinstance(last, Answer)
        assert tuple(sentences) == last.sentences == answer.sentences
        follow_up = notes.ask("它的缺点呢?", history=[Turn(role="user", content="RoPE 是什么?")])
        assert "外推能力有限" in follow_up.text
        assert [passage.chunk.lines for passage in notes.search("外推能力", k=1, mode="lexical")] == [(9, 9)]
        assert notes.verify("RoPE 的外推能力很强。", ["RoPE 的外推能力有限。"]).verdict in ("faithful", "unfaithful")
        assert [note.title for note in notes.notes()] == ["RoPE"]


def test_notes_that_change_are_read_again(folder: Path, settings: Settings) -> None:
    with Footnote.open(str(folder), settings=settings) as notes:
        assert notes.ask("Dropout 是什么?").abstained
        (folder / "dropout.md").write_text(DROPOUT, encoding="utf-8")
        assert notes.ingest().added == 1
        assert "置零" in notes.ask("Dropout 是什么?").text
        (folder / "dropout.md").unlink()
        assert notes.ingest().removed == 1
        assert notes.ask("Dropout 是什么?").abstained
    with Footnote.open(folder, settings=settings) as notes:
        assert notes.summary is not None
        assert (notes.summary.unchanged, notes.summary.added) == (1, 0)


def test_content_is_taken_by_name(folder: Path, settings: Settings) -> None:
    with Footnote.open(folder, settings=settings) as notes:
        summary = notes.add({"../../dropout.md": DROPOUT.encode(), "picture.md": b"\x89PNG\r\n\x1a\n0000"})
        assert (summary.documents, summary.added, len(summary.skipped)) == (2, 1, 1)
        kept = settings.library_folder.with_name("library-uploads")
        assert [file.name for file in kept.iterdir()] == ["dropout.md"]
        assert notes.add({"dropout.md": DROPOUT.replace("置零", "关掉").encode()}).changed == 1
        assert "关掉" in notes.ask("Dropout 是什么?").text


def test_files_alone_and_several_at_once(folder: Path, tmp_path: Path, settings: Settings) -> None:
    other = tmp_path / "dropout.md"
    other.write_text(DROPOUT, encoding="utf-8")
    with Footnote.open([folder / "rope.md", other], settings=settings) as notes:
        assert len(notes.notes()) == 2


def test_where_the_library_lies(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.footnote.data_folder", lambda: tmp_path / "data")
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(tmp_path / "from environment"))
    assert open_and_name(folder) == tmp_path / "from environment"
    assert open_and_name(folder, library=tmp_path / "given") == tmp_path / "given"
    monkeypatch.delenv("FOOTNOTE_LIBRARY")
    own = open_and_name(folder)
    assert own.parent == tmp_path / "data" / "libraries"
    assert own.name.startswith("my notes-")
    assert own == own_library([folder]) != own_library([folder.parent]) != own_library([folder.parent, folder])
    monkeypatch.chdir(folder.parent)
    assert open_and_name("my notes") == own
    assert sorted(file.name for file in folder.iterdir()) == ["rope.md"]


def open_and_name(notes: Any, **options: Any) -> Path:
    with Footnote.open(notes, **options) as opened:
        assert len(opened.notes()) == 1
        return opened.settings.library_folder


def test_a_library_is_opened_as_it_is(folder: Path, settings: Settings) -> None:
    build([folder], settings)
    for opened in (
        Footnote.open(settings.library_folder),
        Footnote.open(settings=settings),
        Footnote.open(library=settings.library),
    ):
        with opened as notes:
            assert notes.summary is None
            assert not notes.ask("RoPE 是什么?").abstained
            with pytest.raises(SettingsError, match="opened without its notes"):
                notes.ingest()


def test_what_cannot_be_opened_is_said(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(LoadError, match="no such file or folder"):
        Footnote.open(tmp_path / "none", settings=settings)
    assert not settings.library_folder.exists()
    with pytest.raises(LibraryMissing):
        Footnote.open(settings=settings)
    with pytest.raises(SettingsError, match="empty list"):
        Footnote.open([], settings=settings)
    with pytest.raises(SettingsError):
        Footnote.open(settings=settings, model="nonsense")


def test_every_thread_gets_an_answer_of_one_generation_while_another_writes(folder: Path, settings: Settings) -> None:
    with Footnote.open(folder, settings=settings) as notes:
        done = threading.Event()
        seen: list[Library] = []

        def read() -> int:
            count = 0
            while not done.is_set() or not count:
                answer = notes.ask("RoPE 是什么?")
                assert answer.text == "RoPE 用旋转矩阵把绝对位置编码进查询和键,内积只依赖相对位置。"
                with notes.library() as library:
                    seen.append(library)
                count += 1
            return count

        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read) for _ in range(4)]
            for number in range(4):
                (folder / f"{number}.md").write_text(f"# N{number}\n\nN{number} 是第 {number} 篇。\n", encoding="utf-8")
                notes.ingest()
            done.set()
            assert all(reader.result() for reader in readers)
        assert len(notes.notes()) == 5
        with notes.library() as newest:
            assert newest.generation == 5
        old = next(library for library in seen if library.generation < 5)
        with pytest.raises(Exception, match="closed"):
            old.documents()  # let go of once nobody used it


def test_closing_the_stream_lets_go_of_the_library(folder: Path, settings: Settings) -> None:
    notes = Footnote.open(folder, settings=settings)
    stream = notes.stream("RoPE 是什么?")
    assert isinstance(next(stream), Sentence)
    with notes.library() as library:
        pass
    notes.close()
    assert library.documents()  # still in use by the stream
    stream.close()
    with pytest.raises(Exception, match="closed"):
        library.documents()


def test_importing_it_loads_next_to_nothing() -> None:
    heavy = "{'numpy', 'faiss', 'langchain_core', 'pydantic', 'sqlite3', 'tantivy'}"
    # what was there before is the measuring of coverage's own
    script = f"import sys; before = set(sys.modules); import rag; print(sorted({heavy} & (set(sys.modules) - before)))"
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True).stdout == "[]\n"
