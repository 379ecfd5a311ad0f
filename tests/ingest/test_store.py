from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest import store
from ingest.build import build
from ingest.embed import StaticModel, load_embedder
from ingest.errors import LibraryBusy, LibraryDamaged, LibraryMissing, ModelError, StoreError
from ingest.index import LexicalIndex
from ingest.settings import Settings
from ingest.store import DATABASE, SNAPSHOTS, Library, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ROPE = """# RoPE

## RoPE 是什么?

RoPE 用旋转矩阵把绝对位置编码进查询和键, 内积只依赖相对位置。

## RoPE 的推导

## RoPE 有什么优点?

外推性好, 不增加参数, 能和线性注意力一起用。
"""
NORM = """# 归一化

## LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 对一个样本的全部特征归一化, BatchNorm 对一批样本的同一个特征归一化。

## 公式

$$y = \\gamma \\frac{x - \\mu}{\\sqrt{\\sigma^2 + 10^{-5}}} + \\beta$$
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two notes, made once; copied by ``folder``."""
    base = tmp_path_factory.mktemp("made")
    (base / "notes").mkdir()
    (base / "notes" / "rope.md").write_text(ROPE, encoding="utf-8")
    (base / "notes" / "norm.md").write_text(NORM, encoding="utf-8")
    build([base / "notes"], Settings(library=str(base / "library")))
    return base


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "library", tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def settings(folder: Path) -> Settings:
    return Settings(library=str(folder))


@pytest.fixture
def library(folder: Path, settings: Settings) -> Iterator[Library]:
    with Library.open(folder, settings) as opened:
        yield opened


def rows(library: Library) -> list[int]:
    return [row for row, _ in library.lexical("rope 归一化 公式 外推", 99)]


def test_what_was_put_in_comes_out(library: Library, made: Path) -> None:
    norm, rope = library.documents()
    assert [Path(info.paths[0]).name for info in (norm, rope)] == ["norm.md", "rope.md"]
    assert rope.paths == ((made / "notes" / "rope.md").as_posix(),)
    assert (rope.record, rope.blank_sections, norm.blank_sections) == (None, 1, 0)
    document = library.document(rope.id)
    assert document.path == library.path(rope.id) == rope.paths[0]
    assert rope.characters == len(document.text)
    for chunk in library.dump():
        text = library.document(chunk.document_id).text
        assert text[chunk.start : chunk.end] == chunk.text
        assert library.document(chunk.document_id).lines(chunk.start, chunk.end) == chunk.lines
    assert [section.trail for section in library.blank_sections()] == [("RoPE", "RoPE 的推导")]
    assert {section.trail[-1] for section in library.sections(rope.id)} >= {"RoPE 是什么?", "RoPE 的推导", "RoPE 有什么优点?"}
    assert library.chunk_count() == len(list(library.dump())) == rope.chunks + norm.chunks
    assert library.generation == 1


def test_chunks_come_in_the_order_asked_for(library: Library) -> None:
    all_rows = rows(library)
    assert [library.chunks([row])[0] for row in reversed(all_rows)] == library.chunks(all_rows[::-1])
    assert library.chunks([]) == []
    with pytest.raises(KeyError):
        library.chunks([all_rows[0], 10_000])


@pytest.mark.parametrize("ask", ["document", "path"])
def test_an_unknown_document_is_a_key_error(library: Library, ask: str) -> None:
    with pytest.raises(KeyError):
        getattr(library, ask)("no such id")
    assert library.sections("no such id") == ()


def test_both_legs_find_what_they_should(library: Library) -> None:
    (row, score), *_ = library.lexical("LayerNorm 和 BatchNorm 的区别", 3)
    assert "同一个特征" in library.chunks([row])[0].text
    assert library.lexical_scores("LayerNorm 和 BatchNorm 的区别", [row, 999]) == [pytest.approx(score), 0.0]
    vector = library.embedder.encode(["RoPE 有什么优点?"])[0]
    (best, cosine), *_ = library.dense(vector, 3)
    assert "外推性好" in library.chunks([best])[0].text
    assert cosine == pytest.approx(float(library.vectors([best])[0] @ vector), abs=1e-5)
    assert library.idf(["rope"])[0] < library.idf(["unheard"])[0]


def test_vectors_are_those_of_the_embedded_text(library: Library) -> None:
    all_rows = rows(library)
    expected = load_embedder().encode([chunk.embedded_text() for chunk in library.chunks(all_rows)])
    np.testing.assert_allclose(library.vectors(all_rows), expected, atol=1e-3)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match="footnote ingest"):
        Library.open(tmp_path / "nowhere", Settings())
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / DATABASE).touch()  # killed as it was made
    with pytest.raises(LibraryMissing):
        Library.open(tmp_path, Settings())


