"""Write ``sections.jsonl``: where each section of the shipped notes stands. ``python -m eval.datasets.make_sections``

The notes are read as ingestion reads them (load, clean, section), so that lines are those which citations name, for PDF
and HTML too. Nothing else goes in: the same notes give the same file. ``--check`` only says whether it is up to date.

Decisions. A section's lines run from its heading to the last line before the next heading. Its id is the file's name and
the heading as written. The excerpt is the first sentence of the body that stands in no other section.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.build import corpus_folder
from ingest.clean import clean, repeated_lines
from ingest.load import find_files, load
from ingest.section import section
from ingest.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent
NOTES = (corpus_folder(), FOLDER / "holes", FOLDER / "outside")
"""Each folder is a library of its own; the names of the files differ over all of them."""
OUTPUT = FOLDER / "sections.jsonl"

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_SHORTEST = 12


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit status (0 done or up to date, 1 out of date)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    args = parser.parse_args(argv)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for folder in NOTES for record in records(folder))
    if args.check:
        if not OUTPUT.is_file() or OUTPUT.read_text(encoding="utf-8") != text:
            print(f"{OUTPUT.name} is out of date", file=sys.stderr)
            return 1
        return 0
    OUTPUT.write_text(text, encoding="utf-8", newline="\n")
    return 0


def records(folder: Path) -> list[dict[str, Any]]:
    """The gold sections of the notes in a folder, in order; raises ``LoadError``."""
    found = list(_read(folder))
    sentences = [list(dict.fromkeys(_sentences(record["body"]))) for record in found]
    count: dict[str, int] = {}
    for sentence in (sentence for own in sentences for sentence in own):
        count[sentence] = count.get(sentence, 0) + 1
    for record, own in zip(found, sentences, strict=True):
        del record["body"]
        if record["has_answer"]:
            record["answer_excerpt"] = next((sentence for sentence in own if count[sentence] == 1), "")
    return found


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    settings = Settings()
    sources = [source for path in find_files([folder]) for source in load(path, settings)]
    repeated = repeated_lines(sources)
    for source in sources:
        document = clean(source, repeated=repeated)
        name = Path(source.path).name
        parts = section(document)
        lines = [document.lines(part.heading_start, part.end) for part in parts]
        for part, (first, last), (after, _) in zip(parts, lines, [*lines[1:], (sys.maxsize, 0)], strict=True):
            heading = part.trail[-1] if part.trail else ""
            yield {
                "section_id": f"{name}#{heading}",
                "file": name,
                "lines": [first, max(first, min(last, after - 1))],
                "heading": heading,
                "has_answer": not part.blank,
                "answer_excerpt": "",
                "body": document.text[part.start : part.end],
            }


def _sentences(body: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(body):
        sentence = match.group().strip()
        if len(sentence) >= _SHORTEST:
            yield sentence


if __name__ == "__main__":
    sys.exit(main())
