"""What is uploaded keeps its name as far as that is safe, and never leaves its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.uploads import safe_name


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
