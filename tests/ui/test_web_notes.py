"""The tab of the notes: what is done to the notes from the page, what it shows of them, and both in a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.build import Skipped, build
from ingest.changes import NoteChange
from ingest.errors import LibraryBusy, LoadError, NotesError, SettingsError, StoreError
from ingest.settings import Settings
from ingest.store import DocumentInfo, Library, Writer
from ingest.types import Document, Dropped, Section
from ingest.uploads import safe_path, uploads_folder
from ingest.watch import Update
from rag.footnote import Footnote
from ui.web import notes_html as html
from ui.web.following import Followed, Following
from ui.web.keeper import GRACE, Keeper, Outcome, uploaded
from ui.web.notes import _longest, _told
from ui.web.strings import STRINGS
from ui.web.working import failure, working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
EN, ZH = STRINGS["en"], STRINGS["zh"]
ZEBRAS = (
    "# Animals\n\n## Why do zebras have stripes?\n\nStripes confuse biting flies. Hope this helps you.\n\n## What do owls eat?\n"
)
PAYLOADS: list[str] = json.loads((ROOT / "tests/ui/web/payloads.json").read_text(encoding="utf-8"))
HOSTILE = [*PAYLOADS, "' onmouseover='window.ran=1", "${window.ran=2} {{window.ran=2}}", "\u202e\x00\x1b[31m<b>"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "own.md").write_text(ZEBRAS.replace("zebras", "tigers"), encoding="utf-8")
    made = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "notes"], made)
    return made


@pytest.fixture
def keeper(settings: Settings) -> Iterator[Keeper]:
    made = Keeper(settings)
    yield made
    made.close()


def file_name(text: str) -> str:
    return re.sub(r"[/\x00\n\r]", "", text)[:80] + ".md"


def names(settings: Settings) -> list[str]:
    with Footnote(settings) as notes:
        return sorted(Path(path).name for note in notes.notes() for path in note.paths)


def file(folder: Path, name: str, text: str = ZEBRAS) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def quiet(done: int, total: int, what: str) -> None:
    pass


# ------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("week 1/intro.md", "week 1/intro.md"),
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("/abs/olute.md", "abs/olute.md"),
        ("C:\\notes\\a.md", "notes/a.md"),
        ("a/./../b.md", "a/b.md"),
        ("con/nul.txt", "_con/_nul.txt"),
        (".git/config", "git/config"),
        ("..", "note"),
        ("", "note"),
        ("/".join("abcdefghijkl"), "e/f/g/h/i/j/k/l"),
    ],
)
def test_folders_of_an_upload_stay_below_their_folder(name: str, safe: str) -> None:
    assert safe_path(name).as_posix() == safe


def test_only_what_gradio_has_taken_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    inside, outside = file(tmp_path / "gradio" / "abc", "a.md"), file(tmp_path, "secret.md")
    (tmp_path / "gradio" / "link.md").symlink_to(outside)
    assert uploaded(str(inside)) == inside.resolve()
    for path in (
        outside,
        tmp_path / "gradio" / ".." / "secret.md",
        tmp_path / "gradio",
        tmp_path / "gradio" / "link.md",
        "/etc/passwd",
    ):
        with pytest.raises(SettingsError, match="only uploaded files"):
            uploaded(str(path))


# ------------------------------------------------------------------------------------------ what is done to the notes


def test_each_added_file_has_an_outcome_and_what_changed_is_told(keeper: Keeper, settings: Settings, tmp_path: Path) -> None:
    one, other, wrong = (file(tmp_path / "up", name) for name in ("one.md", "sub/one.md", "x.exe"))
    other.write_text(ZEBRAS.replace("zebras", "lions"), encoding="utf-8")
    steps: list[tuple[int, int, str]] = []
    outcomes, found = keeper.add([("one.md", one), ("sub/one.md", other), ("x.exe", wrong)], lambda *step: steps.append(step))
    assert [(each.name, each.state) for each in outcomes] == [("one.md", "added"), ("sub/one.md", "added"), ("x.exe", "skipped")]
    assert ".exe is none of" in outcomes[2].reason
    assert [(Path(each.path).relative_to(uploads_folder(settings)).as_posix(), each.state) for each in found] == [
        ("one.md", "added"),
        ("sub/one.md", "added"),
    ]
    assert steps[-1][0] == steps[-1][1]
    assert not (uploads_folder(settings) / "x.exe").exists()
    one.write_text(ZEBRAS.replace("biting flies", "lions"), encoding="utf-8")
    outcomes, found = keeper.add([("one.md", one), ("sub/one.md", other)], quiet)
    assert [each.state for each in outcomes] == ["changed", "unchanged"]
    assert [change.changed for change in found] == [(("Animals", "Why do zebras have stripes?"),)]


def test_a_name_that_cannot_be_kept_is_an_error_with_its_reason(keeper: Keeper, tmp_path: Path) -> None:
    one = file(tmp_path / "up", "a.md")
    keeper.add([("a.md", one)], quiet)
    with pytest.raises(StoreError, match=r"a\.md.*cannot be kept"):
        keeper.add([("a.md/b.md", one)], quiet)


def test_a_deleted_upload_comes_back(keeper: Keeper, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.store._BUSY_SECONDS", 0.1)
    keeper.add([("w/zebra.md", file(tmp_path / "up", "zebra.md"))], quiet)
    stored = uploads_folder(settings) / "w" / "zebra.md"
    with Library.open(settings.library_folder, settings) as library:
        note = next(note for note in library.documents() if "zebra" in note.paths[0])
    deleted = keeper.delete(note.id)
    assert (deleted.name, len(deleted.moved)) == ("zebra.md", 1)
    assert names(settings) == ["own.md"]
    assert not stored.exists()
    with Writer(settings.library_folder), pytest.raises(LibraryBusy):
        keeper.restore(deleted.token)  # another process writes: it can be tried again
    keeper.restore(deleted.token)
    assert names(settings) == ["own.md", "zebra.md"]
    assert stored.read_text(encoding="utf-8") == ZEBRAS
    with pytest.raises(StoreError, match="cannot be brought back any more"):
        keeper.restore(deleted.token)


def test_a_deleted_file_of_the_users_own_is_never_touched(keeper: Keeper, settings: Settings, tmp_path: Path) -> None:
    with Library.open(settings.library_folder, settings) as library:
        (note,) = library.documents()
    deleted = keeper.delete(note.id)
    assert deleted.moved == ()
    assert names(settings) == []
    assert (tmp_path / "notes" / "own.md").is_file()
    keeper.restore(deleted.token)
    assert names(settings) == ["own.md"]
    again = keeper.delete(note.id)
    (tmp_path / "notes" / "own.md").unlink()
    with pytest.raises(StoreError, match=r"own\.md: the file has gone"):
        keeper.restore(again.token)
    with pytest.raises(StoreError, match="no such note"):
        keeper.delete("nowhere")


def test_one_record_of_many_is_deleted_and_comes_back(keeper: Keeper, settings: Settings, tmp_path: Path) -> None:
    lines = [json.dumps({"_id": f"r{n}", "title": f"T{n}", "text": f"Record number {n} tells about owls."}) for n in range(3)]
    keeper.add([("r.jsonl", file(tmp_path / "up", "r.jsonl", "\n".join(lines)))], quiet)
    deleted = keeper.delete("r1")
    assert (uploads_folder(settings) / "r.jsonl").is_file()
    with Footnote(settings) as notes:
        assert {note.id for note in notes.notes()} >= {"r0", "r2"}
        assert "r1" not in {note.id for note in notes.notes()}
        keeper.restore(deleted.token)
        assert "r1" in {note.id for note in notes.notes()}


def test_what_was_deleted_long_ago_is_gone_for_good(keeper: Keeper, settings: Settings, tmp_path: Path) -> None:
    keeper.add([("zebra.md", file(tmp_path / "up", "zebra.md"))], quiet)
    with Library.open(settings.library_folder, settings) as library:
        note = next(note for note in library.documents() if "zebra" in note.paths[0])
    deleted = keeper.delete(note.id)
    ((_, there),) = deleted.moved
    old = time.time() - GRACE - 10
    os.utime(there.parent, (old, old))
    Keeper(settings).close()
    assert not there.exists()
    with pytest.raises(NotesError, match="the file has gone"):
        keeper.restore(deleted.token)


def test_a_folder_is_followed_until_it_is_told_to_stop(settings: Settings, tmp_path: Path) -> None:
    following = Following(settings)
    with pytest.raises(LoadError, match="no such folder"):
        following.begin(str(tmp_path / "nowhere"))
    with pytest.raises(LoadError, match="no such folder"):
        following.begin("  ")
    file(tmp_path / "watched", "owl.md", "# Owl\n\nOwls hunt at night.\n")
    following.begin(f" {tmp_path / 'watched'} ")
    following.begin(str(tmp_path / "watched"))
    assert wait(lambda: len(following.all()[0].updates) == 1)
    seen = following.count
    file(tmp_path / "watched", "bat.md", "# Bat\n\nBats hunt too.\n")
    assert wait(lambda: len(following.all()[0].updates) == 2)
    assert following.count > seen
    (followed,) = following.all()
    assert [Path(change.path).name for change in followed.updates[0][1].changes] == ["bat.md"]
    following.end(followed.path.as_posix())
    assert following.all() == []
    following.close()
    assert wait(lambda: not any(thread.name == "footnote-watch" for thread in threading.enumerate()))


def wait(done: Callable[[], bool]) -> bool:
    for _ in range(200):
        if done():
            return True
        time.sleep(0.1)
    return False


def test_work_tells_its_steps_and_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    def work(progress: Any) -> str:
        progress(1, 2, "a")
        time.sleep(0.2)
        progress(2, 2, "")
        return "done"

    told = list(working(work))
    assert told[-1] == "done"
    assert set(told[:-1]) <= {(1, 2, "a"), (2, 2, "")}

    def fails(_: Any) -> None:
        raise StoreError("no space")

    def breaks(_: Any) -> None:
        raise ValueError("a bug")

    assert list(working(fails)) == ["no space"]
    assert list(working(breaks)) == [""]
    assert "a bug" in capsys.readouterr().err
    assert failure("<b>\x00") == '<p class="fn-error" role="alert">&lt;b&gt;</p>'


# ------------------------------------------------------------------------------------------ what is shown


class Seen(HTMLParser):
    """The tags and attributes of a piece of HTML, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


