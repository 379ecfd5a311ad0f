from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ingest.errors import UnreadableFile
from ingest.load import load
from ingest.settings import Settings
from ingest.types import Document

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, *lines: str) -> Path:
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def record(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def test_one_source_a_record_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        record(_id="d1", title="注意力", text="第一行\n第二行\r\n\u0007第三行"),
        "",
        record(_id=7, title="", text="seven"),
        record(_id="empty", title="only a title", text=""),
        "",
    )
    first, second, third = load(path, Settings())
    assert (first.record, first.title, first.text) == ("d1", "注意力", "第一行\n第二行\n第三行")
    assert (second.record, second.title, second.text) == ("7", "7", "seven")
    assert (third.record, third.title, third.text) == ("empty", "only a title", "")
    assert [source.first_line for source in (first, second, third)] == [1, 3, 4]
    for source, line in ((first, 1), (second, 3)):
        document = Document(
            id="x", path=source.path, title="t", text=source.text, page_starts=(), line_starts=source.line_starts,
            first_line=source.first_line,
        )  # fmt: skip
        assert document.lines(0, len(source.text)) == (line, line)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{bad", "line 2 is not JSON: "),
        ("[" * 100_000, "line 2 is not JSON: nested too deeply or a number too long"),
        ("9" * 10_000, "line 2 is not "),
        ("[1]", "line 2 is not a JSON object with _id, title and text"),
        (record(title="t", text="x"), "line 2 has no _id"),
        (record(_id=" ", text="x"), "line 2 has no _id"),
        (record(_id=True, text="x"), "line 2 has no _id"),
        (record(_id="b"), "line 2 has no text"),
        (record(_id="b", text=["x"]), "line 2 has no text"),
        (record(_id="a", text="x"), "line 2 repeats the _id 'a' of line 1"),
    ],
)
def test_a_line_that_is_no_record_refuses_the_file_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        load(write(tmp_path, record(_id="a", title="", text="x"), line, record(_id="c", text="y")), Settings())
    assert caught.value.reason.startswith(reason)


def test_a_file_of_blank_lines_has_no_records(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="has no records"):
        load(write(tmp_path, "", " ", ""), Settings())


def test_many_records_take_little_memory_each(tmp_path: Path) -> None:
    sources = load(write(tmp_path, *(record(_id=str(n), title="t", text=f"text {n}") for n in range(2000))), Settings())
    assert len(sources) == 2000
    assert {len(source.line_starts) for source in sources} == {1}
