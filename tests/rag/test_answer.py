"""The ask line over a real library: right section, verbatim quotes, structure kept, honest refusals."""

from pathlib import Path

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask, search, stream
from rag.types import Answer, Sentence, Turn


def _headings(answer: Answer) -> set[str]:
    return {citation.trail[-1] for citation in answer.citations}


@pytest.mark.parametrize(
    ("question", "heading", "fact"),
    [
        ("LN 和 BN 有什么不同?", "BN 和 LN 有什么区别?", "单个样本"),
        ("BN的优点有哪些", "BN 有什么优点?", "加速收敛"),
        ("RMSNorm 的计算公式?", "RMSNorm 的公式是什么?", "mean(x^2)"),
        ("LayerNorm 代码怎么写", "写一下 LayerNorm 的代码", "def layer_norm"),
        ("LLaMA 改进了什么", "LLaMA 作出的改进", "SwiGLU"),
        ("What is the difference between BN and LN?", "BN 和 LN 有什么区别?", "单个样本"),
        ("What’s the difference between BN and LN？", "BN 和 LN 有什么区别?", "单个样本"),
        ("seq2sqe 是串行输出吗", "seq2seq 的输出是串行还是并行?", "串行"),
        ("模型並行有什麼缺點?", "模型并行", "通信开销"),
    ],
)
def test_the_right_section_is_cited_and_says_it(library: Library, question: str, heading: str, fact: str) -> None:
    answer = ask(question, library)
    assert not answer.abstained
    assert heading in _headings(answer)
    assert fact in answer.text


def test_every_sentence_has_a_footnote_whose_quote_is_verbatim_in_the_file(library: Library) -> None:
    for question in ("BN 有什么优点?", "RMSNorm 的公式是什么?", "写一下 LayerNorm 的代码"):
        answer = ask(question, library)
        assert answer.sentences
        by_number = {citation.n: citation for citation in answer.citations}
        for sentence in answer.sentences:
            assert sentence.citations
            assert sentence.verdict == "supported"
            assert sentence.support == 1.0
            for n in sentence.citations:
                citation = by_number[n]
                assert library.document(citation.document_id).text[citation.start : citation.end] == citation.quote
                lines = Path(citation.path).read_text(encoding="utf-8").split("\n")
                shown = "\n".join(lines[citation.lines[0] - 1 : citation.lines[1]])
                assert citation.quote in shown


def test_code_and_formula_keep_their_lines(library: Library) -> None:
    assert "```python\ndef layer_norm(x, eps=1e-5):\n    # 减均值" in ask("写一下 LayerNorm 的代码", library).text
    assert "$$\ny = x / \\sqrt{mean(x^2) + eps}\n$$" in ask("RMSNorm 的公式是什么?", library).text


def test_a_list_is_answered_as_a_list(library: Library) -> None:
    text = ask("BN 有什么优点?", library).text
    assert "1. 加速收敛" in text
    assert "\n2. 对初始权重" in text


def test_both_sides_of_a_double_question_are_answered(library: Library) -> None:
    answer = ask("LLaMA和ChatGLM各自作了什么改进?", library)
    assert {"ChatGLM 作出的改进", "LLaMA 作出的改进"} <= _headings(answer)


def test_a_follow_up_leans_on_the_chat(library: Library) -> None:
    history = [Turn(role="user", content="数据并行有什么优缺点?"), Turn(role="assistant", content="...")]
    answer = ask("那模型并行呢?", library, history=history)
    assert answer.question == "模型并行有什么优缺点?"
    assert "通信开销" in answer.text


def test_a_blank_heading_is_named_as_the_hole_it_is(library: Library) -> None:
    answer = ask("GroupNorm 是怎么做的?", library)
    assert (answer.abstained, answer.reason) == (True, "blank")
    assert "GroupNorm 是怎么做的?" in answer.text
    assert answer.citations[0].trail[-1] == "GroupNorm 是怎么做的?"


@pytest.mark.parametrize(
    ("question", "reason"), [("Mamba 的归一化放在哪里?", "absent"), ("附近有什么好吃的火锅店?", "off-topic"), ("", "off-topic")]
)
def test_what_the_notes_do_not_say_is_declined(library: Library, question: str, reason: str) -> None:
    answer = ask(question, library)
    assert answer.abstained
    assert answer.reason in ({reason, "absent"} if reason == "off-topic" else {reason})
    assert not answer.citations


