"""The shipped questions fit the shipped notes: every gold section exists and holds its key facts."""

from pathlib import Path

import pytest

from eval.cases import load_cases, load_sections
from eval.datasets.make_sections import main as make_sections
from eval.metrics.correctness import plain

DATASETS = Path(__file__).resolve().parent.parent.parent / "eval" / "datasets"
FILES = ("questions.jsonl", "outside.jsonl", "holes.jsonl", "unanswerable.jsonl")


def test_the_sections_are_those_of_the_notes() -> None:
    assert make_sections(["--check"]) == 0


@pytest.mark.parametrize("name", FILES)
def test_every_gold_section_exists_and_ids_are_unique(name: str) -> None:
    known = {record["section_id"] for record in load_sections(DATASETS / "sections.jsonl").records}
    cases = load_cases(DATASETS / name)
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        assert case.gold | case.related <= known, case.id
        assert case.behaviour in ("answer", "abstain", "correct_premise")
        assert (case.behaviour == "answer") == bool(case.groups), case.id


def test_key_facts_compare_as_plain_text() -> None:
    for case in load_cases(DATASETS / "questions.jsonl"):
        assert case.key_facts, case.id
        assert all(plain(fact) for group in case.key_facts for fact in group)
