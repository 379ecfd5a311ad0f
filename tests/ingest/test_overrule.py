"""The user overrules cleaning: what it took out is kept, and stays kept when the note is edited, moved or built anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.clean.page import Page
from ingest.errors import StoreError
from ingest.overrule import kept_texts, overrule
from ingest.settings import Settings
from ingest.store import DATABASE, Library

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.types import Document

NOTE = """# 笔记

## 什么是注意力?

注意力按相关性加权求和。希望以上内容对你有所帮助！

相关文章

2024-01-01 阅读 1234

![](x.png)
"""
TALK = "希望以上内容对你有所帮助！"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text(NOTE, encoding="utf-8")
    made = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "notes"], made)
    return made


def held(settings: Settings) -> list[Document]:
    with Library.open(settings.library_folder, settings) as library:
        assert library.check() == []
        return [library.document(note.id) for note in library.documents()]


def test_what_is_kept_is_part_of_the_note_and_can_be_left_to_cleaning_again(settings: Settings) -> None:
    (before,) = held(settings)
    assert TALK in {run.text for run in before.dropped}
    assert TALK not in before.text
    summary = overrule(before.id, TALK, settings)
    assert (summary.changed, summary.added, summary.removed) == (1, 0, 0)
    (after,) = held(settings)
    assert after.id == before.id
    assert f"注意力按相关性加权求和。{TALK}" in after.text
    assert TALK not in {run.text for run in after.dropped}
    assert len(after.dropped) == len(before.dropped) - 1
    overrule(before.id, TALK, settings, keep=False)
    assert held(settings) == [before]


def test_a_block_is_kept_line_by_line(settings: Settings) -> None:
    (before,) = held(settings)
    block = next(run for run in before.dropped if run.text.startswith("相关文章"))
    assert kept_texts(block.text) == {block.text, "相关文章", "2024-01-01 阅读 1234"}
    overrule(before.id, block.text, settings)
    (after,) = held(settings)
    assert block.text in after.text
    assert after.lines(after.text.index("2024"), after.text.index("1234") + 4) == (9, 9)


def test_all_that_was_taken_out_can_be_kept(settings: Settings) -> None:
    (before,) = held(settings)
    for run in before.dropped:
        overrule(before.id, run.text, settings)
    (after,) = held(settings)
    assert after.dropped == ()
    assert after.text == NOTE


def test_it_holds_after_an_edit_and_for_a_note_that_comes_later(settings: Settings, tmp_path: Path) -> None:
    (before,) = held(settings)
    overrule(before.id, TALK, settings)
    (tmp_path / "notes" / "a.md").write_text(NOTE.replace("加权求和", "加权"), encoding="utf-8")
    (tmp_path / "notes" / "b.md").write_text(NOTE.replace("注意力", "卷积"), encoding="utf-8")
    build([tmp_path / "notes"], settings)
    documents = held(settings)
    assert len(documents) == 2
    assert all(TALK in document.text for document in documents)


def test_a_copy_in_another_file_is_the_same_document(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "notes" / "copy.md").write_text(NOTE, encoding="utf-8")
    build([tmp_path / "notes"], settings)
    (before,) = held(settings)
    overrule(before.id, TALK, settings)
    with Library.open(settings.library_folder, settings) as library:
        (note,) = library.documents()
        assert [path.rsplit("/", 1)[1] for path in note.paths] == ["a.md", "copy.md"]
        assert TALK in library.document(note.id).text


def test_where_the_file_has_gone_nothing_changes(settings: Settings, tmp_path: Path) -> None:
    (before,) = held(settings)
    (tmp_path / "notes" / "a.md").unlink()
    with pytest.raises(StoreError, match=r"a\.md: the file has gone"):
        overrule(before.id, TALK, settings)
    with pytest.raises(StoreError, match="no such note"):
        overrule("nowhere", TALK, settings)
    assert held(settings) == [before]
    with Library.open(settings.library_folder, settings) as library:
        assert library.kept == frozenset()


def test_a_library_made_before_there_was_such_a_list_gets_one(settings: Settings) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(settings.library_folder / DATABASE)) as database:
        assert database.execute("SELECT count(*) FROM meta WHERE key = 'kept'").fetchone() == (0,)
    (before,) = held(settings)
    overrule(before.id, TALK, settings)
    with Library.open(settings.library_folder, settings) as library:
        assert library.kept == {TALK}


def test_spans_of_a_line_that_stand_side_by_side_are_kept_together() -> None:
    text = "Weighs values[1] [2], sums them[3]."
    page = Page(text, "a", frozenset())
    spans = [(text.index(mark), text.index(mark) + 3, "citation mark") for mark in ("[1]", "[2]", "[3]")]
    page.cuts = list(spans)
    page.keep(frozenset({"[1]"}))
    assert page.cuts == spans, "alone it was never shown"
    page.keep(kept_texts("[1] [2]"))
    assert page.cuts == spans[2:]
