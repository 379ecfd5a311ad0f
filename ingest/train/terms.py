"""Names of one thing: a table of Chinese and English terms, abbreviations and everyday descriptions, for making pairs by rule.

The table, ``terms.txt``, was written for this project: one thing a line, its names between ``|``, then after ``~`` how people
describe it who do not know the name. It teaches twice: as pairs (any name or description → any name), and by exchanging a name
in a heading for another, so that a question in other words is trained against the real text below that heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LoadError
from ingest.train.pairs import Pair

if TYPE_CHECKING:
    import numpy as np

TABLE = Path(__file__).parent / "terms.txt"
DESCRIBE = 0.3
"""How often a name is exchanged for a description, where the table has one, and not for another name."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing: its names, and descriptions of it."""

    names: tuple[str, ...]
    described: tuple[str, ...] = ()


class Terms:
    """A table of terms; raises ``LoadError`` for a file that cannot be read or a line without two texts."""

    def __init__(self, file: Path = TABLE) -> None:
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise LoadError(str(file), str(exc)) from exc
        self.terms: list[Term] = []
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            names, _, described = line.partition("~")
            term = Term(_split(names), _split(described))
            if len(term.names) + len(term.described) < 2 and "|" in line:
                raise LoadError(f"{file}: line {number}", "needs two texts, as in 'name | other name ~ description'")
            self.terms.append(term)
        self._known = {name.lower(): term for term in reversed(self.terms) for name in term.names}
        names_by_length = sorted(self._known, key=len, reverse=True)
        self._find = re.compile("|".join(map(_pattern, names_by_length)), re.IGNORECASE) if names_by_length else None

    def pairs(self) -> list[Pair]:
        """Every name → every other name, every description → every name, of each thing."""
        out: list[Pair] = []
        for term in self.terms:
            out += [Pair(a, b, "terms", "term") for a, b in permutations(term.names, 2)]
            out += [Pair(a, b, "terms", "term") for a in term.described for b in term.names]
        return out

    def rename(self, text: str, rng: np.random.Generator) -> str:
        """``text`` with one name in it exchanged for another or for a description; as it is where none is known."""
        found = list(self._find.finditer(text)) if self._find is not None else []
        if not found:
            return text
        match = found[int(rng.integers(len(found)))]
        term = self._known[match.group().lower()]
        others = [name for name in term.names if name.lower() != match.group().lower()]
        if term.described and (not others or rng.random() < DESCRIBE):
            others = list(term.described)
        if not others:
            return text
        return text[: match.start()] + others[int(rng.integers(len(others)))] + text[match.end() :]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _pattern(name: str) -> str:
    """A name as a whole word where it is written in letters: ``RM`` is not in ``format``."""
    before = r"(?<![a-z0-9])" if name[0].isascii() and name[0].isalnum() else ""
    after = r"(?![a-z0-9])" if name[-1].isascii() and name[-1].isalnum() else ""
    return before + re.escape(name) + after
