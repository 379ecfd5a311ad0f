"""``footnote eval cleaning``: what cleaning took too much of, and what it left, against gold sections."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.cases import GoldSections
    from ingest.store import Library


def cleaning(library: Library, sections: GoldSections) -> dict[str, int]:
    """Content lost: gold answers whose excerpt is in no chunk. Boilerplate: indexed lines outside every gold section.

    What was lost and what was left is listed on stderr.
    """
    chunks = [(library.path(chunk.document_id), chunk) for chunk in library.dump()]
    text = "".join("".join(chunk.text.split()) for _, chunk in chunks)
    excerpts = [record["answer_excerpt"] for record in sections.records if record.get("has_answer")]
    lost = [excerpt for excerpt in excerpts if "".join(excerpt.split()) not in text]
    stray = [(path, chunk) for path, chunk in chunks if Path(path).name in sections.spans and not sections.at(path, chunk.lines)]
    for excerpt in lost:
        print(f"lost: {excerpt}", file=sys.stderr)
    for path, chunk in stray:
        print(f"outside every section: {Path(path).name}:{chunk.lines[0]}-{chunk.lines[1]} {chunk.text[:80]!r}", file=sys.stderr)
    return {"chunks": len(chunks), "gold answers": len(excerpts), "lost": len(lost), "chunks outside gold sections": len(stray)}
