"""The labelled pairs for the verifier: well formed, balanced, and true to the notes they quote."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import LoadError
from rag.verifier.train import FEW, SHARES, Example, Measured, read_blocks, shares

ROOT = Path(__file__).resolve().parent.parent.parent
FIELDS = ["id", "lang", "question", "contexts", "answer", "label", "kind", "fault", "source", "note"]
COUNTS = {
    ("zh", "faithful"): 118,
    ("zh", "unfaithful"): 119,
    ("zh", "no-claim"): 6,
    ("en", "faithful"): 71,
    ("en", "unfaithful"): 79,
    ("en", "no-claim"): 6,
}
KINDS = {
    "paraphrase",
    "reorder",
    "condensation",
    "two-passages",
    "traditional",
    "cross-language",
    "number-rewrite",
    "partial-list",
    "negation-rewritten",
    "multi-sentence",
}
FAULTS = {
    "number",
    "unit",
    "range",
    "formula",
    "negation",
    "entity-swap",
    "relation-reversed",
    "addition",
    "attribution",
    "over-generalisation",
    "condition-dropped",
    "off-topic",
}


def load() -> list[dict]:
    lines = (ROOT / "eval" / "datasets" / "verifier.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


RECORDS = load()


def squeezed(text: str) -> str:
    return "".join(text.split())


def has_hanzi(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def sections(file: str) -> dict[str, str]:
    """Heading -> text, white space taken out, of a note whose headings all start with two hashes."""
    parts = ("\n" + (ROOT / file).read_text(encoding="utf-8")).split("\n## ")[1:]
    split = (part.partition("\n") for part in parts)
    return {heading.strip(): squeezed(body) for heading, _, body in split}


def overlap(record: dict) -> float:
    """Share of the answer's character pairs that also stand in its passages."""

    def pairs(text: str) -> set[str]:
        text = squeezed(text).lower()
        return {text[i : i + 2] for i in range(len(text) - 1)}

    answer = pairs(record["answer"])
    return len(answer & pairs("".join(record["contexts"]))) / len(answer)


def test_every_record_has_the_fields_and_nothing_else() -> None:
    for number, record in enumerate(RECORDS, 1):
        assert list(record) == FIELDS
        assert record["id"] == f"v{number:03d}"
        assert record["contexts"], record["id"]
        assert all(text.strip() for text in record["contexts"]), record["id"]
        assert record["answer"].strip(), record["id"]


def test_label_kind_fault_and_note_fit_together() -> None:
    for record in RECORDS:
        kind, fault = record["kind"], record["fault"]
        allowed = {"faithful": (KINDS, {""}), "unfaithful": ({"fault"}, FAULTS), "no-claim": ({"no-claim"}, {""})}
        kinds, faults = allowed[record["label"]]
        assert kind in kinds, record["id"]
        assert fault in faults, record["id"]
        assert bool(record["note"]) == bool(fault), record["id"]


def test_languages_and_labels_are_as_many_as_about_says() -> None:
    assert Counter((record["lang"], record["label"]) for record in RECORDS) == COUNTS
    for record in RECORDS:
        if record["answer"] not in ("null", "N/A"):
            assert has_hanzi(record["answer"]) == (record["lang"] == "zh"), record["id"]


def test_faults_and_rewrites_are_balanced() -> None:
    kinds = Counter(record["kind"] for record in RECORDS)
    faults = Counter(record["fault"] for record in RECORDS)
    assert all(14 <= kinds[kind] <= 24 for kind in KINDS), kinds
    assert all(10 <= faults[fault] <= 22 for fault in FAULTS), faults
    crossed = [r for r in RECORDS if has_hanzi(r["answer"]) != has_hanzi("".join(r["contexts"]))]
    assert {label for label, count in Counter(r["label"] for r in crossed).items() if count >= 12} == {"faithful", "unfaithful"}
    assert sum(len(record["contexts"]) > 1 for record in RECORDS) >= 80


def test_no_answer_and_no_record_stands_twice() -> None:
    assert len({(record["question"], squeezed(record["answer"])) for record in RECORDS}) == len(RECORDS)
    graded = [squeezed(record["answer"]).lower() for record in RECORDS if record["label"] != "no-claim"]
    assert len(set(graded)) == len(graded)


