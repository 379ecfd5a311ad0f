"""The ranking measures against trec_eval's own values (pytrec_eval-terrier 0.5.11, computed once and written down here)."""

import itertools
import random

import pytest

from eval.metrics.ranking import first_hit, first_seen, hit_at, ndcg_at, recall_at, reciprocal_rank

# fmt: off
QRELS = {
    "q0": {"d17": 2, "d14": 1, "d22": 1, "d16": 0, "d18": 3, "d06": 0, "d05": 3, "d20": 2, "d15": 2, "d10": 3, "d09": 1, "d12": 3, "d02": 0, "d01": 3},
    "q1": {"d14": 2, "d10": 3},
    "q2": {"d17": 1, "d02": 2, "d08": 0, "d10": 0, "d07": 0, "d16": 1, "d09": 1, "d00": 0, "d22": 2, "d23": 2, "d12": 2, "d01": 2, "d06": 0, "d13": 3},
    "q3": {"d07": 0, "d22": 2, "d03": 2, "d00": 1},
    "q4": {"d00": 0, "d08": 1, "d18": 1, "d09": 2},
    "q5": {"d08": 3, "d00": 1, "d19": 1, "d10": 3, "d09": 2, "d12": 1, "d02": 3, "d17": 2, "d16": 3, "d03": 1, "d21": 2, "d20": 1, "d14": 1, "d22": 1},
    "q6": {"d01": 3, "d03": 1, "d22": 0, "d23": 1, "d16": 1, "d08": 2, "d07": 3, "d12": 3, "d18": 3, "d06": 0, "d13": 1, "d09": 1, "d17": 1, "d04": 0},
    "q7": {"d01": 0, "d02": 0},
}
RUN = {
    "q0": "d01 d06 d07",
    "q1": "d16 d07 d20 d09 d15 d00 d02 d14 d08",
    "q2": "d21 d08 d10 d02 d09 d23 d00 d13 d03",
    "q3": "d14 d16 d06 d04 d13 d12 d03 d18 d19",
    "q4": "d01 d04 d06",
    "q5": "d19 d07 d06 d05 d17 d21 d12 d15 d02",
    "q6": "d08 d13 d14",
    "q7": "d04 d14 d10 d16 d18 d23 d01 d00 d15 d22 d05 d11",
}
TREC = {  # recip_rank, recall_1, recall_5, recall_10, ndcg_cut_10
    "q0": (1.0, 0.09090909090909091, 0.09090909090909091, 0.09090909090909091, 0.2621121369065486),
    "q1": (0.125, 0.0, 0.0, 0.5, 0.1480409554829326),
    "q2": (0.25, 0.0, 0.2222222222222222, 0.4444444444444444, 0.33963784415912746),
    "q3": (0.14285714285714285, 0.0, 0.0, 0.3333333333333333, 0.17721732175293053),
    "q4": (0.0, 0.0, 0.0, 0.0, 0.0),
    "q5": (1.0, 0.07142857142857142, 0.14285714285714285, 0.35714285714285715, 0.34650340089277515),
    "q6": (1.0, 0.09090909090909091, 0.18181818181818182, 0.18181818181818182, 0.26168967055396963),
    "q7": (0.0, 0.0, 0.0, 0.0, 0.0),
}
# fmt: on


@pytest.mark.parametrize("query", QRELS)
def test_values_are_those_of_trec_eval(query: str) -> None:
    ranked, grades = RUN[query].split(), QRELS[query]
    ours = (
        reciprocal_rank(ranked, grades, 1000),
        *(recall_at(ranked, grades, k) for k in (1, 5, 10)),
        ndcg_at(ranked, grades),
    )
    assert ours == pytest.approx(TREC[query], abs=1e-6)


def test_values_are_those_of_trec_eval_where_it_is_installed() -> None:
    """Many random rankings, side by side."""
    pytrec_eval = pytest.importorskip("pytrec_eval")
    generator = random.Random(0)
    documents = [f"d{number}" for number in range(40)]
    qrels = {
        str(query): {name: generator.randrange(4) for name in generator.sample(documents, generator.randint(1, 30))}
        for query in range(200)
    }
    runs = {query: generator.sample(documents, generator.randint(1, 40)) for query in qrels}
    scored = {query: {name: float(-place) for place, name in enumerate(ranked)} for query, ranked in runs.items()}
    found = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recip_rank", "recall.1,5,10,100"}).evaluate(scored)
    for query, grades in qrels.items():
        ranked, theirs = runs[query], found[query]
        assert ndcg_at(ranked, grades) == pytest.approx(theirs["ndcg_cut_10"], abs=1e-6)
        assert reciprocal_rank(ranked, grades, 1000) == pytest.approx(theirs["recip_rank"], abs=1e-6)
        for k in (1, 5, 10, 100):
            assert recall_at(ranked, grades, k) == pytest.approx(theirs[f"recall_{k}"], abs=1e-6)


def test_ndcg_of_the_best_order_is_one_and_of_no_other() -> None:
    grades = {"a": 3, "b": 2, "c": 1, "d": 0}
    scores = {order: ndcg_at(order, grades) for order in itertools.permutations("abcd")}
    assert [order for order, score in scores.items() if score == 1] == [("a", "b", "c", "d")]
    assert ndcg_at("dcba", grades) == pytest.approx(
        (1 / 1.5849625007 + 2 / 2 + 3 / 2.3219280949) / (3 + 2 / 1.5849625007 + 1 / 2), abs=1e-6
    )


def _sets(*names: str) -> list[frozenset[str]]:
    return [frozenset(name.split("+")) - {""} for name in names]


@pytest.mark.parametrize(
    ("found", "gold", "rank"),
    [
        (("a", "b", "c"), {"a"}, 1),
        (("a", "b", "c"), {"c", "x"}, 3),
        (("a", "a", "b"), {"b"}, 2),  # a section counts at its first passage only
        (("a+b", "c"), {"b"}, 2),  # a passage over two sections: both count, in order of their names
        (("a", "", "b"), {"b"}, 2),  # a passage outside every section takes no rank
        (("a",), {"x"}, 0),
        ((), {"x"}, 0),
    ],
)
def test_sections_are_ranked_where_they_first_stand(found: tuple[str, ...], gold: set[str], rank: int) -> None:
    ranked = first_seen(_sets(*found))
    grades = dict.fromkeys(gold, 1)
    assert first_hit(ranked, grades) == rank
    assert hit_at(ranked, grades, 2) == float(0 < rank <= 2)
    assert reciprocal_rank(ranked, grades, 2) == (1 / rank if 0 < rank <= 2 else 0.0)
