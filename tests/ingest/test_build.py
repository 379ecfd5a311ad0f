from __future__ import annotations

import errno
import io
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.build import Summary, build, corpus_folder, remove
from ingest.embed import StaticModel, load_embedder
from ingest.errors import LibraryMissing, StoreError
from ingest.settings import Settings
from ingest.store import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

ROPE = """# RoPE

## RoPE 是什么?

RoPE 用旋转矩阵把绝对位置编码进查询和键, 内积只依赖相对位置。

## RoPE 的推导

## RoPE 有什么优点?

外推性好, 不增加参数, 能和线性注意力一起用。
"""
NORM = "# 归一化\n\n## LayerNorm 是什么?\n\nLayerNorm 对一个样本的全部特征归一化。\n"
DROPOUT = "# Dropout\n\n## Dropout 是什么?\n\nDropout 在训练时随机丢弃一部分神经元。\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "norm.md").write_text(NORM, encoding="utf-8")
    (folder / "rope.md").write_text(ROPE, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(library=str(tmp_path / "library"))


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were embedded since it was last cleared."""
    texts: list[str] = []
    encode = StaticModel.encode

    def counted(self: StaticModel, batch: Sequence[str]) -> NDArray[np.float32]:
        texts.extend(batch)
        return encode(self, batch)

    monkeypatch.setattr(StaticModel, "encode", counted)
    return texts


def counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.added, summary.changed, summary.unchanged, summary.removed


def held(settings: Settings) -> dict[str, tuple[str, ...]]:
    """File names by document title-giving first name; the library must be sound."""
    with Library.open(settings.library_folder, settings) as library:
        assert library.check() == []
        return {info.id: tuple(Path(path).name for path in info.paths) for info in library.documents()}


def names(settings: Settings) -> list[tuple[str, ...]]:
    return sorted(held(settings).values())


def found(settings: Settings, query: str) -> list[str]:
    with Library.open(settings.library_folder, settings) as library:
        return [chunk.text for chunk in library.chunks([row for row, _ in library.lexical(query, 9)])]


def test_the_first_ingest(notes: Path, settings: Settings) -> None:
    summary = build([notes], settings)
    assert (summary.documents, summary.blank_sections, counts(summary), summary.skipped) == (2, 1, (2, 0, 0, 0), ())
    with Library.open(settings.library_folder, settings) as library:
        assert summary.chunks == library.chunk_count()
        assert summary.sections == sum(info.sections for info in library.documents())
    assert 0 < summary.seconds < 60
    assert names(settings) == [("norm.md",), ("rope.md",)]


def test_again_does_nothing(notes: Path, settings: Settings, embedded: list[str]) -> None:
    first = build([notes], settings)
    assert len(embedded) == first.chunks
    embedded.clear()
    for _ in range(2):
        again = build([notes], settings)
        assert counts(again) == (0, 0, 2, 0)
        assert (again.documents, again.sections, again.blank_sections, again.chunks) == (
            first.documents, first.sections, first.blank_sections, first.chunks,
        )  # fmt: skip
    assert embedded == []
    with Library.open(settings.library_folder, settings) as library:
        assert library.generation == 1


def test_unchanged_files_are_known_by_size_and_time_and_not_opened(
    notes: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in notes.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    build([notes], settings)

    def fail(path: str) -> str:
        raise AssertionError(f"read {path}")

    monkeypatch.setattr("ingest.build._digest", fail)
    assert counts(build([notes], settings)) == (0, 0, 2, 0)


def test_again_costs_a_small_part_of_the_first(notes: Path, settings: Settings) -> None:
    text = "".join(f"## 第{number}问\n\n这是第{number}问的回答, 讲模型{number}的训练和推理。\n\n" for number in range(600))
    (notes / "long.md").write_text(f"# 长笔记\n\n{text}", encoding="utf-8")

    def cost() -> float:
        started = time.process_time()
        build([notes], settings)
        return time.process_time() - started

    first = cost()
    assert min(cost() for _ in range(3)) < 0.05 * first


@pytest.mark.parametrize("same_size_and_time", [False, True])
def test_one_changed_sentence_embeds_only_its_chunk(
    notes: Path, settings: Settings, embedded: list[str], same_size_and_time: bool
) -> None:
    build([notes], settings)
    embedded.clear()
    before = (notes / "rope.md").stat()
    (notes / "rope.md").write_text(ROPE.replace("外推性好", "外推性差"), encoding="utf-8")
    if same_size_and_time:
        os.utime(notes / "rope.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(build([notes], settings)) == (0, 1, 1, 0)
    assert len(embedded) == 1
    assert "外推性差" in embedded[0]
    assert [text for text in found(settings, "外推性") if "外推" in text] == ["外推性差, 不增加参数, 能和线性注意力一起用。"]
    assert names(settings) == [("norm.md",), ("rope.md",)]


def test_a_file_that_was_touched_is_the_same(notes: Path, settings: Settings, embedded: list[str]) -> None:
    build([notes], settings)
    embedded.clear()
    os.utime(notes / "rope.md", (1_600_000_000, 1_600_000_000))
    assert counts(build([notes], settings)) == (0, 0, 2, 0)
    assert embedded == []


def test_a_file_that_is_gone_goes(notes: Path, settings: Settings) -> None:
    build([notes], settings)
    (notes / "rope.md").unlink()
    summary = build([notes], settings)
    assert (summary.documents, counts(summary)) == (1, (0, 0, 1, 1))
    assert found(settings, "外推性") == []
    (notes / "norm.md").unlink()
    assert counts(build([notes / "norm.md"], settings)) == (0, 0, 0, 1)
    assert build([notes], settings).documents == 0
    assert names(settings) == []


def test_what_lies_elsewhere_stays(notes: Path, settings: Settings, tmp_path: Path) -> None:
    build([notes], settings)
    other = tmp_path / "notes2"
    other.mkdir()
    (other / "dropout.md").write_text(DROPOUT, encoding="utf-8")
    assert counts(build([other], settings)) == (1, 0, 0, 0)
    assert counts(build([other / "dropout.md", notes / "norm.md"], settings)) == (0, 0, 2, 0)
    assert names(settings) == [("dropout.md",), ("norm.md",), ("rope.md",)]


def test_copies_are_one_document_with_both_names(notes: Path, settings: Settings, embedded: list[str]) -> None:
    (notes / "also.md").write_text(NORM, encoding="utf-8")
    summary = build([notes], settings)
    assert (summary.documents, counts(summary)) == (2, (2, 0, 0, 0))
    assert names(settings) == [("also.md", "norm.md"), ("rope.md",)]
    assert len(found(settings, "LayerNorm")) == 1
    embedded.clear()
    (notes / "also.md").unlink()
    assert counts(build([notes], settings)) == (0, 0, 2, 0)
    assert names(settings) == [("norm.md",), ("rope.md",)]
    (notes / "norm.md").rename(notes / "renamed.md")
    assert counts(build([notes], settings)) == (0, 0, 2, 0)
    assert names(settings) == [("renamed.md",), ("rope.md",)]
    assert embedded == []
    with Library.open(settings.library_folder, settings) as library:
        assert Path(library.document(library.documents()[0].id).path).name == "renamed.md"


def test_text_that_moves_to_another_note_is_not_embedded_again(notes: Path, settings: Settings, embedded: list[str]) -> None:
    build([notes], settings)
    embedded.clear()
    (notes / "norm.md").unlink()
    (notes / "other.md").write_text(f"{NORM}\n## 还有什么?\n\n还有 RMSNorm。\n", encoding="utf-8")
    build([notes], settings)
    assert [text.endswith("还有 RMSNorm。") for text in embedded] == [True]


def test_bad_files_are_skipped_with_their_reason(notes: Path, settings: Settings, tmp_path: Path) -> None:
    (notes / "empty.txt").touch()
    (notes / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    summary = build([notes, tmp_path / "picture.png", tmp_path / "no-such.md"], settings)
    assert {(Path(skipped.path).name, skipped.error) for skipped in summary.skipped} == {
        ("empty.txt", "UnreadableFile"),
        ("broken.pdf", "UnreadableFile"),
        ("picture.png", "UnsupportedFormat"),
        ("no-such.md", "UnreadableFile"),
    }
    assert all(skipped.reason and "\n" not in skipped.reason for skipped in summary.skipped)
    assert (summary.documents, counts(summary)) == (2, (2, 0, 0, 0))
    assert len(build([notes], settings).skipped) == 2  # said each time


def test_a_file_that_became_unreadable_no_longer_speaks(notes: Path, settings: Settings) -> None:
    build([notes], settings)
    (notes / "rope.md").write_bytes(b"")
    summary = build([notes], settings)
    assert ([skipped.reason for skipped in summary.skipped], counts(summary)) == (["is empty"], (0, 0, 1, 1))
    assert names(settings) == [("norm.md",)]


def test_an_ingest_of_nothing_makes_an_empty_library(tmp_path: Path, settings: Settings) -> None:
    summary = build([tmp_path / "no-such-folder"], settings)
    assert (summary.documents, len(summary.skipped)) == (0, 1)
    (tmp_path / "empty").mkdir()
    assert build([tmp_path / "empty"], settings).skipped == ()
    assert held(settings) == {}
    assert found(settings, "什么") == []


def test_the_library_does_not_ingest_itself(notes: Path) -> None:
    settings = Settings(library=str(notes / "library"))
    build([notes], settings)
    (notes / "library" / "stray.md").write_text(DROPOUT, encoding="utf-8")
    assert counts(build([notes], settings)) == (0, 0, 2, 0)
    assert names(settings) == [("norm.md",), ("rope.md",)]


def test_relative_paths_are_the_same_files(notes: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build([notes], settings)
    monkeypatch.chdir(notes)
    assert counts(build([Path("rope.md"), Path(".")], settings)) == (0, 0, 2, 0)
    with Library.open(settings.library_folder, settings) as library:
        assert {info.paths for info in library.documents()} == {((notes / name).as_posix(),) for name in ("rope.md", "norm.md")}


def test_progress_tells_every_file(notes: Path, settings: Settings) -> None:
    told: list[tuple[int, int, str]] = []
    build([notes], settings, progress=lambda done, total, path: told.append((done, total, Path(path).name)))
    assert told == [(0, 4, "norm.md"), (1, 4, "rope.md"), (2, 4, "norm.md"), (3, 4, "rope.md"), (4, 4, "")]
    told.clear()
    build([notes], settings, progress=lambda done, total, path: told.append((done, total, path)))
    assert told == []


def test_other_settings_of_the_chunks_read_everything_again(notes: Path, settings: Settings, embedded: list[str]) -> None:
    (notes / "long.md").write_text(f"# 长\n\n{'这一句话讲模型的训练。' * 60}\n", encoding="utf-8")
    build([notes], settings)
    embedded.clear()
    shorter = Settings(library=settings.library, chunk_characters=100)
    assert build([notes], shorter).changed == 3
    assert embedded
    assert all("这一句话" in text for text in embedded)
    assert max(map(len, found(settings, "模型的训练"))) <= 100


def record(identifier: str, text: str, title: str = "") -> str:
    return json.dumps({"_id": identifier, "title": title, "text": text}, ensure_ascii=False)


def test_records_are_documents_of_their_own(settings: Settings, tmp_path: Path, embedded: list[str]) -> None:
    file = tmp_path / "corpus.jsonl"
    lines = [record("a", "苹果是水果。"), record("b", "白菜是蔬菜。"), record("c", "三文鱼是鱼。")]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert counts(build([file], settings)) == (3, 0, 0, 0)
    assert set(held(settings)) == {"a", "b", "c"}
    embedded.clear()
    file.write_text("\n".join([lines[2], record("b", "白菜是绿色的蔬菜。"), record("d", "鸡蛋是蛋。")]), encoding="utf-8")
    assert counts(build([file], settings)) == (1, 1, 1, 1)
    assert len(embedded) == 2
    assert set(held(settings)) == {"b", "c", "d"}
    with Library.open(settings.library_folder, settings) as library:
        lines_of = {chunk.document_id: chunk.lines for chunk in library.dump()}
        assert lines_of == {"c": (1, 1), "b": (2, 2), "d": (3, 3)}
        assert library.document("c").first_line == 1
        assert library.document("d").lines(0, 1) == (3, 3)
        assert [info.record for info in library.documents()] == ["b", "c", "d"]


def test_a_new_title_of_a_record_is_a_change(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text(record("a", "苹果是水果。", "苹果"), encoding="utf-8")
    build([file], settings)
    file.write_text(record("a", "苹果是水果。", "红苹果"), encoding="utf-8")
    assert counts(build([file], settings)) == (0, 1, 0, 0)
    with Library.open(settings.library_folder, settings) as library:
        assert library.documents()[0].title == "红苹果"


def test_two_files_with_different_records_of_one_id(settings: Settings, tmp_path: Path) -> None:
    for name, text in (("one", "苹果是水果。"), ("two", "白菜是蔬菜。")):
        (tmp_path / f"{name}.jsonl").write_text(f"{record('1', text)}\n{record('same', '都一样。')}", encoding="utf-8")
    summary = build([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], settings)
    ((skipped),) = summary.skipped
    assert (Path(skipped.path).name, skipped.error) == ("two.jsonl", "LoadError")
    assert "'1'" in skipped.reason
    assert "one.jsonl" in skipped.reason
    assert held(settings) == {"1": ("one.jsonl",), "same": ("one.jsonl", "two.jsonl")}
    for name in ("one", "two"):  # both change to the same: no conflict any more
        (tmp_path / f"{name}.jsonl").write_text(record("1", "茄子也是蔬菜。"), encoding="utf-8")
    summary = build([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], settings)
    assert (summary.skipped, held(settings)) == ((), {"1": ("one.jsonl", "two.jsonl")})


def test_remove_takes_out_by_path_folder_name_and_id(notes: Path, settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "dropout.md").write_text(DROPOUT, encoding="utf-8")
    build([notes, other], settings)
    norm = next(id_ for id_, files in held(settings).items() if files == ("norm.md",))
    assert remove([norm], settings) == [(notes / "norm.md").as_posix()]
    assert names(settings) == [("dropout.md",), ("rope.md",)]
    assert remove([str(other)], settings) == [(other / "dropout.md").as_posix()]
    assert remove(["rope.md"], settings) == [(notes / "rope.md").as_posix()]
    assert names(settings) == []
    assert counts(build([notes], settings)) == (2, 0, 0, 0)  # the files are still there


def test_remove_of_something_unknown_takes_out_nothing(notes: Path, settings: Settings) -> None:
    with pytest.raises(LibraryMissing):
        remove(["norm.md"], settings)
    assert not settings.library_folder.exists()
    build([notes], settings)
    for unknown in ("no-such-note", ""):
        with pytest.raises(StoreError, match="no note of this name"):
            remove([str(notes / "norm.md"), unknown], settings)
    assert names(settings) == [("norm.md",), ("rope.md",)]


class FourNumbers:
    """An embedding model that says how often each of four characters stands in a text."""

    fingerprint = "four"
    dimensions = 4

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        found = np.array([[text.count(char) + 0.1 for char in "的是层外"] for text in texts], dtype=np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def test_another_embedding_model_embeds_everything_anew(notes: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    default, other = load_embedder(), FourNumbers()
    monkeypatch.setattr("ingest.embed.load_embedder", {"default": default, "four": other}.__getitem__)
    build([notes], settings)
    four = Settings(library=settings.library, embedding_model="four")
    with Library.open(settings.library_folder, four) as library:
        assert library.embedder is default  # asks as it was built, whatever the settings say
    summary = build([notes], four)
    assert (counts(summary), len(other.encoded)) == ((0, 0, 2, 0), summary.chunks)
    with Library.open(settings.library_folder, settings) as library:
        assert library.embedder is other
        assert library.vectors([row for row, _ in library.lexical("RoPE", 9)]).shape[1] == 4
        (best, _), *_ = library.dense(other.encode(["外外外"])[0], 1)
        assert library.chunks([best])[0].text.startswith("外推性好")
        assert library.check() == []
    other.encoded.clear()
    (notes / "more.md").write_text(DROPOUT, encoding="utf-8")
    assert build([notes], four).added == 1
    assert build([notes], four).added == 0
    assert len(other.encoded) == 1


CONTENTS = [ROPE, NORM, DROPOUT, "# 空\n", "没有标题的一句话。\n"]
EDITS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, *range(len(CONTENTS))])), min_size=1, max_size=4)


@hypothesis.settings(max_examples=12)
@given(st.lists(EDITS, min_size=1, max_size=4))
def test_whatever_happens_to_the_files_the_library_says_what_they_say(runs: list[list[tuple[str, int | None]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        notes, settings = Path(name, "notes"), Settings(library=str(Path(name, "library")))
        notes.mkdir()
        files: dict[str, str] = {}
        for run in runs:
            for file, content in run:
                (notes / f"{file}.md").unlink(missing_ok=True)
                files.pop(f"{file}.md", None)
                if content is not None:
                    (notes / f"{file}.md").write_text(CONTENTS[content], encoding="utf-8")
                    files[f"{file}.md"] = CONTENTS[content]
            summary = build([notes], settings)
            by_content: dict[str, set[str]] = {}
            for file, content_text in files.items():
                by_content.setdefault(content_text, set()).add(file)
            assert sorted(map(sorted, held(settings).values())) == sorted(map(sorted, by_content.values()))
            assert summary.added + summary.changed + summary.unchanged == summary.documents == len(by_content)
        fresh = Settings(library=str(Path(name, "fresh")))
        build([notes], fresh)
        for query in ("RoPE 的推导", "归一化", "丢弃"):
            assert sorted(found(settings, query)) == sorted(found(fresh, query))


def test_repeated_lines_are_remembered_for_later_runs(notes: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import ingest.clean

    seen: list[frozenset[str]] = []
    clean = ingest.clean.clean

    def watched(source: object, *, repeated: frozenset[str], **rest: object) -> object:
        seen.append(repeated)
        return clean(source, repeated=repeated, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest.clean, "clean", watched)
    monkeypatch.setattr(ingest.clean, "repeated_lines", lambda sources: frozenset({f"{len(list(sources))} sources"}))
    build([notes], settings)
    (notes / "rope.md").write_text(ROPE + "\n还有。\n", encoding="utf-8")
    build([notes], settings)
    assert seen[-1] == {"2 sources", "1 sources"}


def test_the_corpus_that_ships_is_where_it_says() -> None:
    assert any(corpus_folder().glob("*.md"))


def test_a_library_needs_no_folder_above_it(tmp_path: Path, notes: Path) -> None:
    settings = Settings(library=str(tmp_path / "deep" / "er" / "library"))
    assert build([notes], settings).documents == 2


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a folder one that may not be entered: it cannot be listed, and nothing in it can be looked at."""
    closed: list[str] = []

    def refuse(path: object, inside: bool) -> None:
        name = os.path.abspath(os.fsdecode(path)) if isinstance(path, (str, os.PathLike)) else ""
        if any(name.startswith(f"{folder}{os.sep}") or (name == folder and not inside) for folder in closed):
            raise PermissionError(errno.EACCES, "Permission denied", name)

    def guarded(call: Callable[..., Any], *, inside: bool) -> Callable[..., Any]:
        def checked(path: Any = ".", *args: Any, **options: Any) -> Any:
            refuse(path, inside)
            return call(path, *args, **options)

        return checked

    for name, inside in (("scandir", False), ("stat", True), ("lstat", True)):
        monkeypatch.setattr(os, name, guarded(getattr(os, name), inside=inside))
    if hasattr(Path("."), "_accessor"):  # Python 3.10 keeps its own
        monkeypatch.setattr(type(Path("."))._accessor, "stat", os.stat)
    monkeypatch.setattr(io, "open", guarded(io.open, inside=True))
    return lambda folder: closed.append(str(folder))


def test_a_folder_that_cannot_be_looked_into_is_skipped_and_its_notes_stay(
    notes: Path, settings: Settings, tmp_path: Path, forbid: Callable[[Path], None]
) -> None:
    (notes / "deep").mkdir()
    (notes / "deep" / "dropout.md").write_text(DROPOUT, encoding="utf-8")
    build([notes], settings)
    before = names(settings)
    forbid(notes / "deep")
    (notes / "rope.md").unlink()
    for folder, closed in (
        (notes, notes / "deep"),
        (notes / "deep", notes / "deep"),
        (notes / "deep" / "dropout.md", notes / "deep" / "dropout.md"),
        (notes / "deep" / "no-such-folder", notes / "deep" / "no-such-folder"),
    ):
        summary = build([folder], settings)
        assert [(skip.path, skip.error, skip.reason) for skip in summary.skipped] == [
            (closed.as_posix(), "UnreadableFile", "permission denied")
        ]
        assert summary.removed == (folder == notes)  # rope.md really is gone
        assert summary.empty == ()
    assert names(settings) == [name for name in before if name != ("rope.md",)]


def test_the_first_ingest_of_a_folder_that_cannot_be_looked_into(
    notes: Path, settings: Settings, forbid: Callable[[Path], None]
) -> None:
    forbid(notes)
    summary = build([notes], settings)
    assert [(skip.path, skip.reason) for skip in summary.skipped] == [(notes.as_posix(), "permission denied")]
    assert (summary.documents, summary.empty) == (0, ())


def test_a_folder_that_is_gone_is_still_gone(notes: Path, settings: Settings) -> None:
    build([notes], settings)
    shutil.rmtree(notes)
    assert counts(build([notes], settings)) == (0, 0, 0, 2)


def test_folders_without_notes_and_files_of_other_formats_are_told(notes: Path, tmp_path: Path) -> None:
    settings = Settings(library=str(notes / "library"))
    (tmp_path / "none" / "deep").mkdir(parents=True)
    for name in ("a.png", "deep/b.zip", ".hidden", "~$lock.docx"):
        (tmp_path / "none" / name).write_bytes(b"x")
    (notes / "c.exe").write_bytes(b"x")
    for _ in range(2):  # the second time the library's own files lie in the folder
        summary = build([tmp_path / "none", notes, tmp_path / "none"], settings)
        assert (summary.empty, summary.other_formats, summary.skipped) == (((tmp_path / "none").as_posix(),), 3, ())