OURS = {
    "a", "b", "blockquote", "br", "button", "details", "div", "form", "h2", "h3", "input", "label", "li", "meter", "ol", "p", "pre",
    "progress", "small", "span", "strong", "summary", "time", "ul",
}  # fmt: skip


def info(text: str) -> DocumentInfo:
    return DocumentInfo(
        id=text, paths=(f"/n/{text}",), record=None, title=text, characters=1, sections=1, blank_sections=1, chunks=1
    )


def places(text: str) -> dict[str, str]:
    """Every place of the tab where a text of a note, a file or a user can stand."""
    section = Section(document_id=text, trail=(text, text), start=0, end=0, heading_start=0, blank=True)
    document = Document(
        id=text,
        path=text,
        title=text,
        text=text,
        page_starts=(),
        line_starts=(0,),
        dropped=(Dropped(lines=(1, 1), text=text, reason=text),),
    )
    change = NoteChange(path=f"/n/{text}", state="changed", added=((text,),), changed=((text,),), removed=((text,),))
    skip = Skipped(path=f"/n/{text}", error="x", reason=text)
    updates = ((0.0, Update(changes=(change,), skipped=(skip,))), (1.0, Update(failed=text)))
    return {
        "list": html.notes_html([info(text)] * 6, EN),
        "inside": html.note_html(info(text), document, [section], [text], EN, version=1),
        "outcome": html.outcomes_html([Outcome(name=text, state="skipped", reason=text)], EN, others=1, many=1),
        "changes": html.changes_html([change], EN),
        "progress": html.progress_html(1, 2, text, EN),
        "blanks": html.blanks_html([(text, text, section)], EN),
        "copies": html.copies_html([(0.9, text, text, text, text)], EN),
        "followed": html.following_html(
            [Followed(path=Path(text.replace("\x00", "")), updates=updates, failed=text)], EN, failed=text
        ),
        "undo": html.undo_html(text, text, EN, more=text),
        "failure": failure(text),
    }


