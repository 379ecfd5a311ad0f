"""Serves the page over a shelf in which every text is hostile; run by ``test_browser`` in a process of its own.

python hostile_page.py LIBRARY PORT
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ingest.settings import Settings
from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence
from ui.web import start
from ui.web.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.types import Turn

LONG = "https://example.com/" + "a" * 300
WIDE = (
    "| "
    + " | ".join(f"column{n}" for n in range(30))
    + " |\n|"
    + "---|" * 30
    + "\n| "
    + " | ".join("v" * 12 for _ in range(30))
    + " |"
)
WIDE_TEXTS = [
    LONG,
    f"`{LONG}`",
    f"```\n{LONG}\n```",
    WIDE,
    "$$" + "+".join("x" * 200) + "$$",
    f"$\\text{{{LONG}}}$",
    "词" * 500,
    f"- {LONG}",
]
HOSTILE = [
    "<script>window.ran=1;alert(1)</script>",
    "<img src=x onerror=window.ran=2;alert(2)>",
    "<img src=http://evil.example/3.png>",
    "![pixel](http://evil.example/4.png)",
    "[go](javascript:window.ran=5)",
    "<svg/onload=window.ran=6><animate onbegin=window.ran=6 attributeName=x></svg>",
    "<iframe srcdoc='<script>parent.ran=7</script>' src=http://evil.example/7></iframe>",
    "<style>@import url(http://evil.example/8.css);*{background:url(http://evil.example/8.png)}</style>",
    r"$\href{javascript:window.ran=9}{x}$ and $\includegraphics{http://evil.example/9.png}$ and $\htmlStyle{background:url(//evil.example/9)}{x}$",
    "$</span><img src=x onerror=window.ran=10>$ and $$\\text{<img src=x onerror=window.ran=10>}$$",
    "```html\n</code></pre><img src=x onerror=window.ran=11>\n```",
    "```mermaid\ngraph TD; a-->b; click a call alert(12)\n```",
    "`</code><img src=x onerror=window.ran=13>`",
    "| a |\n|---|\n| <img src=x onerror=window.ran=14> |",
    "<details open ontoggle=window.ran=15><summary>x</summary></details>",
    "\ue000\\href{javascript:window.ran=16}{x}\ue001 %%%LATEX_BLOCK_0%%% \ue0101\ue012",
    "${window.ran=17} {{constructor.constructor('window.ran=17')()}} `${window.ran=17}`",
    "<base href=http://evil.example/><link rel=stylesheet href=http://evil.example/18.css><meta http-equiv=refresh content='0;http://evil.example/18'>",
    "<form action=http://evil.example/19><button formaction=javascript:window.ran=19 autofocus onfocus=window.ran=19>x</button></form>",
    "<a class=fn-chip href='#fn-0-1'>1</a><button class=fn-suggestion>x</button>",
    "<video src=http://evil.example/21.mp4 autoplay onerror=window.ran=21><source onerror=window.ran=21></video><object data=http://evil.example/21>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=22></style></mglyph></table></mtext></math>",
    "&lt;img src=x onerror=window.ran=23&gt; &#60;img src=x onerror=window.ran=23&#62;",
]
FILE = '<img src=x onerror=window.ran=24> "onmouseover=window.ran=24.md'


class HostileShelf(Shelf):
    """A shelf whose every text is hostile: the answer, its footnotes, the nearest notes, suggestions and names."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Sentence | Answer]:
        note = self.notes()[0]
        text = self.document(note.id).text  # type: ignore[union-attr]
        start = text.index(HOSTILE[1])
        end = start + len(HOSTILE[1])
        trail = tuple(HOSTILE[:3])
        texts = WIDE_TEXTS if question.startswith("https") else HOSTILE
        sentences = tuple(Sentence(text=evil, citations=(1,), support=1.0, verdict="unsupported") for evil in texts)
        cited = Citation(
            n=1,
            document_id=note.id,
            path="/n/" + FILE,
            trail=trail,
            page=None,
            lines=(1, 1),
            quote=text[start:end],
            start=start,
            end=end,
        )
        chunk = Chunk(
            id="c", document_id=note.id, trail=trail, text=text[start:end], start=start, end=end, page=None, lines=(1, 1)
        )
        near = (Passage(chunk=chunk, path="/n/" + FILE, score=1.0, rank=1, origin="fused"),)
        abstained = question.startswith("nothing")
        yield from sentences
        yield Answer(
            question=HOSTILE[1], sentences=sentences, citations=() if abstained else (cited,), passages=near, abstained=abstained,
            reason="absent" if abstained else None, confidence=0.5,
        )  # fmt: skip

    def suggestions(self, count: int = 4) -> list[str]:
        return HOSTILE


if __name__ == "__main__":
    shelf = HostileShelf(Settings(library=sys.argv[1]))
    _, url = start(shelf, host="127.0.0.1", port=int(sys.argv[2]))
    print(f"listening on {url} ", file=sys.stderr, flush=True)
    time.sleep(600)
