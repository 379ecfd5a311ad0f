from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import LoadError, UnreadableFile, UnsupportedFormat
from ingest.load import SUFFIXES, find_files, load
from ingest.settings import Settings

SETTINGS = Settings()


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_suffixes_are_those_of_the_contract() -> None:
    assert set(SUFFIXES) == {".txt", ".md", ".markdown", ".html", ".htm", ".pdf", ".docx", ".ipynb", ".jsonl"}


def test_a_folder_gives_its_readable_files_in_order_and_a_named_file_is_kept(tmp_path: Path) -> None:
    for name in ("b.txt", "a.MD", "sub/c.html", ".hidden.txt", ".git/d.txt", "picture.png", "~$open.docx", "sub/.x/e.md"):
        write(tmp_path / name, "x")
    named = [tmp_path / "picture.png", tmp_path, tmp_path / "b.txt", tmp_path / "missing.txt"]
    found = [path.relative_to(tmp_path).as_posix() for path in find_files(named)]
    assert found == ["picture.png", "a.MD", "b.txt", "sub/c.html", "missing.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_neither_found_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    os.symlink(tmp_path, tmp_path / "loop")
    assert find_files([tmp_path]) == []
    with pytest.raises(UnreadableFile, match=r"pipe\.txt: is not a regular file"):
        load(tmp_path / "pipe.txt", SETTINGS)


def test_text_stands_as_it_is_with_the_offset_of_every_line(tmp_path: Path) -> None:
    data = "\ufeff第一行\r\n\r\n  second\tline\rtail\u3000ﬁ①\n".encode()
    (source,) = load(write(tmp_path / "笔记.txt", data), SETTINGS)
    assert source.text == "第一行\n\n  second\tline\ntail\u3000ﬁ①\n"
    assert [source.text[start:].split("\n")[0] for start in source.line_starts] == source.text.split("\n")
    assert (source.title, source.record, source.page_starts, source.first_line) == ("笔记", None, (), 1)
    assert source.path == (tmp_path / "笔记.txt").absolute().as_posix()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("intro\n# 注意力 #\n## b\n", "注意力"),
        ("---\ntags: [a]\ntitle: 'RoPE 笔记'\n---\n# other\n", "RoPE 笔记"),
        ("---\ntags: [a]\n---\n# real\n", "real"),
        ("no heading, a#hash\n#no space\n", "note"),
        ("#   \n", "note"),
    ],
)
def test_title_of_markdown(tmp_path: Path, text: str, title: str) -> None:
    (source,) = load(write(tmp_path / "note.md", text), SETTINGS)
    assert (source.title, source.text) == (title, text)


@pytest.mark.parametrize(
    ("name", "data", "error", "reason"),
    [
        ("a.txt", b"", UnreadableFile, "is empty"),
        ("a.txt", " \n\u3000\u200b\t".encode(), UnreadableFile, "has no text"),
        ("a.exe", b"MZ", UnsupportedFormat, ".exe is none of "),
        ("README", b"text", UnsupportedFormat, "a file without a suffix is none of "),
        ("a.txt", b"\x89PNG\r\n\x1a\n....", UnsupportedFormat, "is a PNG picture"),
        ("a.pdf", b"PK\x03\x04....", UnsupportedFormat, "is a zip archive"),
        ("a.md", b"PK\x03\x04....", UnsupportedFormat, "is a zip archive"),
        ("a.html", b"\x1f\x8b\x08....", UnsupportedFormat, "is a gzip archive"),
        ("a.docx", b"{\\rtf1 x}", UnsupportedFormat, "is an RTF document; save it as .docx"),
        ("a.docx", b"just text", UnreadableFile, "is no Word document: damaged, or something else under that name"),
        ("a.pdf", b"just text", UnreadableFile, "is no PDF: damaged, or something else under that name"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", UnsupportedFormat, "is an old Office document; save it as .docx"),
        (
            "a.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            UnreadableFile,
            "is encrypted: needs a password",
        ),
        ("a.txt", bytes(range(256)) * 8, UnreadableFile, "looks binary, not like text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    tmp_path: Path, name: str, data: bytes, error: type[LoadError], reason: str
) -> None:
    path = write(tmp_path / name, data)
    with pytest.raises(LoadError) as caught:
        load(path, SETTINGS)
    assert type(caught.value) is error
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"{path.as_posix()}: {caught.value.reason}"


def test_missing_files_folders_and_large_files_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.txt"
    folder.mkdir()
    with pytest.raises(UnreadableFile, match="is a folder"):
        load(folder, SETTINGS)
    with pytest.raises(UnreadableFile, match="no such file"):
        load(tmp_path / "gone.txt", SETTINGS)
    with pytest.raises(UnreadableFile, match="no such file"):
        load(tmp_path / "gone", SETTINGS)
    large = write(tmp_path / "large.txt", b"x" * 1001)
    with pytest.raises(UnreadableFile, match=r"is larger than 0\.001 MB \(the setting max_file_bytes\)"):
        load(large, Settings(max_file_bytes=1000))
    assert load(large, Settings(max_file_bytes=1001))[0].text == "x" * 1001


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text_is_refused_in_printable_words(tmp_path: Path) -> None:
    try:
        path = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")), "x")
    except OSError:
        pytest.skip("this file system has only Unicode names")
    with pytest.raises(UnreadableFile, match="its name is not valid Unicode") as caught:
        load(path, SETTINGS)
    assert str(caught.value).encode()
