"""Settings: which source wins, and errors that name the setting and where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NotesError, SettingsError
from ingest.settings import Settings, data_folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "footnote.toml"
    path.write_text("chunk_characters = 100\npdf_seconds = 5\nlibrary = '笔记'\n", encoding="utf-8")
    return path


def test_without_anything_the_library_stands_in_the_users_data_folder() -> None:
    settings = Settings.load(environment={})
    assert settings == Settings()
    assert settings.library_folder == data_folder() / "library"


def test_flags_win_over_the_environment_and_that_over_the_file(file: Path) -> None:
    environment = {
        "FOOTNOTE_CONFIG": str(file),
        "FOOTNOTE_CHUNK_CHARACTERS": "200",
        "FOOTNOTE_PDF_SECONDS": "6",
        "FOOTNOTE_OTHER": "x",
    }
    settings = Settings.load(environment=environment, chunk_characters=300, model=None)
    assert (settings.chunk_characters, settings.pdf_seconds, settings.library) == (300, 6, "笔记")


def test_a_file_that_is_named_wins_over_that_of_the_environment(file: Path) -> None:
    assert Settings.load(file=file, environment={"FOOTNOTE_CONFIG": "/nowhere.toml"}).chunk_characters == 100


def test_the_library_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(library="notes").library_folder == tmp_path / "notes"
    assert Settings(library="~/notes").library_folder == Path.home() / "notes"


@pytest.mark.parametrize(
    ("environment", "flags", "words"),
    [
        ({"FOOTNOTE_PDF_SECONDS": "soon"}, {}, ["pdf_seconds", "environment"]),
        ({"FOOTNOTE_PDF_SECONDS": "0"}, {}, ["pdf_seconds", "environment", "above 0"]),
        ({}, {"chunk_characters": -1}, ["chunk_characters", "command line", "above 0"]),
        ({}, {"colour": "red"}, ["colour", "command line"]),
        ({"FOOTNOTE_CONFIG": "/nowhere/footnote.toml"}, {}, ["/nowhere/footnote.toml"]),
    ],
)
def test_a_wrong_value_is_named_in_one_line(environment: dict[str, str], flags: dict[str, object], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environment=environment, **flags)
    assert isinstance(caught.value, NotesError)
    assert isinstance(caught.value, ValueError)
    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["colour = 'red'", "chunk_characters = ", "pdf_seconds = 'soon'"])
def test_a_wrong_file_is_named(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"footnote\.toml"):
        Settings.load(file=file, environment={})
