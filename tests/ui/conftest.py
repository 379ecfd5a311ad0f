"""A small library, and servers on free ports of this machine."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.settings import Settings
from rag.footnote import Footnote
from ui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from starlette.types import ASGIApp

NORMS = """# 归一化

## BN 和 LN 有什么区别?

BN 在一个批次内对每个特征做归一化,LN 在单个样本内对所有特征做归一化。

文本长度不一,所以 Transformer 用 LN。

## RMSNorm 的公式是什么?

RMSNorm 只除以均方根:

$$
y = x / \\sqrt{mean(x^2) + eps}
$$

## GroupNorm 是怎么做的?

"""
MODELS = """# 模型

## LLaMA 作出的改进

1. 归一化由 LN 改为 RMSNorm。
2. 用 SwiGLU 替代 ReLU。

## 数据并行

数据并行把数据分到多个计算单元上,优点是能处理大规模的数据集,缺点是每个单元都要放下整个模型。
"""


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("two-notes")
    (folder / "norms.md").write_text(NORMS, encoding="utf-8")
    (folder / "models.md").write_text(MODELS, encoding="utf-8")
    library: Path = tmp_path_factory.mktemp("built") / "library"
    build([folder], Settings(library=str(library)))
    return library


@pytest.fixture
def settings(_built: Path, tmp_path: Path) -> Settings:
    """Settings of a library of two notes, which the test may change."""
    return Settings(library=str(shutil.copytree(_built, tmp_path / "library")), max_file_bytes=100_000)


@pytest.fixture
def notes(settings: Settings) -> Iterator[Footnote]:
    with Footnote(settings) as opened:
        yield opened


@pytest.fixture
def serving() -> Callable[[ASGIApp], AbstractContextManager[str]]:
    """``with serving(app) as url``: the application on a free port."""

    @contextmanager
    def serve(app: ASGIApp) -> Iterator[str]:
        server = Server(app, host="127.0.0.1", port=0)
        try:
            yield server.url
        finally:
            server.close()

    return serve