@pytest.mark.parametrize("evil", HOSTILE)
def test_no_text_of_a_note_becomes_markup(evil: str) -> None:
    harmless = {name: Seen(shown) for name, shown in places("harmless").items()}
    for name, shown in places(evil).items():
        seen = Seen(shown)
        assert seen.tags == harmless[name].tags, name
        assert set(seen.tags) <= OURS
        assert [attribute for attribute, _ in seen.attributes] == [attribute for attribute, _ in harmless[name].attributes], name
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", shown), name


def test_the_list_shows_names_and_counts() -> None:
    notes = [
        DocumentInfo(
            id=f"d{n}", paths=(f"/n/{n}.md",), record=None, title="T", characters=1, sections=n, blank_sections=n - 1, chunks=1
        )
        for n in (1, 3)
    ]
    assert Seen(html.notes_html(notes, EN)).text.split("Opening…")[:2] == ["Notes 21.md1 section", "3.md3 sections · 2 blank"]
    assert "T" in html.notes_html(notes, EN)
    assert Seen(html.notes_html([], ZH)).text == "还没有笔记。"
    assert "and 1 more" in html.notes_html([info("x")] * (html.LISTED + 1), EN)


def test_the_inside_shows_sections_with_their_lines_and_what_was_taken_out() -> None:
    text = "# A\n\n## B\n\nbody\n\n## C\n"
    starts = (0, *(at + 1 for at, character in enumerate(text[:-1]) if character == "\n"))
    document = Document(
        id="d", path="/a.md", title="A", text=text, page_starts=(), line_starts=starts,
        dropped=(Dropped(lines=(9, 10), text="bye", reason="small talk"),),
    )  # fmt: skip
    sections = [
        Section(document_id="d", trail=("A", "B"), start=11, end=17, heading_start=5, blank=False),
        Section(document_id="d", trail=("A", "C"), start=len(text), end=len(text), heading_start=17, blank=True),
    ]
    shown = html.note_html(info("d"), document, sections, ["kept line"], EN, version=7)
    seen = Seen(shown).text
    assert "Bline 3" in seen
    assert f"C{EN['blank']}line 7" in seen
    assert "small talklines 9–10Keepbye" in seen
    assert "Keep no morekept line" in seen
    assert f'value="d:{html.digest("bye")}"' in shown
    assert 'data-version="7"' in shown
    assert "客套话" in html.note_html(info("d"), document, sections, [], ZH, version=1)