def test_a_writer_that_does_not_commit_leaves_nothing(folder: Path, settings: Settings, tmp_path: Path) -> None:
    with Writer(folder) as writer:
        for path in writer.files():
            writer.forget(path)
        writer.drop_orphans()
    with Library.open(folder, settings) as library:
        assert len(library.documents()) == 2
    with Writer(tmp_path / "new"):
        pass
    with pytest.raises(LibraryMissing):
        Library.open(tmp_path / "new", settings)


def test_a_second_writer_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.1)
    with Writer(folder), pytest.raises(LibraryBusy, match="another process"):
        Writer(folder)
    with Writer(folder):
        pass


def test_readers_read_while_one_writes_and_keep_their_generation(folder: Path, settings: Settings, made: Path) -> None:
    old = Library.open(folder, settings)
    (folder.parent / "new.md").write_text("# Dropout\n\nDropout 随机丢弃神经元。\n", encoding="utf-8")
    with Writer(folder), Library.open(folder, settings) as beside:
        assert len(beside.documents()) == 2
    assert not old.outdated()
    build([folder.parent / "new.md"], settings)
    assert old.outdated()
    assert (old.generation, len(old.documents()), old.lexical("dropout", 5)) == (1, 2, [])  # opens its index only now
    with Library.open(folder, settings) as new:
        assert (new.generation, len(new.documents()), len(new.lexical("dropout", 5))) == (2, 3, 1)
        build([folder.parent / "new.md", made / "notes" / "rope.md"], settings)
        assert not new.outdated()  # nothing had changed
    (folder.parent / "new.md").unlink()
    build([folder.parent / "new.md"], settings)  # takes the snapshot of the first generation away
    with old:
        vector = old.embedder.encode(["RoPE 有什么优点?"])[0]
        assert "外推性好" in old.chunks([old.dense(vector, 1)[0][0]])[0].text
        assert old.check()  # its snapshot is gone; the answers were right all the same
    assert [path.name.split("-")[0] for path in (folder / SNAPSHOTS).iterdir()] == ["2", "3"] or len(
        list((folder / SNAPSHOTS).iterdir())
    ) == 2


def test_rows_are_never_used_again(folder: Path, settings: Settings, made: Path) -> None:
    with Library.open(folder, settings) as library:
        before = set(rows(library))
    note = made / "notes" / "rope.md"
    with Writer(folder) as writer:
        for path in writer.files():
            writer.forget(path)
        writer.drop_orphans()
        writer.embed("default")
        writer.index()
        writer.commit()
    build([note], settings)
    with Library.open(folder, settings) as library:
        assert before.isdisjoint(rows(library))
        assert library.check() == []


def test_threads_share_a_library(library: Library) -> None:
    expected = (library.lexical("归一化", 5), len(library.documents()))
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(20):
            vector = library.embedder.encode(["归一化"])[0]
            library.chunks([row for row, _ in library.dense(vector, 3)])
            if (library.lexical("归一化", 5), len(library.documents())) != expected:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_another_model_is_refused_until_everything_is_embedded_anew(folder: Path, settings: Settings, made: Path) -> None:
    class Other(StaticModel):
        fingerprint = "other"

        def __init__(self) -> None:
            pass

    with pytest.raises(ModelError, match="other weights"):
        Library.open(folder, settings, embedder=Other())
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("UPDATE meta SET value = 'older' WHERE key = 'fingerprint'")
        connection.execute("UPDATE vectors SET fingerprint = 'older'")
    connection.close()
    with Library.open(folder, settings) as library:
        with pytest.raises(ModelError, match="check --repair"):
            _ = library.embedder
        assert library.check() == ["vectors: made with other weights of the model 'default'"]  # nothing else
    summary = build([made / "notes"], settings)
    assert (summary.unchanged, summary.changed) == (2, 0)
    with Library.open(folder, settings) as library:
        assert library.embedder.fingerprint == load_embedder().fingerprint
        assert library.check() == []


