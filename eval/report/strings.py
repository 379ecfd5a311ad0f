"""The words of a report, Chinese and English in one table. Names of figures and failures are keys; a name that the table lacks
is shown as it is, a name with a full stop ("zh.recall@5") in two halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.record import Language

_TABLE = {
    "title": ("脚注 · 评测报告", "Footnote · evaluation"),
    "kind.retrieval": ("检索", "Search"),
    "kind.answers": ("回答", "Answers"),
    "kind.faithfulness": ("忠实度", "Faithfulness"),
    "kind.verifier": ("核对器", "Verifier"),
    "kind.notes": ("笔记体检", "Health of the notes"),
    "kind.footnotes": ("混入的错误引用", "Planted footnotes"),
    "kind.headings": ("标题", "Headings"),
    "kind.blank headings": ("空标题", "Blank headings"),
    "kind.copies": ("重复", "Copies"),
    "kind.contradictions": ("矛盾", "Contradictions"),
    "kind.reach": ("问得到的段落", "Passages that questions reach"),
    "kind.all": ("全部", "Everything"),
    "intervals": (
        "方括号里是 95% 自助法置信区间，后面是用例数。",
        "In brackets the 95 % bootstrap interval, then the number of cases.",
    ),
    "headline": ("主要指标", "Headline figures"),
    "figures": ("全部指标", "All figures"),
    "figure": ("指标", "Figure"),
    "value": ("值", "Value"),
    "interval": ("95% 区间", "95 % interval"),
    "cases": ("用例", "Cases"),
    "failures": ("没做好的", "Failures"),
    "no failures": ("没有失败的用例。", "No case failed."),
    "findings": ("发现的问题", "What was found"),
    "no findings": ("没有发现问题。", "Nothing was found."),
    "answer": ("回答", "Answer"),
    "evidence": ("依据", "Evidence"),
    "expected": ("应为", "Expected"),
    "plots": ("图", "Plots"),
    "timing": ("用时", "Time"),
    "coverage": ("覆盖率（回答的比例）", "coverage (share answered)"),
    "risk": ("风险（答错的比例）", "risk (share wrong)"),
    "score": ("分数", "score"),
    "share right": ("实际正确的比例", "share that is right"),
    "count": ("个数", "count"),
    "plot.risk-coverage": ("风险–覆盖率曲线", "Risk–coverage curve"),
    "plot.reliability": ("可靠性:{}", "Reliability: {}"),
    "plot.distribution": ("分布:{}", "Distribution: {}"),
    "not found": ("前五里没有", "not among the first five"),
    "wrong section": ("没引对小节", "no right section cited"),
    "facts missing": ("缺少要点", "facts missing"),
    "citation": ("引文撑不住句子", "a citation does not carry its sentence"),
    "declined": ("不该拒答", "wrongly declined"),
    "answered": ("应该拒答", "should have been declined"),
    "notice": ("语言模型没有写成", "what became of the model's answer"),
    "verdict": ("判断不对", "wrong verdict"),
    "unfaithful": ("不忠实", "unfaithful"),
    "mark kept": ("错误的引用没有去掉", "a wrong footnote was kept"),
    "mark lost": ("正确的引用被去掉了", "a right footnote was dropped"),
    "blank heading": ("空标题", "blank heading"),
    "not first": ("自己的问题没排到第一", "its own question does not find it first"),
    "not reached": ("没有问题能找到", "no question reaches it"),
    "not quoted": ("找到了但没有引用", "found, but not quoted"),
    "unanswered": ("自己的问题被拒答", "its own question is declined"),
    "exact copy": ("内容重复", "exact copy"),
    "near copy": ("内容几乎重复", "near copy"),
    "contradiction": ("两处说法矛盾", "two notes contradict each other"),
    "support": ("支持度", "support"),
    "confidence": ("把握", "confidence"),
    "figure.right section cited": ("引对了小节", "right section cited"),
    "figure.key facts": ("要点齐全", "key facts"),
    "figure.key fact coverage": ("要点覆盖率", "key fact coverage"),
    "figure.wrongly declined": ("误拒", "wrongly declined"),
    "figure.declined": ("该拒且拒", "declined"),
    "figure.citation recall": ("引用召回率（ALCE）", "citation recall (ALCE)"),
    "figure.citation precision": ("引用精确率（ALCE）", "citation precision (ALCE)"),
    "figure.faithfulness": ("忠实度", "faithfulness"),
    "figure.answer relevancy": ("回答相关性", "answer relevancy"),
    "figure.context precision": ("上下文精确率", "context precision"),
    "figure.context recall": ("上下文召回率", "context recall"),
    "figure.answers faithful": ("忠实的回答", "answers faithful"),
    "figure.written by the model": ("由语言模型写成", "written by the model"),
    "figure.no claim": ("没有论断", "no claim"),
    "figure.abstention precision": ("拒答精确率", "abstention precision"),
    "figure.abstention recall": ("拒答召回率", "abstention recall"),
    "figure.abstention F1": ("拒答 F1", "abstention F1"),
    "figure.confidence ECE": ("把握的校准误差（ECE）", "confidence ECE"),
    "figure.support ECE": ("支持度的校准误差（ECE）", "support ECE"),
    "figure.balanced accuracy": ("平衡准确率", "balanced accuracy"),
    "figure.no-claim recognised": ("认出没有论断", "no-claim recognised"),
    "figure.cited sections right or related": ("引用的小节对或相关", "cited sections right or related"),
    "figure.mean characters": ("平均字数", "mean characters"),
    "figure.wrong marks removed": ("错误引用被去掉", "wrong marks removed"),
    "figure.right marks kept": ("正确引用被保留", "right marks kept"),
    "figure.headings found first": ("标题问法排第一", "headings found first"),
    "figure.headings found in five": ("标题问法进前五", "headings found in five"),
    "figure.paraphrases found in five": ("换个问法进前五", "paraphrases found in five"),
    "figure.headings answered": ("标题问法有回答", "headings answered"),
    "figure.own section cited": ("引用了自己的小节", "own section cited"),
    "figure.passages reached": ("能被问到的段落", "passages reached"),
    "figure.headings written": ("写了内容的标题", "headings written"),
    "figure.answers without a contradiction": ("没有矛盾的回答", "answers without a contradiction"),
    "figure.passages without a copy": ("没有重复的段落", "passages without a copy"),
    "tag.zh": ("中文", "Chinese"),
    "tag.en": ("英文", "English"),
    "tag.answer": ("有答案", "has an answer"),
    "tag.abstain": ("没有答案", "has none"),
    "tag.correct_premise": ("前提有误", "false premise"),
    "tag.faithful": ("忠实", "faithful"),
    "tag.unfaithful": ("不忠实", "unfaithful"),
    "tag.no-claim": ("没有论断", "no claim"),
    "verdict.supported": ("有依据", "supported"),
    "verdict.partial": ("部分有依据", "partly supported"),
    "verdict.unsupported": ("没有依据", "unsupported"),
    "verdict.contradicted": ("与依据矛盾", "contradicted"),
    "verdict.no-claim": ("没有论断", "no claim"),
}


def say(key: str, lang: Language) -> str:
    """The words for ``key``; the key itself where there are none."""
    return _TABLE[key][lang == "en"] if key in _TABLE else key


def figure_name(name: str, lang: Language) -> str:
    """What a figure is called."""
    if f"figure.{name}" in _TABLE:
        return say(f"figure.{name}", lang)
    first, dot, rest = name.partition(".")
    return f"{tag_name(first, lang)} · {figure_name(rest, lang)}" if dot else name


def part_name(name: str, lang: Language) -> str:
    """What a part is called: its command, and the set it was measured on ("answers: corpus")."""
    kind, colon, rest = name.partition(": ")
    return say(f"kind.{kind}", lang) + colon + rest if f"kind.{kind}" in _TABLE else name


def reasons(failures: Sequence[tuple[str, str]], lang: Language) -> str:
    """What failed, with details, on one line."""
    return " · ".join(f"{say(what, lang)}: {detail}" if detail else say(what, lang) for what, detail in failures)


def tag_name(tag: str, lang: Language) -> str:
    """What the value of a tag is called."""
    return say(f"tag.{tag}", lang) if f"tag.{tag}" in _TABLE else tag