def test_every_reason_of_cleaning_has_its_words() -> None:
    code = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "ingest" / "clean").glob("*.py"))
    reasons = set(re.findall(r'(?:drop\(\w+|\bend|\bmatch\.end\(\)), "([a-z ]+)"\)', code))
    assert reasons >= {"small talk", "advertisement", "page footer"}
    for reason in reasons:
        assert f"why_{reason}" in EN
        assert f"why_{reason}" in ZH


def test_outcomes_with_a_reason_come_first() -> None:
    given = [Outcome(name="good.md", state="added"), Outcome(name="bad.pdf", state="skipped", reason="damaged")]
    seen = Seen(html.outcomes_html(given, EN, others=3)).text
    assert seen.index("bad.pdfnot read: damaged") < seen.index("good.mdadded")
    assert "3 other files" in seen


def test_what_the_browser_says_of_files_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    good = file(tmp_path / "gradio" / "abc", "a.md")
    told = {"sent": [["x/a.md", str(good)], ["b.md", "/etc/passwd"]], "refused": [["<b>", "too_large"]], "others": 2, "many": 0}
    sent, refused, others, many = _told(json.dumps(told), EN)
    assert sent == [("x/a.md", good.resolve())]
    assert [(each.name, each.reason) for each in refused] == [("<b>", EN["too_large"]), ("b.md", "only uploaded files are read")]
    assert (others, many) == (2, 0)
    for wrong in (
        "",
        "[]",
        "{}",
        '{"sent": [1]}',
        '{"sent": [], "refused": [["a", "no such word"]], "others": 0, "many": 0}',
        "null",
    ):
        assert _told(wrong, EN) == ([], [], 0, 0)


def test_kept_texts_that_are_part_of_another_are_shown_once() -> None:
    assert _longest(["a", "a\nb", "b", "c"]) == ["a\nb", "c"]


