"""Rephrase headings by rule, so that the model meets questions as people type them: whole, short, colloquial, misspelt.

All of it was written for this recipe; none comes from a data set. Traditional characters need no variant here: the program
turns all text to Simplified before the model sees it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ingest.train.terms import Terms


def _table(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for line in text.strip().split("\n") for part in line.split(" | "))


_QUESTIONS = _table("""
什么是{}？ | {}是什么？ | {}是什么意思 | {}指的是什么？ | {}是怎么回事？ | {}有什么用？ | {}的作用是什么？
为什么需要{}？ | 为什么要用{} | {}怎么用？ | 如何使用{}？ | 怎么理解{}？ | 请解释一下{} | 介绍一下{} | 讲讲{}
说说{}的原理 | {}的原理是什么？ | {}是怎么实现的？ | {}具体怎么做？ | {}有哪些优缺点？ | {}有什么特点？
关于{}，需要注意什么？ | {}解决了什么问题？ | 我想了解{} | 能不能说一下{}？ | {}一般怎么处理？
""")
_QUESTIONS_SPOKEN = _table("""
{}是啥 | 啥是{} | {}是干嘛的 | {}是干啥用的啊 | {}有啥用 | {}咋用 | {}怎么弄 | {}咋回事 | {}到底是个啥 | 为啥要{}
{}为啥要有 | {}咋理解 | {}怎么搞 | {}说白了是什么 | 讲下{}呗 | {}图什么 | {}靠什么做到的 | {}好在哪 | {}有啥坑
简单说说{}
""")
_QUESTIONS_EN = _table("""
What is {}? | what does {} mean | How does {} work? | How do I use {}? | How to {}? | Why use {}? | Why do we need {}?
Explain {} | What is the purpose of {}? | Can you tell me about {}? | when should I use {}
What are the benefits of {}?
""")
_SPOKEN = [
    one.split()
    for one in _table("""
为什么 为啥 咋 怎么 凭什么 干嘛 | 什么时候 啥时候 几时 | 什么 啥 什么东西 啥玩意 | 如何 怎么 咋 怎样
怎么 咋 咋个 如何 | 怎样 咋样 怎么 | 作用 用处 用途 干嘛用的 | 区别 不一样的地方 差别 差在哪 有啥不同
优点 好处 长处 好在哪 | 缺点 坏处 毛病 不好的地方 代价 | 优势 好处 强在哪 | 劣势 短板 弱点
原理 怎么工作的 背后的道理 | 方法 办法 招 手段 路子 | 使用 用 拿来用 | 进行 做 搞 | 提高 提升 变得更高 拉高
降低 减少 压低 变小 | 速度 快慢 速率 | 缓慢 慢 慢吞吞 | 性能 表现 效果 | 导致 造成 引起 让 | 是否 会不会 是不是 要不要
可以 能 能够 | 需要 要 得 | 选择 挑 选 | 问题 毛病 麻烦 | 步骤 流程 几步 先后 | 组成 构成 由哪些部件拼成
包括 有哪些 包含 | 避免 防止 免得 | 解决 搞定 处理 应对 | 实现 做到 写出来 | 参数 权重 可调的数 | 增加 变多 加大 增多
减少 变少 缩小 降下来 | 删除 删掉 去掉 | 创建 新建 建一个 | 安装 装 装上 | 配置 设置 设定 | 存储 保存 存放 存
输出 吐出 给出 生成 | 输入 喂进去的 送进去的 给进去的 | 计算 算 算出 | 占用 吃 耗费 | 很多 一大堆 大量
""")
]
"""A written word, then what people say for it."""
_TAILS = ("啊", "呢", "呀", "吗", "来着", "？", "?", "")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ASKED = re.compile(
    r"[？?吗呢]\s*$|什么|怎么|怎样|如何|为何|是否|哪|多少|几|^(?:what|how|why|when|where|which|who|is|are|can|do|does|should)\b",
    re.I,
)
_STEPS = re.compile(r"^[\d.、\s]+")


def question(text: str, rng: np.random.Generator, terms: Terms | None = None) -> str:
    """A heading as one might ask for it; often the heading itself.

    15 % have a term renamed (where there is one), 40 % become a question, 12 % lose words, 6 % get a slip; then 15 % of the
    Chinese ones are said colloquially.
    """
    text = _STEPS.sub("", text) or text
    chinese = _HAN.search(text) is not None
    if terms is not None and rng.random() < 0.15:
        text = terms.rename(text, rng)
    chance = rng.random()
    if chance < 0.40:
        text = _ask(text, rng, chinese=chinese)
    elif chance < 0.52:
        text = _shorten(text, rng, chinese=chinese)
    elif chance < 0.58:
        text = slip(text, rng)
    if chinese and rng.random() < 0.15:
        text = spoken(text, rng)
    return text


def spoken(text: str, rng: np.random.Generator) -> str:
    """Written Chinese as it is spoken: up to two words exchanged, perhaps a particle at the end."""
    found = [words for words in _SPOKEN if words[0] in text]
    for i in rng.permutation(len(found))[:2]:
        word, *others = found[int(i)]
        text = text.replace(word, others[int(rng.integers(len(others)))], 1)
    return text.rstrip("？?。") + _TAILS[int(rng.integers(len(_TAILS)))]


def slip(text: str, rng: np.random.Generator) -> str:
    """A typing slip: one character lost, or exchanged with the next. Texts under four characters stay."""
    if len(text) < 4:
        return text
    at = int(rng.integers(len(text) - 1))
    return text[:at] + (text[at + 1 :] if rng.random() < 0.5 else text[at + 1] + text[at] + text[at + 2 :])


def _ask(text: str, rng: np.random.Generator, *, chinese: bool) -> str:
    if len(text) > 40 or _ASKED.search(text):
        return text
    templates = _QUESTIONS_EN if not chinese else _QUESTIONS_SPOKEN if rng.random() < 0.35 else _QUESTIONS
    return templates[int(rng.integers(len(templates)))].replace("{}", text)


def _shorten(text: str, rng: np.random.Generator, *, chinese: bool) -> str:
    parts = re.findall(r"[\u3400-\u9fff]{1,4}|[^\u3400-\u9fff\s]+", text) if chinese else text.split()
    if len(parts) < 3:
        return text
    kept = [part for part in parts if rng.random() < 0.6] or parts
    return " ".join(kept)
