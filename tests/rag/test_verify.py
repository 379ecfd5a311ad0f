"""What a passage says is supported in other words too; what it says otherwise is not, and the reason says why."""

import json
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import MissingExtra, ModelError
from rag.claims import claims_nothing, clauses
from rag.evidence import align, evidence
from rag.fault import Fault
from rag.faults import NUMBERS, find
from rag.formula import formulas, symbols
from rag.quantity import quantities
from rag.support import CURVES, OWN, SHIPPED, Curve, load_weights
from rag.verify import check, contradiction, sentences, verify
from rag.words import parse

NOTE = "BERT 在输入数据中随机选择15%的词用于预测,其中80%替换为[MASK]。RNN 不能并行计算,Transformer 的编码器可以并行计算。ChatGLM 用GeLU替换ReLU激活函数。"
BERT = "BERT is an encoder and GPT is a decoder. BERT has 12 layers and is trained on 16 GB of text. It usually needs no task-specific layers."
RAFT = "预热期间学习率从 0 线性增加到峰值。模型有两层编码器,部分参数被冻结。推理时不需要额外的缩放,速度比训练快。"


@pytest.mark.parametrize(
    ("claim", "passage", "verdict"),
    [
        ("BERT 在输入数据中随机选择15%的词用于预测", NOTE, "supported"),
        ("在输入数据中,BERT 会随机选择 15% 的词来预测。", NOTE, "supported"),
        ("BERT 在輸入數據中隨機選擇15%的詞用於預測", NOTE, "supported"),
        ("BERT 在输入数据中随机选择百分之十五的词用于预测", NOTE, "supported"),
        ("BERT 在输入数据中随机选择40%的词用于预测", NOTE, "contradicted"),
        ("RNN 能并行计算", NOTE, "contradicted"),
        ("ChatGLM 用ReLU替换GeLU激活函数", NOTE, "contradicted"),
        ("量子计算机在低温下工作", NOTE, "unsupported"),
        ("Othello 是一种棋", NOTE, "unsupported"),
        ("模型有 2 层编码器。", RAFT, "supported"),
        ("模型有二层编码器。", RAFT, "supported"),
        ("模型有 3 层编码器。", RAFT, "contradicted"),
        ("The model has 2 encoder layers.", RAFT, "supported"),
        ("预热期间学习率从 0 线性减少到峰值。", RAFT, "contradicted"),
        ("GPT is an encoder and BERT is a decoder.", BERT, "contradicted"),
        ("BERT has twelve layers.", BERT, "supported"),
        ("BERT has 24 layers and is trained on 16 GB of text.", BERT, "contradicted"),
        ("BERT has 12 layers and is trained on 16 MB of text.", BERT, "contradicted"),
        ("Paris is the capital of France.", BERT, "unsupported"),
    ],
)
def test_verdicts(claim: str, passage: str, verdict: str) -> None:
    assert check(claim, [passage]).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "passage", "reason"),
    [
        (
            "BERT 在输入数据中随机选择80%的词用于预测",
            "BERT 在输入数据中随机选择15%的词用于预测。",
            "数字不同:笔记是 15%,回答是 80%",
        ),
        ("BERT has 24 layers and is trained on 16 GB of text.", BERT, "different number: the notes say 12, the answer 24"),
        ("输出是 y = W*x - b。", "输出是 y = W*x + b。", "公式不同:笔记是 y=w*x+b,回答是 y=w*x-b"),
        ("GPT is an encoder and BERT is a decoder.", BERT, "“GPT” and “BERT” have changed places"),
        ("预热期间学习率从 0 线性减少到峰值。", RAFT, "意思相反:笔记是「增加」,回答是「减少」"),
        ("模型有两层编码器,全部参数被冻结。", RAFT, "说得太绝对:笔记是「部分」,回答是「全部」"),
    ],
)
def test_the_reason_names_what_differs(claim: str, passage: str, reason: str) -> None:
    found = check(claim, [passage])
    assert found.verdict != "supported"
    assert found.reason == reason


def test_what_is_supported_needs_no_reason() -> None:
    assert check("RNN 不能并行计算", [NOTE]).reason == ""


def test_a_verbatim_sentence_has_full_support_and_names_its_evidence() -> None:
    found = check("RNN 不能并行计算", [NOTE])
    assert (found.support, found.verdict, found.evidence) == (1.0, "supported", "RNN 不能并行计算")