def test_a_premise_that_the_notes_turn_round_is_corrected_first(library: Library) -> None:
    answer = ask("ChatGLM 为什么要用 ReLU 替换 GeLU?", library)
    assert answer.sentences[0].text.startswith("问题的前提和笔记不一致")
    assert "用 GeLU 替换 ReLU" in answer.sentences[0].text


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("DPO 为什么要训练一个奖励模型?", "DPO 不训练奖励模型"),
        ("DPO 为什么要用成对的偏好数据?", None),
        ("DPO 为什么不训练奖励模型?", None),
        ("PPO 为什么要训练一个奖励模型?", None),
    ],
)
def test_what_a_why_takes_for_granted_is_held_against_what_is_said_of_its_topic(
    tmp_path: Path, question: str, says: str | None
) -> None:
    note = "# 对齐\n\n## DPO 和 PPO 各是怎么做的?\n\nPPO 先训练一个奖励模型。\n\nDPO 不训练奖励模型,直接用成对的偏好数据。\n"
    (tmp_path / "dpo.md").write_text(note, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "dpo.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        first = ask(question, library).sentences[0].text
    assert first.startswith("问题的前提和笔记不一致") == (says is not None)
    assert says is None or says in first


def test_a_part_that_the_notes_do_not_answer_is_named(library: Library) -> None:
    answer = ask("BN 有什么优点?怎么煮红烧肉才好吃?", library)
    assert "加速收敛" in answer.text
    assert answer.notice.startswith("笔记里没有写到")
    assert "红烧肉" in answer.notice
    assert not ask("BN 有什么优点?RMSNorm 的公式是什么?", library).notice


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("BN 有什么优点?怎么煮红烧肉才好吃?", "笔记里没有写到：「怎么煮红烧肉才好吃」。"),
        ("BN 有什么优点?Mamba 是什么?", "笔记里没有写到：「Mamba 是什么」。"),
        ("BN 有什么优点?LLaMA 的通信代价是多少?", ""),
    ],
)
def test_a_part_is_said_to_be_unanswered_only_where_nothing_of_it_stands_near(
    library: Library, question: str, notice: str
) -> None:
    assert ask(question, library).notice == notice


def test_the_stream_gives_the_sentences_and_then_the_same_answer(library: Library) -> None:
    *sentences, answer = stream("BN 有什么优点?", library)
    assert all(isinstance(sentence, Sentence) for sentence in sentences)
    assert isinstance(answer, Answer)
    assert tuple(sentences) == answer.sentences
    assert answer == ask("BN 有什么优点?", library)


def test_each_leg_names_itself_and_orders_by_score(library: Library) -> None:
    for mode, origin in (("dense", "dense"), ("lexical", "lexical")):
        passages = search("LN 和 BN 的区别", library, k=4, mode=mode)  # type: ignore[arg-type]
        assert {passage.origin for passage in passages} == {origin}
        assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
        scores = [passage.score for passage in passages]
        assert scores == sorted(scores, reverse=True)
    assert search("LN 和 BN 的区别", library, k=1)[0].chunk.trail[-1] == "BN 和 LN 有什么区别?"


@pytest.mark.parametrize("query", ["", "   ", "？？？"])
def test_a_search_for_nothing_finds_nothing(library: Library, query: str) -> None:
    assert search(query, library, mode="lexical") == []


def test_a_line_that_introduces_nothing_is_no_answer(tmp_path: Path) -> None:
    note = tmp_path / "deploy.md"
    note.write_text(
        "# 部署\n\n## Kubernetes 部署的步骤是什么?\n\nKubernetes 部署的步骤如下:\n\n## 其他\n\n别的内容是这样的。\n",
        encoding="utf-8",
    )
    settings = Settings(library=str(tmp_path / "library"))
    build([note], settings)
    with Library.open(settings.library_folder, settings) as library:
        answer = ask("Kubernetes 部署的步骤是什么?", library)
    assert (answer.abstained, answer.reason) == (True, "absent")
    assert answer.text


def test_a_heading_that_comes_twice_does_not_reach_over_what_stands_between(tmp_path: Path) -> None:
    note = tmp_path / "twice.md"
    note.write_text(
        "# 梯度\n\n## 概述\n\n梯度消失是指梯度逐层变小。\n\n## 中间\n\n中间是别的内容。\n\n"
        "## 概述\n\n另一个概述。\n\n### 细节\n\n梯度消失的细节在这里。\n",
        encoding="utf-8",
    )
    settings = Settings(library=str(tmp_path / "library"))
    build([note], settings)
    with Library.open(settings.library_folder, settings) as library:
        answer = ask("梯度消失是指什么?", library)
    assert not answer.abstained
    for citation in answer.citations:
        assert citation.trail[-1] == ("细节" if "细节" in citation.quote else "概述")


def test_a_question_of_which_the_notes_say_nothing_does_not_go_on_with_the_chat(library: Library) -> None:
    history = [Turn(role="user", content="RMSNorm 的公式是什么?")]
    other = ask("怎么烤面包?", library, history=history)
    assert other.question == "怎么烤面包?"
    assert other.abstained
    assert ask("它的公式呢?", library, history=history).question.startswith("RMSNorm")


def test_what_a_semicolon_parts_is_quoted_whole(tmp_path: Path) -> None:
    note = "# RoPE\n\n## RoPE 的频率有什么特点?\n\nRoPE 的频率有高有低。\n\n- 靠前的分组频率高,转得快;靠后的分组转得慢。\n- 频率是固定的。\n"
    (tmp_path / "rope.md").write_text(note, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "rope.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        for budget in (1, 30, 440):
            *_, answer = stream("RoPE 靠前的分组频率高吗?", library, characters=budget)
            assert isinstance(answer, Answer)
            assert "转得快;" in answer.text
            assert "转得慢。" in answer.text


@pytest.mark.parametrize("talk", ["谢谢", "好的,明白了", "thanks!"])
def test_thanks_are_not_answered_from_the_notes(library: Library, talk: str) -> None:
    answer = ask(talk, library, history=[Turn(role="user", content="BN 有什么优点?")])
    assert answer.abstained
    assert answer.passages == ()
    assert answer.confidence == 0.0
