"""The opposite said: a negation too many or too few, a word for its opposite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.fault import Fault, shown
from rag.polarity import opposites

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rag.evidence import Alignment
    from rag.fault import Clauses
    from rag.words import Text


def turned_round(alignment: Alignment, clauses: Clauses) -> Iterator[Fault]:
    """Clauses of which every clause of the evidence that covers them as well says the opposite."""
    for number, said in enumerate(alignment.claim.clauses):
        best = float(clauses.best[number])
        if not clauses.weight[number] or best < 0.45:
            continue
        verdicts = []
        for column in range(len(alignment.clauses)):
            cover = float(clauses.cover[number, column])
            if cover >= max(0.45, best - 0.1):
                verdicts.append((*_turned(alignment, number, column), cover, alignment.clauses[column]))
        verdicts = _of_subject(verdicts, alignment, clauses.rows[number]) or verdicts
        if verdicts and all(turned for turned, *_ in verdicts):
            turned, one, other, cover, clause = max(verdicts, key=lambda verdict: verdict[3])
            strength = min(1.0, (cover - 0.3) / 0.6, cover * clauses.weight[number], 0.45 * len(clauses.rows[number]))
            yield Fault(turned, strength, one or said.strip(" ,，。."), other or clause.strip(" ,，。."))


def _of_subject(
    verdicts: list[tuple[str, str, str, float, str]], alignment: Alignment, rows: Sequence[int]
) -> list[tuple[str, str, str, float, str]]:
    """Those clauses of the evidence that name what the clause of the claim begins with."""
    first = alignment.claim.words[rows[0]]
    return [verdict for verdict in verdicts if first.key in verdict[4]] if len(rows) > 1 and len(first.key) > 1 else []


def _turned(alignment: Alignment, number: int, column: int) -> tuple[str, str, str]:
    """Whether a clause of the evidence says the opposite of one of the claim: the kind of turn, and the two words."""
    claim, text = alignment.claim, alignment.texts[int(alignment.owner[column])]
    place = column - int((alignment.owner < alignment.owner[column]).sum())
    swap = _opposite(claim, number, text, alignment.clauses[column])
    denied = ""
    alike = _denied_alike(alignment)
    for row, word in enumerate(claim.words):
        if word.clause != number or not word.weight or alike:
            continue
        here = [n for n in _partners(claim, row, text) if text.words[n].clause == place]
        if here and all((row in claim.denied) != (n in text.denied) for n in here):
            denied = shown(claim, word)
            break
    if swap:
        return ("", "", "") if denied else ("opposite", *swap)
    return ("negation", denied, "") if denied else ("", "", "")


def _denied_alike(alignment: Alignment) -> bool:
    """Whether claim and evidence deny the same thing: then it is denied in both, wherever the clauses are cut."""
    ours = {alignment.claim.words[row].key for row in alignment.claim.denied}
    return any(text.words[n].key in ours for text in alignment.texts for n in text.denied)


def _partners(claim: Text, row: int, text: Text) -> list[int]:
    """The words of a sentence that are a word of the claim: the same, or close to it in meaning where one of both is denied."""
    key = claim.words[row].key
    same = [
        n
        for n, word in enumerate(text.words)
        if word.key == key
        or (len(key) > 1 and not key.isascii() and (key in word.key or (word.key in key and len(word.key) > 1)))
    ]
    if same or not text.words:
        return same
    close = text.vectors @ claim.vectors[row]
    return [n for n in range(len(text.words)) if close[n] > 0.45] if row in claim.denied or text.denied else []


def _opposite(claim: Text, number: int, text: Text, found: str) -> tuple[str, str] | None:
    """A word of the clause of which the evidence has the opposite and not the word, while the claim has not the opposite."""
    return crossed(opposites(claim.clauses[number]), opposites(found), claim.folded, text.folded)


def crossed(
    ours: Mapping[str, frozenset[str]], theirs: Mapping[str, frozenset[str]], said: str, found: str
) -> tuple[str, str] | None:
    """A word of one text whose opposite, and not itself, stands in the other, which has not the word's."""
    for word, others in ours.items():
        if word.removesuffix("y") in found:
            continue
        for other in sorted(others):
            if other in theirs and other.removesuffix("y") not in said:
                return word, other
    return None