def test_a_part_of_a_sentence_is_no_quotation_where_the_rest_turns_it_round() -> None:
    assert check("RNN 能并行计算", ["有人说 RNN 不能并行计算。"]).support < 1
    assert check("模型会发散", ["如果学习率过大,模型会发散。"]).support < 1
    assert check("模型有 5 层", ["模型有 1.5 层。"]).support < 1


words = st.lists(
    st.sampled_from(
        [
            "编码器",
            "解码器",
            "不",
            "需要",
            "15%",
            "三层",
            "快",
            "慢",
            "比",
            "导致",
            ",",
            "LN",
            "BN",
            "(",
            ")",
            "=",
            "x^2",
            "「",
            "」",
            "without",
            "all",
        ]
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(words, words)
def test_a_sentence_copied_from_the_passage_is_always_supported(one: list[str], two: list[str]) -> None:
    sentence, other = "模型 " + " ".join(one), "Text " + " ".join(two)
    found = check(sentence, [f"{other}。{sentence}。"])
    assert found.verdict in ("supported", "no-claim")
    assert found.verdict == "no-claim" or found.support == 1.0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_gives_a_support_between_0_and_1(claim: str, passage: str) -> None:
    assert 0.0 <= check(claim, [passage]).support <= 1.0


def test_faithfulness_is_the_share_of_supported_claims() -> None:
    result = verify("RNN 不能并行计算。量子计算机在低温下工作。", [NOTE])
    assert result.faithfulness == 0.5
    assert result.verdict == "unfaithful"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "抱歉,我不知道。",
        "I don't know.",
        "你好!希望这个回答对你有所帮助!",
        "笔记里没有写到这个问题。",
        "The notes do not mention it.",
        "是的。",
        "What do you mean?",
    ],
)
def test_an_answer_that_claims_nothing_has_no_faithfulness(answer: str) -> None:
    result = verify(answer, [NOTE])
    assert result.faithfulness is None
    assert result.verdict == "no-claim"


def test_an_answer_beside_the_topic_has_none() -> None:
    result = verify("The Nile flows through Egypt. 长城在北京北边。", [NOTE])
    assert result.faithfulness == 0.0
    assert result.verdict == "unfaithful"


def test_without_passages_nothing_is_supported() -> None:
    (found,) = verify("RNN 不能并行计算。", []).sentences
    assert (found.support, found.verdict, found.reason) == (0.0, "unsupported", "没有可以核对的内容")


def test_evidence_may_stand_in_two_passages() -> None:
    left, right = "LoRA 冻结预训练权重。", "Adapter 在每一层插入小网络。"
    claim = "LoRA 冻结预训练权重,而 Adapter 在每一层插入小网络。"
    assert check(claim, [left, right]).verdict == "supported"
    assert check(claim, [left]).support < check(claim, [left, right]).support


def test_scores_do_not_depend_on_order_or_on_what_was_checked_before() -> None:
    claims = [
        "BERT 选择 40% 的词。",
        "RNN 能并行计算。",
        "GPT is a decoder.",
        "模型有三层编码器。",
        "Transformer 的编码器可以并行计算。",
    ]
    passages = [NOTE, BERT, RAFT]
    first = {claim: check(claim, passages).support for claim in claims}
    for seed in range(5):
        Random(seed).shuffle(claims)
        assert {claim: check(claim, passages).support for claim in claims} == first


def test_ten_runs_from_nothing_in_batches_of_any_size_give_the_same() -> None:
    claims = ["BERT 选择 40% 的词。", "RNN 能并行计算。", "GPT is a decoder.", "模型有三层编码器。"]
    runs = []
    for run in range(10):
        parse.cache_clear()
        evidence.cache_clear()
        size = run % len(claims) + 1
        batches = [claims[start : start + size] for start in range(0, len(claims), size)]
        runs.append([item.support for batch in batches for item in verify("\n".join(batch), [NOTE, BERT, RAFT]).sentences])
    assert all(run == runs[0] for run in runs)
    assert len(runs[0]) == len(claims)


def test_the_order_of_contexts_and_sentences_does_not_matter() -> None:
    first = verify("RNN 不能并行计算。BERT 选择15%的词。", [NOTE, "别的内容。"])
    second = verify("BERT 选择15%的词。RNN 不能并行计算。", ["别的内容。", NOTE])
    assert first.faithfulness == second.faithfulness
    assert {(c.text, c.support) for c in first.sentences} == {(c.text, c.support) for c in second.sentences}


