"""What is different between two generations, and a library that follows its folder."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.changes import NoteChange, changes, compared
from ingest.errors import LoadError, StoreError
from ingest.settings import Settings
from ingest.store import Library, Writer
from ingest.watch import Update, _counts, update, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANIMALS = "# Animals\n\nBefore.\n\n## Zebras\n\nStripes confuse biting flies.\n\n## Lions\n\nLions sleep in the shade.\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "animals.md").write_text(ANIMALS, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(library=str(tmp_path / "library"))


def path(file: Path) -> str:
    return file.absolute().as_posix()


def test_a_note_is_added_changed_and_removed(notes: Path, settings: Settings) -> None:
    animals, owls = notes / "animals.md", notes / "owls.md"
    _, found = compared(settings, lambda: build([notes], settings))
    assert found == [NoteChange(path=path(animals), state="added")]
    animals.write_text(ANIMALS.replace("in the shade", "all day").replace("## Zebras", "## Bats"), encoding="utf-8")
    owls.write_text("# Owls\n\nOwls hunt at night.\n", encoding="utf-8")
    summary, found = compared(settings, lambda: build([notes], settings))
    assert (summary.added, summary.changed) == (1, 1)
    assert found == [
        NoteChange(
            path=path(animals),
            state="changed",
            added=(("Animals", "Bats"),),
            changed=(("Animals", "Lions"),),
            removed=(("Animals", "Zebras"),),
        ),
        NoteChange(path=path(owls), state="added"),
    ]
    owls.unlink()
    _, found = compared(settings, lambda: build([notes], settings))
    assert found == [NoteChange(path=path(owls), state="removed")]
    _, found = compared(settings, lambda: build([notes], settings))
    assert found == []


def test_two_generations_side_by_side(notes: Path, settings: Settings) -> None:
    build([notes], settings)
    with Library.open(settings.library_folder, settings) as before:
        (notes / "animals.md").write_text(ANIMALS.replace("Before.", "After."), encoding="utf-8")
        build([notes], settings)
        with Library.open(settings.library_folder, settings) as after:
            (found,) = changes(before, after)
            assert found.changed == (("Animals",),)
            assert changes(after, after) == []
            assert [change.state for change in changes(None, after)] == ["added"]


def test_an_error_of_the_work_comes_through(settings: Settings) -> None:
    def fails() -> None:
        raise StoreError("no")

    with pytest.raises(StoreError, match="no"):
        compared(settings, fails)


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ("notes/a.md", True),
        ("notes/deep/er/a.PDF", True),
        ("notes/picture.png", False),
        ("notes/.git/a.md", False),
        ("notes/~$a.docx", False),
        ("notes/gone-folder", True),
        ("elsewhere/a.md", False),
        ("notes/library/x.md", False),
    ],
)
def test_only_what_may_be_a_note_counts(changed: str, counts: bool, tmp_path: Path) -> None:
    for name in ("notes/picture.png", "notes/a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert _counts(str(tmp_path / changed), [tmp_path / "notes"], tmp_path / "notes" / "library") is counts


def test_a_file_alone_can_be_followed(tmp_path: Path) -> None:
    given = [tmp_path / "a.md"]
    assert _counts(str(tmp_path / "a.md"), given, tmp_path / "library")
    assert not _counts(str(tmp_path / "b.md"), given, tmp_path / "library")


def test_what_is_not_there_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no such file or folder"):
        next(watch([tmp_path / "nowhere"], settings))


def test_a_library_that_stays_busy_is_told(notes: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import ingest.store
    import ingest.watch

    build([notes], settings)
    monkeypatch.setattr(ingest.watch, "RETRIES", 1)
    monkeypatch.setattr(ingest.store, "_BUSY_SECONDS", 0.1)
    waited: list[float] = []
    monkeypatch.setattr(ingest.watch.time, "sleep", waited.append)
    with Writer(settings.library_folder):
        assert "another process is writing" in update([notes], settings).failed
        stop = threading.Event()
        stop.set()
        assert "another process is writing" in update([notes], settings, stop=stop).failed
    assert waited == [1], "who has been told to stop does not wait"
    assert update([notes], settings).failed == ""


def test_the_library_follows_its_folder(notes: Path, settings: Settings) -> None:
    stop = threading.Event()
    updates: list[Update] = []
    told = threading.Condition()

    def follow() -> None:
        for each in watch([notes], settings, stop=stop):
            with told:
                updates.append(each)
                told.notify()

    def after(count: int) -> Update:
        with told:
            assert told.wait_for(lambda: len(updates) >= count, timeout=30)
        return updates[count - 1]

    def states(found: Update) -> list[tuple[str, str]]:
        return [(change.path.rsplit("/", 1)[1], change.state) for change in found.changes]

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        assert states(after(1)) == [("animals.md", "added")]
        (notes / "animals.md").write_text(ANIMALS.replace("sleep", "hunt"), encoding="utf-8")
        assert after(2).changes[0].changed == (("Animals", "Lions"),)
        (notes / "new").mkdir()
        (notes / "new" / "owls.md").write_text("# Owls\n\nOwls hunt at night.\n", encoding="utf-8")
        assert states(after(3)) == [("owls.md", "added")]
        (notes / "broken.pdf").write_bytes(b"no pdf")
        found = after(4)
        assert found.changes == ()
        assert [skip.reason for skip in found.skipped] == ["is no PDF: damaged, or something else under that name"]
        (notes / "picture.png").write_bytes(b"x")
        (notes / "animals.md").unlink()
        assert states(after(5)) == [("animals.md", "removed")]
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert len(updates) == 5


def test_the_command_tells_each_update(
    notes: Path, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from ui import commands_watch

    def twice(paths: list[Path], given: Settings, **_: object) -> Iterator[Update]:
        for text in (ANIMALS, ANIMALS.replace("Lions", "Owls")):
            (notes / "animals.md").write_text(text, encoding="utf-8")
            time.sleep(0.01)
            yield update(paths, given)
        yield Update(failed="the library is\nbusy")

    monkeypatch.setattr("ingest.watch.watch", twice)
    assert commands_watch.run([str(notes)], settings, emit=None) == 0
    said = capsys.readouterr()
    lines = [line[10:] for line in said.out.splitlines()]
    assert lines[0] == f"+ {path(notes / 'animals.md')}"
    assert lines[1] == f"~ {path(notes / 'animals.md')}"
    assert lines[2:4] == ["  + Animals › Owls", "  - Animals › Lions"]
    assert lines[4] == "the library is busy"
    assert "watching; Ctrl+C to stop" in said.err
    emitted: list[object] = []
    commands_watch.run([str(notes)], settings, emit=emitted.append)
    assert json.loads(json.dumps(emitted[1]))["changes"][0]["added"] == [["Animals", "Owls"]]
