"""Loose signs of a fault: each is nought for the evidence's own words and rises with what it is named for."""

import pytest

from rag.contrast import SIGNS, signs
from rag.evidence import align, evidence
from rag.fault import Clauses
from rag.rivals import SIGNS as RIVALS
from rag.rivals import rivals


def _seen(claim: str, *passages: str) -> dict[str, float]:
    alignment = align(claim, evidence(passages))
    assert alignment is not None
    clauses = Clauses(alignment)
    return signs(alignment, clauses) | rivals(alignment, clauses)


@pytest.mark.parametrize(
    ("sign", "claim", "passage"),
    [
        ("odd negation", "缓存以后结果会变化。", "缓存以后结果不会变化。"),
        ("crossed", "它保留了循环和卷积。", "它去掉了循环和卷积。"),
        ("crossed", "The city council approved the plan.", "The city council rejected the plan."),
        ("condition lost", "乘客可以免费乘坐地铁。", "只有持市民卡时,乘客可以免费乘坐地铁。"),
        ("hedge lost", "大学习率使训练发散。", "大学习率可能使训练发散。"),
        ("part lost", "县城路段积水。", "县城部分路段积水。"),
        ("whole added", "所有路段都积水。", "县城路段积水。"),
        ("hedge hardened", "Heads are always pruned without loss.", "Heads can often be pruned without loss."),
        ("scattered", "登录页面由研发部门负责修复。", "登录页面本周提测。支付超时由研发部门负责修复。"),
        ("changed places", "RDB 恢复较慢,而 AOF 恢复很快速。", "RDB 文件紧凑且恢复很快速。AOF 文件较大且恢复较慢。"),
        ("number apart", "东部种群寿命 8 个月。", "西部种群寿命 8 个月。东部种群寿命 6 个月。"),
        ("odd symbol", "矩阵的秩不超过 d_{model}。", "矩阵的秩不超过 d_k。"),
        ("rival", "PostgreSQL 的默认级别是可重复读。", "MySQL 的默认级别是可重复读。PostgreSQL 不同。"),
        ("rival told too", "MySQL 默认是可重复读级别,PostgreSQL 没有缓存。", "PostgreSQL 默认是可重复读级别,MySQL 没有缓存。"),
        ("rival number", "铅酸电池整车不超过 55 公斤。", "铅酸电池整车不超过 63 公斤。其他类型电池的不超过 55 公斤。"),
    ],
)
def test_a_sign_is_seen_where_it_is_and_not_in_the_passage_itself(sign: str, claim: str, passage: str) -> None:
    assert _seen(claim, passage)[sign] > 0.1
    assert _seen(passage, passage)[sign] == 0.0


def test_every_sign_has_a_value_between_0_and_1() -> None:
    seen = _seen(
        "Xavier goes with ReLU 12, 从不 y=x^2。", "tanh 网络用 Xavier 初始化,ReLU 网络用 He 初始化。", "y = x^3,共 13 层"
    )
    assert set(seen) == {*SIGNS, *RIVALS}
    assert all(0.0 <= value <= 1.0 for value in seen.values())


def test_a_claim_of_numbers_alone_has_no_signs() -> None:
    assert set(_seen("12", "共 12 层。").values()) == {0.0}