@pytest.mark.parametrize(
    "evil", ["a" * 50_000, "一" * 50_000, "1," * 25_000, "\n" * 50_000, "(" * 50_000, "不" * 20_000, "A、" * 20_000]
)
def test_hostile_text_takes_no_time(evil: str) -> None:
    started = time.process_time()
    verify(evil, ["x 12"])
    check("用 ReLU 替换 GeLU,共 12 层", [evil])
    assert time.process_time() - started < 10  # minutes, where a pattern was quadratic


# ---------------------------------------------------------------------------------------------- its parts


def test_marks_are_not_part_of_a_sentence_and_code_stays_whole() -> None:
    assert sentences("残差防止梯度消失 [1]。\n```\na = 1. b\n```") == ["残差防止梯度消失。", "```\na = 1. b\n```"]


def test_english_sentences_end_at_full_stops_that_shorten_nothing() -> None:
    assert sentences("Dr. Smith et al. proposed BERT. It has 12 layers, e.g. base. See U.S. law.") == [
        "Dr. Smith et al. proposed BERT.",
        "It has 12 layers, e.g. base.",
        "See U.S. law.",
    ]


def test_clauses_begin_where_a_comma_or_conjunction_sets_them_apart() -> None:
    text = "the encoder reads all tokens, but the decoder reads 1,000"
    assert [text[start:] for start in clauses(text)] == [text, " but the decoder reads 1,000"]


def test_a_line_that_leads_on_claims_nothing() -> None:
    assert claims_nothing("优点如下:")
    assert not claims_nothing("优点:收敛快。")


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("两层", 2, ""), ("二层", 2, ""), ("2 层", 2, ""), ("15%", 0.15, "share"), ("百分之十五", 0.15, "share"), ("一成", 0.1, "share"), ("三分之一", 1 / 3, "share"),
        ("80 厘米", 0.8, "metre"), ("18.6 亿元", 1.86e9, "yuan"), ("二〇一七年", 2017 * 12, "month"), ("an hour and ten minutes", 4200, "second"), ("twenty-one days", 21 * 86400, "second"),
        ("1,024 tokens", 1024, ""), ("10^{-5}", 1e-5, ""), ("1.5 billion", 1.5e9, ""), ("7b", 7e9, ""), ("晚上十点半", 22.5 * 3600, "clock"), ("22:30", 22.5 * 3600, "clock"), ("a quarter", 0.25, "share"),
        ("词频的 3/4 次方", 0.75, "share"), ("$20\\%$", 0.2, "share"), ("$d_k=64$", 64, ""), ("costs $5", 5, "dollar"),
    ],
)  # fmt: skip
def test_a_number_is_read_with_its_unit(text: str, value: float, dimension: str) -> None:
    (found,) = quantities(text)
    assert found.value == pytest.approx(value)
    assert found.dimension == dimension


@pytest.mark.parametrize("text", ["gpt-2 和 int8", "十分重要", "http/2", "x_1", "1. 第一项"[3:] and "统一"])
def test_a_digit_in_a_name_is_no_number(text: str) -> None:
    assert quantities(text) == ()


def test_a_replacement_the_wrong_way_round_is_told_from_the_right_one() -> None:
    assert contradiction("为什么要用ReLU去换掉GeLU?", "用GeLU替换ReLU激活函数") == "replacement"
    assert contradiction("为什么要用GeLU去换掉ReLU?", "用GeLU替换ReLU激活函数") == ""


@pytest.mark.parametrize("curve", list(CURVES))
def test_no_weight_goes_against_its_direction(curve: Curve) -> None:
    weights = load_weights(curve).weights
    assert all(weight * sign >= 0 for weight, sign in zip(weights, CURVES[curve].values(), strict=True) if sign)
    assert any(weights)


def test_the_weights_were_fitted_with_the_shipped_embedding_model_or_later_measured() -> None:
    record = json.loads((SHIPPED / "weights.json").read_text(encoding="utf-8"))
    assert set(record) == {"embedder", *CURVES}
    assert all(list(record[curve]["weights"]) == list(CURVES[curve]) for curve in CURVES)


def found_in(claim: str, passage: str) -> list[Fault]:
    """What ``claim`` says otherwise than ``passage``."""
    passages = evidence((passage,))
    alignment = align(claim, passages)
    assert alignment is not None
    return find(alignment, passages)


