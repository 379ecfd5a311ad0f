"""``footnote chat``: one question after another in the terminal; the answer grows as it is written.

Ctrl-C stops the answer that is being written (and the LLM with it), not the chat; what was shown of it counts as said, and
has its footnotes. Text from notes goes to the terminal and to the pager without control characters. The chat lives in memory
only; ``:export`` is how to keep it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ingest.errors import NotesError
from rag.answer import search, stream
from rag.generate import load_model, name_of
from rag.retrieve import retrieve
from rag.types import Answer, Turn
from ui import render
from ui.batch import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from langchain_core.language_models import BaseChatModel

    from ingest.settings import Settings
    from ingest.store import Library
    from rag.types import Citation, Passage, Sentence

HISTORY = 6
"""Messages of the chat that a follow-up may lean on."""
FOUND = 5
"""Passages of each leg that ``:why`` shows."""
BEFORE, AFTER = 6, 12
"""Lines of a note that are shown around a passage where no pager scrolls."""
_PROMPT = "› "
HELP = """Ask a question, or:
  :N            open footnote N of the last answer at its passage
  :why          what each leg of the search found for the last question, and how likely the notes treat it
  :model [SPEC] show the LLM, or change it (ollama:NAME, openai:NAME, anthropic:NAME, hf:NAME, none)
  :new          forget the chat so far
  :export FILE  write the chat as Markdown with footnotes
  :help         this
  :quit         leave (also Ctrl-D); Ctrl-C stops an answer"""


def chat(library: Library, settings: Settings, *, color: bool = False) -> int:
    """Talk until the user leaves; returns the exit code."""
    talk = Chat(library, settings, color=color)
    if sys.stdin.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401  # lines can be edited and called back
        print("footnote", *([name_of(talk.model)] if talk.model else []), "· :help")
    while True:
        try:
            line = input(_PROMPT if sys.stdin.isatty() else "")
        except EOFError:
            return 0
        except KeyboardInterrupt:
            print("\n(:quit)")
            continue
        try:
            if not talk.line(clean(line).strip()):
                return 0
        except KeyboardInterrupt:
            print("\n(stopped)")
        except NotesError as exc:
            print("footnote:", " ".join(str(exc).split()), file=sys.stderr)
        sys.stdout.flush()


class Chat:
    """The state of one chat. :meth:`line` takes what was typed and prints."""

    def __init__(self, library: Library, settings: Settings, *, color: bool = False) -> None:
        """Raises what ``load_model`` raises."""
        self.model: BaseChatModel | None = load_model(settings)
        self._library = library
        self._settings = settings
        self._color = color
        self._said: list[tuple[str, Answer]] = []
        self._new_from = 0
        self._exported: Path | None = None

    def line(self, typed: str) -> bool:
        """Answer a question or do a command; ``False`` to leave."""
        if not typed:
            return True
        if not typed.startswith((":", "：")):
            self._answer(typed)
            return True
        name, _, rest = typed[1:].strip().partition(" ")
        if name in ("quit", "q", "exit"):
            return False
        commands: dict[str, Callable[[str], None]] = {
            "help": lambda _: print(HELP),
            "model": self._change_model,
            "why": lambda _: self._why(),
            "new": lambda _: self._forget(),
            "export": self._export,
        }
        if name.isdecimal():
            self._open(int(name))
        elif name in commands:
            commands[name](rest.strip())
        else:
            print(f"no command :{render.one_line(name, 40)} (see :help)")
        return True

    def _answer(self, question: str) -> None:
        history = [
            turn
            for asked, answer in self._said[self._new_from :][-HISTORY // 2 :]
            for turn in (Turn(role="user", content=asked), Turn(role="assistant", content=answer.text))
        ]
        sentences: list[Sentence] = []
        shown = ""
        with (
            _stopping() if self.model else nullcontext() as stop,
            closing(stream(question, self._library, history=history, model=self.model, stop=stop)) as items,
        ):
            for item in items:
                if isinstance(item, Answer):
                    self._said.append((question, item))
                    self._finish(question, item, sentences if shown else None)
                    return
                sentences.append(item)
                if not shown and item.verdict == "unsupported":
                    continue  # an abstention, which is shown with its reason, or not the beginning of what is shown
                whole = render.body(sentences, language_of=question, color=self._color)
                print(whole[len(shown) :], end="", flush=True)
                shown = whole

    def _finish(self, question: str, answer: Answer, streamed: list[Sentence] | None) -> None:
        """What stands below the sentences; the whole answer where it is not what was shown so far."""
        if answer.abstained or streamed != list(answer.sentences):
            print("\n" if streamed else "", end="")
            print("\n" + render.terminal(answer, asked=question, color=self._color) + "\n")
            return
        label = render.words(answer.question)
        below = [f"({label['asked']}: {render.one_line(answer.question)})" if answer.question.strip() != question.strip() else ""]
        below += [f"({render.one_line(answer.notice)})" if answer.notice else "", render.footnotes(answer, color=self._color)]
        print("\n\n" + "\n\n".join(part for part in below if part) + "\n")

    def _last(self) -> Answer | None:
        if not self._said:
            print("nothing has been asked yet")
            return None
        return self._said[-1][1]

    def _open(self, number: int) -> None:
        answer = self._last()
        if answer is None:
            return
        citation = next((one for one in answer.citations if one.n == number), None)
        if citation is None:
            print(f"the last answer has no footnote {number}")
            return
        _page(citation, self._library)

    def _why(self) -> None:
        answer = self._last()
        if answer is None:
            return
        print(f"understood as: {render.one_line(answer.question)}")
        print(f"confidence that the notes answer it: {answer.confidence:.2f}")
        for name, found in (
            ("words", retrieve(answer.question, self._library, k=FOUND, mode="lexical")),
            ("meaning", retrieve(answer.question, self._library, k=FOUND, mode="dense")),
            ("both, reranked", search(answer.question, self._library, k=FOUND)),
        ):
            print(f"{name}:")
            for passage in found:
                print(f"  {passage.score:7.3f}  {_where(passage)}")

    def _change_model(self, spec: str) -> None:
        if spec:
            self._load("" if spec == "none" else spec)
        print(name_of(self.model) if self.model else "no LLM: the notes' own words")

    def _load(self, spec: str) -> None:
        """The URL that was given is that of the first LLM's provider: another's requests do not go there."""
        first = self._settings.model or spec
        url = self._settings.model_url if spec.partition(":")[0] == first.partition(":")[0] else ""
        self.model = load_model(replace(self._settings, model=spec, model_url=url))
        self._settings = replace(self._settings, model=first)

    def _forget(self) -> None:
        self._new_from = len(self._said)
        print("the next question stands by itself")

    def _export(self, name: str) -> None:
        if not name or not self._said:
            print("use :export FILE" if not name else "nothing has been asked yet")
            return
        path = Path(name).expanduser()
        if path.exists() and path != self._exported:
            print(f"{path} is there already; name another file")
            return
        parts = []
        for number, (asked, answer) in enumerate(self._said, 1):
            prefix = f"{number}-" if len(self._said) > 1 else ""
            parts.append(f"## {render.plain(render.one_line(asked, 300))}\n\n{render.markdown(answer, prefix=prefix)}")
        try:
            path.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
        except OSError as exc:
            print(f"{path}: {exc.strerror or exc}")
            return
        self._exported = path
        print(path)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Ctrl-C sets the event instead of raising; a second one raises, as it does where the program has its own use for it."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def once(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        threading.Thread(target=stop.set).start()  # what is interrupted here may hold the lock of the event

    signal.signal(signal.SIGINT, once)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _where(passage: Passage) -> str:
    chunk = passage.chunk
    return render.place(passage.path, chunk.trail, chunk.page, chunk.lines, render.words(" ".join(chunk.trail)))


def _pager() -> list[str]:
    """``$PAGER``, else ``less`` or ``more`` where the system has it; a ``$PAGER`` that is set and empty wants none."""
    if "PAGER" in os.environ:
        return shlex.split(os.environ["PAGER"])
    return next(([found] for found in map(shutil.which, ("less", "more")) if found), [])


def _page(citation: Citation, library: Library) -> None:
    """The note at the passage, in the pager; where there is none, or no terminal, the lines around it."""
    document = library.document(citation.document_id)
    text = render.safe(document.text)
    first = document.text.count("\n", 0, citation.start)
    last = document.text.count("\n", 0, citation.end)
    lines = [f"{'▌' if first <= number <= last else ' '} {line}" for number, line in enumerate(text.split("\n"))]
    where = render.place(citation.path, citation.trail, citation.page, citation.lines, render.words(document.text[:200]))
    command = _pager() if sys.stdout.isatty() else []
    if not command:
        print("\n".join([where, "", *lines[max(0, first - BEFORE) : last + AFTER + 1]]))
        return
    if PurePath(command[0]).stem in ("less", "more"):
        command.append(f"+{max(1, first + 3 - BEFORE)}")  # the line at the top; two stand above the note
    try:
        subprocess.run(command, input="\n".join([where, "", *lines]), encoding="utf-8", check=False)
    except OSError as exc:
        print(f"{command[0]}: {exc.strerror or exc}")
