"""A small library of two notes, one with holes, built once by the real build line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library

NORMS = """# 归一化

## BN 和 LN 有什么区别?

BN 在一个批次内对每个特征做归一化,LN 在单个样本内对所有特征做归一化。

文本长度不一,所以 Transformer 用 LN。

## BN 有什么优点?

1. 加速收敛:每层输入的分布更稳定。
2. 对初始权重不那么敏感。

## RMSNorm 的公式是什么?

RMSNorm 只除以均方根:

$$
y = x / \\sqrt{mean(x^2) + eps}
$$

## 写一下 LayerNorm 的代码

下面是 numpy 的实现。

```python
def layer_norm(x, eps=1e-5):
    # 减均值,除以标准差
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps)
```

## GroupNorm 是怎么做的?

"""
MODELS = """# 模型

## ChatGLM 作出的改进

1. 重新排列了层归一化和残差连接的顺序。
2. 用 GeLU 替换 ReLU 激活函数。

## LLaMA 作出的改进

1. 归一化由 LN 改为 RMSNorm。
2. 用 SwiGLU 替代 ReLU。

## 模型并行

模型并行把一个大的模型分到多个计算单元上,优点是能训练大规模的模型,缺点是通信开销大。

## 数据并行

数据并行把数据分到多个计算单元上,优点是能处理大规模的数据集,缺点是每个单元都要放下整个模型。

## seq2seq 的输出是串行还是并行?

seq2seq 的输出是串行生成的,每一步都依赖前面已经生成的词。
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("notes")
    (folder / "norms.md").write_text(NORMS, encoding="utf-8")
    (folder / "models.md").write_text(MODELS, encoding="utf-8")
    settings = Settings(library=str(tmp_path_factory.mktemp("library")))
    summary = build([folder], settings)
    assert summary.documents == 2
    assert not summary.skipped
    with Library.open(settings.library_folder, settings) as opened:
        yield opened