STEPS = """原始 Transformer 的 warmup 是 4000 步。
LLaMA 用 AdamW,warmup 2000 步,最终学习率为峰值的 10%。
BERT-base 为 12 层、隐藏维度 768。BERT-large 为 24 层、隐藏维度 1024。
编码器每层 2 个归一化,解码器每层 3 个归一化。SwiGLU 有三个矩阵。"""


@pytest.mark.parametrize(
    ("claim", "said", "found"),
    [
        ("LLaMA 训练时先做 4000 步 warmup。", "4000", "2000"),
        ("The warmup of LLaMA takes 4000 steps.", "4000", "2000"),
        ("BERT-large 的隐藏维度是 768。", "768", "1024"),
        ("编码器每层有 3 个归一化。", "3", "2"),
        ("SwiGLU 有两个矩阵。", "两", "三"),
    ],
)
def test_a_number_that_the_notes_give_for_something_else_is_found(claim: str, said: str, found: str) -> None:
    faults = [fault for fault in found_in(claim, STEPS) if fault.kind in NUMBERS]
    assert (said, found) in [(fault.said, fault.found) for fault in faults]
    assert max(fault.strength for fault in faults) > OWN


@pytest.mark.parametrize(
    "claim",
    [
        "LLaMA 训练时先做 2000 步 warmup。",
        "BERT-large 有 24 层,隐藏维度是 1024。",
        "解码器每层有 3 个归一化,编码器每层 2 个。",
        "BERT 有 base 和 large 两个版本。",
    ],
)
def test_a_number_in_its_place_is_no_fault(claim: str) -> None:
    assert not [fault for fault in found_in(claim, STEPS) if fault.kind in NUMBERS and fault.strength > OWN]


@pytest.mark.parametrize(
    ("claim", "passage", "said", "found"),
    [
        (
            "权重小意味着输入的小变化会引起输出的大变化。",
            "权重大意味着输入的小变化会引起输出的大变化。限制权重得到更平滑的函数。",
            "小",
            "大",
        ),
        (
            "统计局认为下降主要受春节错月影响。",
            "海关认为下降主要受春节错月影响。统计局没有表态。",
            "统计局",
            "海关",
        ),
        (
            "A semaphore is owned by the thread that locks it.",
            "A mutex is owned by the thread that locks it. A counting semaphore holds an integer.",
            "semaphore",
            "mutex",
        ),
        ("这种药会引起头痛和恶心的症状。", "这种药可能会引起头痛和恶心的症状。", "", "可能"),
    ],
)
def test_the_one_thing_that_was_changed_in_a_clause_is_found(claim: str, passage: str, said: str, found: str) -> None:
    assert [(fault.said, fault.found) for fault in found_in(claim, passage) if fault.kind == "edited"] == [(said, found)]
    assert check(claim, [passage]).support < check(claim.replace(said, found) if said else passage, [passage]).support


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("线粒体由 2 层膜包围着外面的基质。", "线粒体由双层膜包围着外面的基质。"),
        ("它在输入数据中随机选择15%的词。", "BERT 在输入数据中随机选择15%的词。"),
        ("Plants take up water and minerals by the roots.", "The plants took up water and minerals by the roots."),
        ("权重大意味着函数弯曲剧烈。", "权重小意味着函数平滑。权重大意味着函数弯曲得剧烈。"),
    ],
)
def test_another_spelling_or_a_pronoun_is_no_change(claim: str, passage: str) -> None:
    assert not [fault for fault in found_in(claim, passage) if fault.kind == "edited"]


def test_a_denial_that_was_put_in_is_a_denial() -> None:
    passage = "Plain VACUUM does not return space to the operating system in most cases."
    claim = "Plain VACUUM does return space to the operating system in most cases."
    assert check(claim, [passage]).verdict == "contradicted"
    assert "negation" in [fault.kind for fault in found_in(claim, passage)]


def test_a_claim_rests_on_the_sentence_that_has_its_number() -> None:
    passage = (
        "大模型几乎都用子词分词,区别在算法和词表的大小。Llama 3 的词表换了。\n\n| BERT-base-Chinese | WordPiece | 词表 21128 |"
    )
    found = check("词表有 21128 个。", [passage], curve="told")
    assert found.verdict == "supported"
    assert "21128" in found.evidence


