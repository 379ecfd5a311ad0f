"""Everything at once, on the smallest of the shipped sets, and planted footnotes."""

import json
from pathlib import Path

import pytest

from eval import planted, shipped
from eval.cases import Case, load_cases
from eval.report.record import load
from eval.run import main
from eval.samples import load_samples
from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence

RIGHT = "RoPE 按 token 的绝对位置旋转 Query 和 Key 向量,使内积只依赖相对位置。"
WRONG = "ALiBi 不加位置向量,而是按距离给注意力分数加一个线性的偏置。"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    lines = (shipped.DATASETS / "verifier.jsonl").read_text(encoding="utf-8").splitlines()[:6]
    pairs.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(shipped, "SETS", shipped.SETS[2:])
    monkeypatch.setattr(shipped, "PAIRS", pairs)


@pytest.mark.usefixtures("small")
def test_all_measures_each_set_and_two_runs_are_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["all", "--json", "--out", str(tmp_path / "out"), "--save", str(tmp_path / "one.json")]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["answers: holes: answerable"] == 12
    assert figures["answers: holes: unanswerable"] == 12
    assert [part.name for part in load(tmp_path / "out").parts] == [
        "retrieval: holes", "answers: holes", "footnotes: holes", "verifier",
    ]  # fmt: skip
    assert main(["all", "--work", str(tmp_path / "work"), "--save", str(tmp_path / "two.json"), "--json"]) == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert main(["compare", str(tmp_path / "one.json"), str(tmp_path / "out"), "--fail-if-worse"]) == 0
    assert (tmp_path / "work" / "holes").is_dir()


@pytest.mark.usefixtures("small")
def test_progress_counts_through_all_sets(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    shipped.run(tmp_path, progress=lambda done, total, what: steps.append((done, total)))
    assert {total for _, total in steps} == {3 * 24 + 6}
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == 3 * 24 + 6


def _passage(text: str, trail: str, rank: int) -> Passage:
    chunk = Chunk(id=trail, document_id="d", trail=(trail,), text=text, start=0, end=len(text), page=None, lines=(1, 1))
    return Passage(chunk=chunk, path="/d.md", score=1 / rank, rank=rank, origin="fused")


def test_a_wrong_passage_is_planted_from_another_section() -> None:
    citation = Citation(n=1, document_id="d", path="/d.md", trail=("RoPE",), page=None, lines=(1, 1), quote=RIGHT, start=0, end=9)
    answer = Answer(
        question="RoPE?",
        sentences=(
            Sentence(text="要点:", citations=(1,), support=1.0, verdict="supported"),  # claims nothing
            Sentence(text=RIGHT, citations=(1,), support=1.0, verdict="supported"),
            Sentence(text="没有引用。", citations=(), support=0.0, verdict="unsupported"),
        ),
        citations=(citation,),
        passages=(_passage(RIGHT, "RoPE", 1), _passage(f"抄来的:{RIGHT}", "copy", 2), _passage(WRONG, "ALiBi", 3)),
        abstained=False,
        reason=None,
        confidence=0.9,
    )
    report = planted.run([(Case(id="q", question="RoPE?"), answer)])
    (outcome,) = report.parts[0].outcomes
    assert outcome.id == "q.1"
    assert outcome.values == {"wrong marks removed": 1.0, "right marks kept": 1.0}
    assert outcome.failures == ()


def test_the_committed_baseline_is_of_the_shipped_cases() -> None:
    """After a change of the sets: ``footnote eval all --save eval/datasets/baseline.json``."""
    baseline = load(shipped.DATASETS / "baseline.json")
    names = [f"{what}: {name}" for name, _, _ in shipped.SETS for what in ("retrieval", "answers", "footnotes")]
    assert [part.name for part in baseline.parts] == [*names, "verifier"]
    ids = {part.name: {outcome.id for outcome in part.outcomes} for part in baseline.parts}
    assert ids["verifier"] == {sample.id for sample in load_samples(shipped.PAIRS, labelled=True)}
    for name, _, files in shipped.SETS:
        assert ids[f"answers: {name}"] == {case.id for file in files for case in load_cases(shipped.DATASETS / file)}
