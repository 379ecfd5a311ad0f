"""Serves the page over a shelf in which every text is hostile; run by ``test_browser`` in a process of its own.

    python hostile_page.py LIBRARY PORT PAYLOADS

PAYLOADS is a JSON file of texts that would run or load something where they became markup. Each of them is a question, a
sentence that a model wrote, its reason, the model's name, a notice, the name of a file, a heading and a conversation's title.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.settings import Settings
from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence
from ui.web import start
from ui.web.desk import Desks
from ui.web.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "https://example.com/" + "a" * 300
WIDE = "\n".join("| " + " | ".join(cells) + " |" for cells in ([f"column{n}" for n in range(30)], ["---"] * 30, ["v" * 12] * 30))
WIDE_TEXTS = [
    LONG, f"`{LONG}`", f"```\n{LONG}\n```", WIDE, "$$" + "+".join("x" * 200) + "$$", f"$\\text{{{LONG}}}$", "词" * 500,
    f"- {LONG}", "A partly supported sentence at the very end of a line, whose reason must not stick out of the window.",
]  # fmt: skip
VERDICTS: list[Any] = ["partial", "unsupported", "contradicted", "supported"]


def answer(texts: list[str], document: str, text: str, shown: str, *, abstained: bool = False) -> Answer:
    """An answer in whose every part is ``shown``; it cites where ``shown`` stands in the note."""
    at = max(text.find(shown), 0)
    place: dict[str, Any] = {"document_id": document, "page": None, "lines": (1, 1), "start": at, "end": at + len(shown)}
    trail = (shown, "Heading")
    cited = Citation(n=1, path=f"/n/{shown}.md", trail=trail, quote=text[at : at + len(shown)], **place)
    chunk = Chunk(id="c", trail=trail, text=text[at : at + len(shown)], **place)
    sentences = tuple(
        Sentence(text=each, citations=(1,), support=0.5, verdict=VERDICTS[number % 4], reason=shown)
        for number, each in enumerate(texts)
    )
    return Answer(
        question=shown, sentences=sentences, citations=(cited,), abstained=abstained, reason="absent" if abstained else None,
        passages=(Passage(chunk=chunk, path=f"/n/{shown}.md", score=1.0, rank=1, origin="fused"),), confidence=0.5, model=shown,
        notice=shown,
    )  # fmt: skip


class HostileShelf(Shelf):
    """A shelf whose every text is hostile."""

    payloads: list[str]

    def stream(self, question: str, *_: Any) -> Iterator[Sentence | Answer]:
        """All payloads at once; wide texts for a question that is an address."""
        note = self.notes()[0]
        text = self.document(note.id).text  # type: ignore[union-attr]
        texts = WIDE_TEXTS if question.startswith("https") else self.payloads
        whole = answer(texts, note.id, text, question)
        yield from whole.sentences
        yield whole

    def suggestions(self, count: int = 4) -> list[str]:
        """Payloads."""
        return self.payloads

    def follow_ups(self, *_: Any) -> list[str]:
        """Payloads."""
        return self.payloads


def main(library: str, port: str, payloads: str) -> None:
    """Serve until ended."""
    HostileShelf.payloads = json.loads(Path(payloads).read_text(encoding="utf-8"))
    settings = Settings(library=library)
    shelf = HostileShelf(settings)
    desks = Desks(settings, shelf)
    talks = desks.of(None).talks
    note = shelf.notes()[0]
    text = shelf.document(note.id).text  # type: ignore[union-attr]
    parent, talk = "", ""
    for number, evil in enumerate(HostileShelf.payloads):
        talks.add("", "", evil, answer([evil], note.id, text, evil))
        kept = talks.add(
            talk, parent, evil, answer(["Before.", evil, f"- {evil}"], note.id, text, evil, abstained=number % 8 == 7)
        )
        talk, parent = kept.talk, kept.id
    talks.rename(talk, "everything")
    _, url = start(desks, host="127.0.0.1", port=int(port))
    print(f"listening on {url} ", file=sys.stderr, flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:4])