# ------------------------------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("site")
    text = "\n".join(
        f"## {evil}\n\nBody number {number}: {evil}\n\n## Blank {evil}\n\n![{evil}](x.png)\n"
        for number, evil in enumerate(HOSTILE)
    )
    for number, evil in enumerate(HOSTILE[::8]):
        file(folder / "notes", file_name(evil), f"# {evil}\n\n{text if number == 0 else evil}\n")
    file(folder / "notes", "own.md", ZEBRAS)
    settings = Settings(library=str(folder / "library"))
    build([folder / "notes"], settings)
    command = [sys.executable, "-m", "ui", "serve", "--library", settings.library, "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOOTNOTE_MAX_FILE_BYTES": "100000"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stderr is not None
        found = re.search(r"listening on (\S+) ", server.stderr.readline())
        assert found is not None
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield found[1], folder
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the extra 'test' (playwright)")
    with playwright.sync_playwright() as made:
        started = made.chromium.launch(executable_path=chromium)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, site: tuple[str, Path]) -> Iterator[Any]:
    """The tab of the notes; at the end no request has left this machine and no script of a note has run."""
    context = browser.new_context(locale="en-US", viewport={"width": 1100, "height": 800})
    elsewhere: list[str] = []

    def look(route: Any) -> None:
        if re.match(rf"{re.escape(site[0])}/|data:|blob:", route.request.url):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", look)
    shown = context.new_page()
    shown.set_default_timeout(20_000)
    shown.goto(f"{site[0]}/#notes")
    shown.locator("#fn-notes-list details").first.wait_for()
    yield shown
    assert shown.evaluate("window.ran") is None
    assert elsewhere == []
    context.close()


def status(page: Any, text: str) -> Any:
    found = page.locator("#fn-notes-status").get_by_text(text)
    found.first.wait_for()
    return page.locator("#fn-notes-status")


def note(page: Any, name: str) -> Any:
    return page.locator("details.fn-note-item").filter(has=page.locator("summary .fn-name", has_text=name))


def test_files_and_folders_are_uploaded(page: Any, site: tuple[str, Path], tmp_path: Path) -> None:
    before = page.locator("details.fn-note-item").count()
    choose = page.locator("#fn-notes-drop input[type=file]")
    bad, large = file(tmp_path, "program.exe"), file(tmp_path, "large.md", "words " * 20_000)
    choose.nth(0).set_input_files([file(tmp_path, "lion.md", ZEBRAS.replace("zebras", "lions")), bad, large])
    shown = status(page, "larger than a file may be").inner_text()  # the name alone stands in the progress, too
    assert "lion.md" in shown
    assert ".exe is none of" in shown
    page.wait_for_function("n => document.querySelectorAll('details.fn-note-item').length === n", arg=before + 1)
    for name in ("a.md", "sub/a.md", ".hidden/b.md", "pic.png"):
        file(tmp_path / "folder", name, ZEBRAS.replace("zebras", f"okapis {name}"))
    choose.nth(1).set_input_files(tmp_path / "folder")
    shown = status(page, "folder/sub/a.md").inner_text()
    assert "2 other files" in shown
    assert (site[1] / "library-uploads" / "folder" / "sub" / "a.md").is_file()
    assert not list((site[1] / "library-uploads").rglob("*hidden*"))
    assert page.locator("#fn-notes-drop progress").count() == 0


def test_files_can_be_dropped(page: Any) -> None:
    transfer = page.evaluate_handle(
        """() => { const data = new DataTransfer();
            data.items.add(new File(["# Gnus\\n\\n## Where do gnus go?\\n\\nGnus follow the rain.\\n"], "gnu.md", {type: "text/markdown"}));
            return data; }"""
    )
    page.dispatch_event("#fn-notes-list", "dragover", {"dataTransfer": transfer})
    assert page.locator(".fn-drop.fn-over").count() == 1
    page.dispatch_event("#fn-notes-list", "drop", {"dataTransfer": transfer})
    status(page, "gnu.md")
    assert page.locator(".fn-drop.fn-over").count() == 0
    note(page, "gnu.md").wait_for()


