"""Check every sentence of an answer against the passages it rests on: no LLM, deterministic, a millisecond a sentence.

The line: cut the answer into sentences (:mod:`rag.claims`) → find where each stands (:mod:`rag.evidence`) → what it says
otherwise (:mod:`rag.faults`) → the chance that it is supported (:mod:`rag.support`) → why not (:mod:`rag.reasons`). A
configured cross-encoder (:mod:`rag.judge`) takes the place of the chance; the reasons stay.

A sentence that stands in a passage word for word, marks and spaces aside, is supported without further looking.

Faithfulness is the share of claims that are supported (Es et al., RAGAS, 2023), ``None`` where nothing is claimed. An answer
is faithful when no claim of it is more likely wrong than right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from rag.claims import claims_nothing, sentences
from rag.evidence import LONGEST, align, evidence
from rag.faults import find, says_opposite
from rag.reasons import CONTRADICTS, reason, weightiest
from rag.support import features, load_weights, told
from rag.words import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Alignment
    from rag.fault import Fault
    from rag.judge import Judge
    from rag.support import Curve
    from rag.types import Verdict

__all__ = ["Check", "Verification", "check", "contradiction", "sentences", "verify"]

SUPPORTED = 0.5
PARTIAL = 0.35
"""Support from which on a claim is supported, partly supported."""
SURELY = 0.45
"""Usual support under which what the evidence contradicts stays so if a model told it; chosen on ``llm_faults_dev.jsonl``."""
FAITHFUL = 0.5
"""Support that every claim of a faithful answer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One sentence with what was found for it."""

    text: str
    support: float
    verdict: Verdict | Literal["no-claim"]
    evidence: str
    """The sentences of the contexts that come closest, without their marks; empty when nothing does."""
    reason: str = ""
    """One plain line that says why the text is not (fully) supported; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A whole answer."""

    faithfulness: float | None
    """Mean of supported (1), partly supported (0.5) and other (0) claims; ``None`` when nothing is claimed."""
    verdict: Literal["faithful", "unfaithful", "no-claim"]
    sentences: tuple[Check, ...]


def verify(answer: str, contexts: Sequence[str], question: str = "", *, judge: Judge | None = None) -> Verification:
    """Check every sentence of ``answer`` against all ``contexts``. ``judge``: a cross-encoder that gives the support instead."""
    checks = tuple(check(sentence, contexts, judge=judge) for sentence in sentences(answer))
    claims = [item for item in checks if item.verdict != "no-claim"]
    if not claims:
        return Verification(faithfulness=None, verdict="no-claim", sentences=checks)
    worth = {"supported": 1.0, "partial": 0.5}
    score = sum(worth.get(item.verdict, 0.0) for item in claims) / len(claims)
    good = all(item.support >= FAITHFUL for item in claims)
    return Verification(faithfulness=score, verdict="faithful" if good else "unfaithful", sentences=checks)


def check(claim: str, contexts: Sequence[str], *, judge: Judge | None = None, curve: Curve = "written") -> Check:
    """How far the best one to three sentences of ``contexts`` support ``claim``, and why not.

    ``curve``: "told" for the sentence of a model that was given the contexts. What they contradict is judged as usual even so.
    """
    if claims_nothing(claim) or (len(claim) <= LONGEST and not (parse(claim).words or parse(claim).quantities)):
        return Check(text=claim, support=0.0, verdict="no-claim", evidence="")
    passages = evidence(tuple(contexts))
    if len(claim) > LONGEST and not passages.quotes(claim):  # what is that long is judged by its worst part
        cuts = [claim[start : start + LONGEST] for start in range(0, len(claim), LONGEST)]
        parts = [check(cut, contexts, judge=judge, curve=curve) for cut in cuts]
        lowest = min((part for part in parts if part.verdict != "no-claim"), key=lambda part: part.support, default=parts[0])
        return replace(lowest, text=claim)
    if passages.quotes(claim):
        return Check(text=claim, support=1.0, verdict="supported", evidence=claim)
    alignment = align(claim, passages)
    if alignment is None:
        return Check(text=claim, support=0.0, verdict="unsupported", evidence="", reason=reason(claim, None, otherwise="empty"))
    faults = find(alignment, passages)
    worst, found = weightiest(faults), _evidence(alignment)
    support = _support(alignment, faults, curve) if judge is None else judge.support(claim, contexts)
    if support >= SUPPORTED:
        return Check(text=claim, support=support, verdict="supported", evidence=found)
    said = reason(claim, worst and _as_written(worst, alignment), otherwise="nothing" if judge is None else "judge")
    verdict: Verdict = "partial" if support >= PARTIAL else "unsupported"
    if support < FAITHFUL and _contradicts(worst):
        verdict = "contradicted"
    return Check(text=claim, support=support, verdict=verdict, evidence=found, reason=said)


def _support(alignment: Alignment, faults: Sequence[Fault], curve: Curve) -> float:
    if curve == "told" and not _contradicts(weightiest(faults)):
        return load_weights(curve)(told(alignment, faults))
    usual = load_weights()(features(alignment, faults))
    return usual if curve == "written" or usual < SURELY else load_weights(curve)(told(alignment, faults))


def _as_written(fault: Fault, alignment: Alignment) -> Fault:
    """The fault with its pieces in the letters and signs that claim and evidence have, where they are found there again."""
    found = "\n".join(text.raw for text in alignment.texts)
    return replace(fault, said=_in(alignment.claim.raw, fault.said), found=_in(found, fault.found))


def _in(text: str, piece: str) -> str:
    pattern = "".join(r"\s*" if sign.isspace() else re.escape(sign) if sign.isalnum() else r"\W" for sign in piece)
    match = re.search(pattern, text, re.IGNORECASE) if piece else None
    return match.group() if match else piece


def _contradicts(worst: Fault | None) -> bool:
    return worst is not None and worst.kind in CONTRADICTS and worst.strength >= 0.5


def contradiction(claim: str, passage: str) -> str:
    """Why ``passage``, a sentence or a few, says the opposite of ``claim``: "replacement", "negation", "opposite"; else empty."""
    return says_opposite(claim, passage)


def _evidence(alignment: Alignment) -> str:
    return " ".join(alignment.texts[place].raw for place in sorted(alignment.chosen))