def test_a_new_format_of_the_indexes_is_made_at_once_or_in_memory(
    folder: Path, settings: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.index.FORMAT", 99)
    with Library.open(folder, settings) as library:
        assert library.lexical("rope", 5)
        assert library.check()
    build([made / "notes"], settings)
    with Library.open(folder, settings) as library:
        assert library.check() == []


def files_of(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / SNAPSHOTS).rglob("*")) if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_snapshot_changes_no_answer_and_is_repaired(folder: Path, settings: Settings, damage: str) -> None:
    def ask() -> tuple[object, ...]:
        with Library.open(folder, settings) as library:
            vector = library.embedder.encode(["RoPE 有什么优点?"])[0]
            dense, found = library.dense(vector, 5), library.lexical("归一化的区别", 5)
            return dense, found, library.idf(["rope"]), library.vectors([row for row, _ in dense]).tolist()

    expected = ask()
    for file in files_of(folder):
        content = bytearray(file.read_bytes())
        if not content:
            continue
        file.unlink()  # a thread of tantivy's may still map it
        if damage != "gone":
            content[len(content) // 2] ^= 1
            file.write_bytes(content[:-1] if damage == "cut" else content)
    assert ask() == expected
    with Library.open(folder, settings) as library:
        assert [line.partition(":")[0] for line in library.check()] == ["index of vectors", "index of words"]
        assert library.repair() == ["built both indexes anew"]
        assert library.check() == []
        assert (library.generation, library.repair()) == (2, [])
    assert ask() == expected


def change(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / DATABASE)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "said", "done"),
    [
        ("DELETE FROM vectors WHERE key = (SELECT key FROM chunks LIMIT 1)", "have no vector", "embedded 1 passages"),
        ("INSERT INTO vectors VALUES (x'00', 'x', x'0000')", "belong to no passage", "built both"),
        ("UPDATE documents SET text = replace(text, '旋转', '平移')", "its text has changed", "ingest the file again"),
        ("UPDATE documents SET line_starts = '[0]'", "its text has changed", "ingest the file again"),
        ("UPDATE chunks SET text = 'x' || text WHERE row = 1", "is not in its text", "ingest the file again"),
        ("UPDATE chunks SET trail = '[\"x\"]' WHERE row = 1", "is not in its text", "ingest the file again"),
        ("UPDATE chunks SET trail = 'x' WHERE row = 1", "cannot be read", "ingest the file again"),
        ("UPDATE chunks SET end = end + 1, text = text || 'x' WHERE row = 1", "is not in its text", "ingest the file again"),
        ("UPDATE sections SET end = 99999 WHERE position = 0", "outside its text", "ingest the file again"),
        ("DELETE FROM names WHERE number = 1", "no file has it", "dropped document"),
        ("UPDATE vectors SET vector = zeroblob(512)", "not those of the database", "built both"),
    ],
)
def test_check_notices_and_repair_puts_right(
    folder: Path, settings: Settings, made: Path, statement: str, said: str, done: str
) -> None:
    with Library.open(folder, settings) as library:
        assert library.check() == []
        assert library.repair() == []
    change(folder, statement)
    with Library.open(folder, settings) as library:
        assert said in " ".join(library.check())
        assert done in " ".join(library.repair())
        assert library.check() == []
    build([made / "notes"], settings)
    if "zeroblob" in statement:
        return  # the numbers of a vector cannot be told from others; that they differ from the index was noticed
    with Library.open(folder, settings) as library:
        if "names" not in statement:
            assert len(library.documents()) == 2
        assert library.check() == []


def test_what_a_repair_drops_is_not_remembered(folder: Path, settings: Settings) -> None:
    change(folder, "DELETE FROM names WHERE number = 1")
    with Library.open(folder, settings) as library:
        gone = library.documents()[0].id
        held = [chunk for chunk in library.dump() if chunk.document_id == gone]
        row = library.lexical(held[0].text, 1)[0][0]
        assert (library.chunks([row])[0].document_id, library.chunk_count() > len(held)) == (gone, True)
        before, sections = library.chunk_count(), library.sections(gone)
        assert {section.document_id for section in sections} == {gone}
        library.repair()
        assert library.chunk_count() == before - len(held)
        assert library.sections(gone) == ()
        with pytest.raises(KeyError):
            library.chunks([row])


@pytest.mark.parametrize("content", [b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 9000, b"not a database at all" * 500, b""])
def test_garbage_in_place_of_the_database_is_named_in_one_line(folder: Path, settings: Settings, content: bytes) -> None:
    (folder / DATABASE).write_bytes(content)
    for use in uses(folder, settings):
        with pytest.raises(LibraryDamaged) as caught:
            use()
        assert str(folder) in str(caught.value)
        assert "\n" not in str(caught.value)


def uses(folder: Path, settings: Settings) -> list[Callable[[], object]]:
    def read() -> object:
        with Library.open(folder, settings) as library:
            for document in library.documents():
                library.document(document.id)
                library.sections(document.id)
            return [
                *library.dump(),
                *library.lexical("rope", 3),
                *library.dense(np.ones(library.embedder.dimensions, np.float32), 3),
            ]

    def write() -> object:
        return build([folder / "nothing.md"], settings)

    return [read, write]