def test_passages_of_the_notes_stand_in_the_section_that_is_named() -> None:
    quoted = [record for record in RECORDS if record["source"] != "written"]
    assert len(quoted) >= 190
    for record in quoted:
        named = [source.partition("#") for source in record["source"].split(" | ")]
        bodies = [sections(file)[heading] for file, _, heading in named]
        for context in record["contexts"]:
            assert any(squeezed(context) in body for body in bodies), record["id"]
        for body in bodies:
            assert any(squeezed(context) in body for context in record["contexts"]), record["id"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_shared_letters_alone_do_not_tell_the_labels_apart(lang: str) -> None:
    plain = [r for r in RECORDS if r["lang"] == lang and r["kind"] != "traditional" and r["fault"] != "off-topic"]
    plain = [r for r in plain if has_hanzi("".join(r["contexts"])) == (lang == "zh")]
    kept = [overlap(r) for r in plain if r["label"] == "faithful"]
    broken = [overlap(r) for r in plain if r["label"] == "unfaithful"]
    wins = sum((a > b) + (a == b) / 2 for a in kept for b in broken)
    assert 0.35 < wins / (len(kept) * len(broken)) < 0.65


BLOCKS = sorted((ROOT / "eval" / "datasets" / "verifier_blocks").glob("*.txt"))


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.stem)
def test_the_blocks_are_readable_balanced_and_no_passage_is_one_of_the_test_set(path):
    examples = list(read_blocks(path))
    faithful = sum(example.faithful for example in examples)
    assert abs(2 * faithful - len(examples)) <= 1
    passages = {example.contexts for example in examples}
    assert len(examples) / len(passages) >= 7.9
    measured = {squeezed(passage) for record in RECORDS for passage in record["contexts"]}
    assert not measured & {squeezed(passage) for contexts in passages for passage in contexts}


def test_the_blocks_are_as_many_as_is_said():
    assert len(BLOCKS) == 11
    assert sum(len(list(read_blocks(path))) for path in BLOCKS) == 19_441


def test_a_line_of_a_block_that_is_none_is_named(tmp_path):
    file = tmp_path / "own.txt"
    file.write_text("P: 甲\\n乙 ||| 丙\n+ paraphrase | 甲在前。\n- number | 二。\n\nP: one\n+ weaker | One.\n", encoding="utf-8")
    assert [(e.answer, e.contexts, e.faithful, e.lang, e.fault) for e in read_blocks(file)] == [
        ("甲在前。", ("甲\n乙", "丙"), True, "zh", "paraphrase"),
        ("二。", ("甲\n乙", "丙"), False, "zh", "number"),
        ("One.", ("one",), True, "en", "weaker"),
    ]
    file.write_text("P: 甲\n? what | 二。\n", encoding="utf-8")
    with pytest.raises(LoadError, match=r"own\.txt: line 2: neither a passage"):
        list(read_blocks(file))


def test_faults_of_the_blocks_count_alike_by_kind_and_rare_kinds_not_at_all():
    def some(count: int, kind: str, *, faithful: bool, source: str = "block") -> list[Measured]:
        example = Example("甲", ("乙",), faithful, "zh", source, "g", kind)
        return [Measured(example, np.zeros((1, 1)))] * count

    measured = [
        *some(3 * FEW, "negation", faithful=False),
        *some(FEW, "number", faithful=False),
        *some(FEW - 1, "unit", faithful=False),
        *some(10, "paraphrase", faithful=True),
        *some(4, "number", faithful=False, source="written"),
    ]
    truth, share = shares(measured)
    total = 2 * SHARES["block"] + SHARES["written"]
    ends = np.cumsum([3 * FEW, FEW, FEW - 1, 10, 4])
    each = [float(part.sum()) * total for part in np.split(share, ends[:-1])]
    assert each == pytest.approx([SHARES["block"] / 2, SHARES["block"] / 2, 0.0, SHARES["block"], SHARES["written"]])
    assert truth.sum() == 10