def test_a_digit_of_another_thing_is_not_the_number() -> None:
    faults = found_in("头数翻倍会让参数量增加到原来的 8 倍。", "LLaMA 有 8 个头。头数增加时参数量基本不变。")
    assert [fault for fault in faults if fault.kind in NUMBERS and fault.strength > OWN]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"$1-\beta^t$", "1-β^t"),
        (r"$100\times100$", "100×100"),
        (r"$\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$", "softmax(QK^T/√d_k)V"),
        (r"$d_{ff}=4d_{model}$", "d_ff = 4d_model"),
        (r"$a\le b^2$", "a ≤ b²"),
        (r"$p=10^{-6}$", "p=10⁻⁶"),
    ],
)
def test_a_formula_has_one_spelling(one: str, other: str) -> None:
    assert formulas(one) == formulas(other) == [symbols(other)]


def test_prose_beside_a_number_is_no_formula() -> None:
    assert formulas("with 12 micro-batches, raised to the 3/4 power") == []


def test_a_raised_digit_is_a_power() -> None:
    assert [found.value for found in parse("概率只有 10⁻⁶").quantities] == [1e-6]
    assert [found.value for found in parse("从 O(n²) 到 O(n)").quantities] == []


def test_parts_in_words_are_shares() -> None:
    values = [parse(text).quantities[0].value for text in ("one fifth of it", "three quarters", "two-thirds", "一半")]
    assert values == pytest.approx([0.2, 0.75, 2 / 3, 0.5])


def test_what_a_model_told_is_looked_for_in_one_place() -> None:
    passage = "LoRA 冻结预训练权重,只训练两个低秩矩阵。推理时把它们合并进原来的权重,不增加延迟。"
    true = "推理时可以把低秩矩阵并回原权重,所以没有额外的延迟。"
    scattered = "LoRA 要求预训练数据来自同一位作者,推理时权重不能超过显存的一半。"
    assert check(true, [passage], curve="told").support > 0.5 > check(scattered, [passage], curve="told").support


def test_what_the_passage_contradicts_is_judged_as_usual_even_if_a_model_told_it() -> None:
    for claim in ("RNN 能并行计算。", "ChatGLM 用ReLU替换GeLU激活函数。"):
        found = check(claim, [NOTE], curve="told")
        assert (found.verdict, found.support) == ("contradicted", check(claim, [NOTE]).support)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load_weights(folder=tmp_path)
    data = (SHIPPED / "weights.json").read_bytes()
    (tmp_path / "SHA256SUMS").write_bytes((SHIPPED / "SHA256SUMS").read_bytes())
    (tmp_path / "weights.json").write_bytes(data.replace(b"bias", b"bios"))
    load_weights.cache_clear()
    with pytest.raises(ModelError, match="not the file that SHA256SUMS names"):
        load_weights(folder=tmp_path)


def test_a_judge_gives_the_support_and_the_reason_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class No:
        def support(self, claim: str, contexts: object) -> float:
            return 0.01

    found = check("BERT 选择 15% 的词用于预测。", [NOTE], judge=No())  # type: ignore[arg-type]
    assert (found.support, found.verdict) == (0.01, "unsupported")
    assert found.reason


def test_a_cross_encoder_judges(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", exc_type=ImportError)
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    from rag.judge import Judge

    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *["##a", "##b", "##c", "##e"]])
    )
    tokenizer = BertTokenizerFast(vocab_file=str(vocabulary))
    names = {3: {0: "contradiction", 1: "entailment", 2: "neutral"}, 1: {0: "LABEL_0"}}
    for labels in (3, 1):
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            num_labels=labels,
            id2label=names[labels],
        )
        BertForSequenceClassification(config).save_pretrained(tmp_path / str(labels))
        tokenizer.save_pretrained(tmp_path / str(labels))
        judge = Judge(str(tmp_path / str(labels)))
        score = judge.support("a b", ["c d", "e"])
        assert 0.0 < score < 1.0
        assert score == pytest.approx(max(judge.support("a b", [c]) for c in ("c d", "e", "c d\ne")), abs=1e-5)
        assert judge.support("a b", []) == 0.0
    with pytest.raises(ModelError, match="cannot be loaded"):
        Judge(str(tmp_path / "none"))


def test_without_the_extra_a_judge_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.judge import Judge, load_judge

    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match="models"):
        Judge("some/model")
    assert load_judge("") is None
