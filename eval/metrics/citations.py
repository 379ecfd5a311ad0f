"""Citation recall and precision, as ALCE defines them (Gao, Yen, Yu & Chen, EMNLP 2023), with the offline verifier.

A statement has recall 1 when the passages that it cites, taken together, entail it; one without citations has 0. A citation
is precise when its statement has recall 1 and the citation is not irrelevant: it entails the statement by itself, or the rest
of the statement's citations do not entail it without this one. An answer's recall is the mean over its statements, its
precision the mean over its citations.

Decisions. "Entails" is the verifier's "supported"; half supported is not entailed. Statements that claim nothing ("要点:", a
greeting) cannot be entailed by anything and are left out, with their citations; an answer of nothing else has ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Entails = Callable[[str, Sequence[str]], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """The two figures of one answer, with the statements that no citation of theirs carries."""

    recall: float | None
    precision: float | None
    """``None`` where no statement with a claim has a citation."""
    unsupported: tuple[int, ...]
    """Places of the statements with recall 0."""


def entails(statement: str, passages: Sequence[str]) -> bool | None:
    """Whether the verifier finds every claim of the statement supported by the passages; ``None`` where nothing is claimed."""
    checks = [check for check in verify(statement, passages).sentences if check.verdict != "no-claim"]
    return all(check.verdict == "supported" for check in checks) if checks else None


def alce(statements: Sequence[tuple[str, Sequence[str]]], *, entailed: Entails = entails) -> Cited:
    """Citation recall and precision of an answer: its statements, each with the texts of the passages that it cites.

    ``entailed(statement, passages)`` judges; ``None`` says that the statement claims nothing.
    """
    recalls: list[bool] = []
    precise: list[bool] = []
    unsupported = []
    for place, (statement, passages) in enumerate(statements):
        whole = entailed(statement, passages)
        if whole is None:
            continue
        whole = whole and bool(passages)
        recalls.append(whole)
        if not whole:
            unsupported.append(place)
        precise += [
            whole and (len(passages) == 1 or bool(entailed(statement, [text])) or not entailed(statement, _without(passages, at)))
            for at, text in enumerate(passages)
        ]
    return Cited(recall=_mean(recalls), precision=_mean(precise), unsupported=tuple(unsupported))


def _without(passages: Sequence[str], at: int) -> list[str]:
    return [*passages[:at], *passages[at + 1 :]]


def _mean(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