def test_cleaning_is_overruled_and_the_note_stays_open(page: Any) -> None:
    own = note(page, "own.md")
    own.locator("summary").first.click()
    own.locator(".fn-tree").wait_for()
    assert EN["blank"] in own.locator(".fn-tree").inner_text()
    own.locator(".fn-gone-part summary").click()
    assert "Hope this helps you." in own.locator(".fn-gone-part").inner_text()
    own.locator("button[name=keep]").click()
    status(page, "Kept")
    own.locator("button[name=unkeep]").wait_for()
    assert own.locator("button[name=keep]").count() == 0
    assert own.evaluate("it => it.open")
    own.locator("button[name=unkeep]").click()
    own.locator("button[name=keep]").wait_for()


def test_a_note_is_deleted_and_brought_back(page: Any) -> None:
    before = page.locator("details.fn-note-item").count()
    own = note(page, "own.md")
    own.locator("summary").first.click()
    own.locator("button[name=delete-note]").click()
    page.wait_for_function("n => document.querySelectorAll('details.fn-note-item').length === n", arg=before - 1)
    shown = status(page, "own.md")
    assert "The file itself was not touched" in shown.inner_text()
    shown.locator("button[name=restore-note]").click()
    status(page, "is back")
    page.wait_for_function("n => document.querySelectorAll('details.fn-note-item').length === n", arg=before)


def test_blank_headings_and_copies_are_found(page: Any) -> None:
    blanks = page.locator("#fn-notes-blanks")
    blanks.locator("summary").click()
    assert "What do owls eat?" in blanks.inner_text()
    copies = page.locator("#fn-notes-copies")
    copies.locator("summary").first.click()
    copies.locator("button[name=copies]").click()
    copies.locator("[role=status] :is(ul, p)").first.wait_for()
    assert page.locator("#fn-notes-copies details.fn-part").evaluate("it => it.open")


def test_a_folder_is_followed(page: Any, tmp_path: Path) -> None:
    file(tmp_path / "watched", "bat.md", "# Bats\n\n## What do bats hunt?\n\nBats hunt moths at night.\n")
    part = page.locator("#fn-notes-follow")
    part.locator("summary").first.click()
    part.locator("input").fill(str(tmp_path / "nowhere"))
    part.locator("input").press("Enter")
    part.locator(".fn-error").wait_for()
    part.locator("input").fill(str(tmp_path / "watched"))
    part.locator("button[type=submit]").click()
    note(page, "bat.md").wait_for()
    file(tmp_path / "watched", "moth.md", "# Moths\n\nMoths hear bats.\n")
    note(page, "moth.md").wait_for()
    assert "moth.md" in part.inner_text()
    part.locator("button[name=unfollow]").click()
    page.wait_for_function("() => !document.querySelector('button[name=unfollow]')")


def test_notes_are_found_by_name(page: Any) -> None:
    page.fill("#fn-notes-filter", "OWN.md")
    assert page.locator("#fn-notes-list li:visible summary .fn-name").all_inner_texts() == ["own.md"]
    page.fill("#fn-notes-filter", "no such")
    assert page.locator(".fn-none-found").is_visible()


def test_nothing_of_a_hostile_note_runs_and_nothing_is_wider_than_the_window(page: Any, tmp_path: Path) -> None:
    for item in page.locator("#fn-notes-list details.fn-note-item").all():
        item.locator("summary").first.click()
        item.locator("button[name=delete-note]").wait_for()
        for summary in item.locator(".fn-gone-part summary").all():
            summary.click()
    for summary in page.locator(".fn-part > summary").all():
        summary.click()
    evil = [file(tmp_path, file_name(text), f"# {text}\n\n{text}\n") for text in HOSTILE[1::8]]
    page.locator("#fn-notes-drop input[type=file]").nth(0).set_input_files(evil)
    page.locator("#fn-notes-status .fn-outcomes").wait_for()
    inside = page.locator("#fn-view-notes").evaluate(
        "it => it.querySelectorAll('script,iframe,img,object,embed,base,link,svg,style').length"
    )
    assert inside == 0
    for width in (360, 390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_words_are_chinese_when_that_is_chosen(page: Any) -> None:
    page.click('nav button[name="open-settings"]')
    page.click('button[name="language"][value="zh"]')
    page.click('nav button[name="open-notes"]')
    page.get_by_text(ZH["drop"]).wait_for()
    assert ZH["blanks"] in page.locator("#fn-notes-blanks").inner_text()
