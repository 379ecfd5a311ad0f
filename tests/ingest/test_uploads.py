"""What is uploaded keeps its name as far as that is safe, and never leaves its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.settings import Settings
from ingest.uploads import add, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("笔记 1.md", "笔记 1.md"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.md", "boot.md"),
        ("C:\\x\\a.md", "a.md"),
        ('a<b>"c\x00\n.md', "a_b__c__.md"),
        ("con.txt", "_con.txt"),
        (".bashrc", "bashrc"),
        ("..", "note"),
        ("", "note"),
        ("a\u202egpj.md", "a_gpj.md"),
    ],
)
def test_uploaded_names_stay_in_their_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_every_name_is_one_file_name(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert safe not in ("", ".", "..")
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 250


def test_a_broken_file_does_not_take_the_place_of_the_good_one(tmp_path: Path) -> None:
    settings = Settings(library=str(tmp_path / "library"))
    good = "# 归一化\n\n## LN 是什么?\n\nLN 在一个样本内做归一化。\n".encode()
    (kept,), _ = add([("norm.md", good)], settings)
    _, summary = add([("norm.md", b"\x00\xff\x00\x01" * 50)], settings)
    assert [skip.path for skip in summary.skipped] == [str(kept)]
    assert kept.read_bytes() == good
    assert (summary.documents, summary.removed) == (1, 0)