def test_a_database_cut_anywhere_is_damaged_and_no_crash(folder: Path, settings: Settings) -> None:
    whole = (folder / DATABASE).read_bytes()
    noticed, messages = 0, []
    for length in (0, 100, 600, 4095, *range(4096, len(whole), len(whole) // 20)):
        (folder / DATABASE).write_bytes(whole[:length])
        try:
            for use in uses(folder, settings)[:1]:
                use()
            with Library.open(folder, settings) as library:
                noticed += bool(library.check())
        except LibraryDamaged as exc:
            messages.append(str(exc))
    assert noticed + len(messages) >= 20
    assert [message for message in messages if "\n" in message] == []


def test_a_database_with_a_changed_byte_anywhere_gives_no_other_error(folder: Path, settings: Settings) -> None:
    whole, messages = (folder / DATABASE).read_bytes(), []
    for place in range(0, len(whole), len(whole) // 60):
        content = bytearray(whole)
        content[place] ^= 0xFF
        (folder / DATABASE).write_bytes(content)
        try:
            for use in uses(folder, settings)[:1]:
                use()
            with Library.open(folder, settings) as library:
                library.check()
        except LibraryDamaged as exc:
            messages.append(str(exc))
    assert messages
    assert [message for message in messages if "\n" in message] == []


def test_a_later_version_is_not_touched(folder: Path, settings: Settings) -> None:
    change(folder, "PRAGMA user_version = 99")
    for use in uses(folder, settings):
        with pytest.raises(LibraryDamaged, match="this version of the program"):
            use()


def test_some_other_database_is_not_taken_for_a_library(tmp_path: Path) -> None:
    change_file = sqlite3.connect(tmp_path / DATABASE)
    change_file.execute("CREATE TABLE mine (x)")
    change_file.close()
    settings = Settings(library=str(tmp_path))
    for use in uses(tmp_path, settings):
        with pytest.raises(LibraryDamaged):
            use()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="no library can be made here"):
        Writer(tmp_path / "file" / "library")


def test_a_library_that_cannot_be_written_can_be_asked(folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = store._connect

    def read_only(uri: str) -> tuple[sqlite3.Connection, int]:
        if "immutable" not in uri:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(uri)

    monkeypatch.setattr(store, "_connect", read_only)
    with Library.open(folder, settings) as library:
        assert len(library.documents()) == 2
        assert library.lexical("rope", 3)
    with pytest.raises(StoreError, match="unable to open"):
        Writer(folder)


def test_a_path_with_signs_that_mean_something_to_sqlite(tmp_path: Path, made: Path) -> None:
    folder = tmp_path / "我的 笔记?mode=ro#1%20"
    build([made / "notes"], Settings(library=str(folder)))
    with Library.open(folder, Settings()) as library:
        assert library.check() == []
    assert (folder / DATABASE).is_file()


def test_a_large_library_takes_its_word_index_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "REBUILD_UP_TO", 3)
    updates: list[int] = []
    update = LexicalIndex.update

    def counted(old: Path, folder: Path, removed: list[int], passages: object) -> LexicalIndex:
        updates.append(len(removed))
        return update(old, folder, removed, passages)  # type: ignore[arg-type]

    monkeypatch.setattr(LexicalIndex, "update", counted)
    notes, settings = tmp_path / "notes", Settings(library=str(tmp_path / "library"))
    notes.mkdir()
    for number in range(30):
        (notes / f"{number}.md").write_text(f"# 第{number}章\n\n这一章讲模型{number}的训练。\n", encoding="utf-8")
    build([notes], settings)
    assert updates == []
    (notes / "7.md").write_text("# 第7章\n\n这一章改讲推理加速。\n", encoding="utf-8")
    (notes / "8.md").unlink()
    build([notes], settings)
    assert len(updates) == 1
    with Library.open(tmp_path / "library", settings) as library:
        assert library.check() == []
        (best, _), *_ = library.lexical("推理加速", 1)
        assert library.chunks([best])[0].text.endswith("推理加速。")
        assert not [row for row, _ in library.lexical("8", 99) if library.chunks([row])[0].trail == ("第8章",)]
    damaged = next(path for path in files_of(tmp_path / "library")[::-1] if path.suffix == ".term")
    damaged.unlink()  # a thread of tantivy's may still map it
    damaged.write_bytes(b"x")
    (notes / "9.md").unlink()
    build([notes], settings)
    assert len(updates) == 1  # a damaged one is not taken over
    with Library.open(tmp_path / "library", settings) as library:
        assert library.check() == []
