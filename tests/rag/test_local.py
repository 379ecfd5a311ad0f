"""A local transformers model that really runs: tiny, random, made here; with its tokenizer and chat template."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ingest.errors import ModelError
from ingest.settings import Settings
from rag.answer import ask
from rag.generate import load_model
from rag.speak import End, speak
from rag.types import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.store import Library

pytest.importorskip("langchain_huggingface", reason="the extra 'hf' is not installed")
transformers = pytest.importorskip("transformers", reason="the extra 'hf' is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # those of torch and transformers about themselves


def made(folder: Path, *, template: bool = True) -> str:
    """A model of two layers over single characters, whose end-of-text token is unlikely."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(set("".join(chr(i) for i in range(32, 127)) + "。，？归一化笔记在个特征单样本内对所有做批次每\n"))
    vocabulary = {token: number for number, token in enumerate(["<unk>", "<end>", *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>", pad_token="<end>"
    )
    if template:
        fast.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16384,
        eos_token_id=1,
        pad_token_id=1,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("tiny"))


def test_it_speaks_token_by_token_and_stops_when_nobody_listens(folder: str) -> None:
    from langchain_core.messages import HumanMessage

    model = load_model(Settings(model=f"hf:{folder}", model_timeout=60))
    assert model is not None
    model.most_tokens = 5000  # type: ignore[attr-defined]  # some minutes, if it were not stopped
    pieces = speak(model, [HumanMessage("BN?")])
    heard = "".join(str(next(pieces)) for _ in range(20))
    assert heard
    pieces.close()
    began = time.monotonic()
    model.most_tokens = 4  # type: ignore[attr-defined]
    again = list(speak(model, [HumanMessage("BN?")]))  # waits for its turn: the first has to end
    assert time.monotonic() - began < 20
    assert isinstance(again[-1], End)
    assert len("".join(str(piece) for piece in again[:-1])) <= 4


def test_what_a_random_model_writes_is_not_shown(folder: str, library: Library) -> None:
    model = load_model(Settings(model=f"hf:{folder}", model_timeout=60))
    assert model is not None
    model.most_tokens = 60  # type: ignore[attr-defined]
    answer = ask("BN 和 LN 有什么区别?", library, model=model)
    assert isinstance(answer, Answer)
    plain = ask("BN 和 LN 有什么区别?", library)
    assert answer.sentences == plain.sentences
    assert answer.notice.endswith("这里是笔记原文。")


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no chat template"):
        load_model(Settings(model=f"hf:{made(tmp_path / 'base', template=False)}"))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(Settings(model=f"hf:{tmp_path / 'nothing'}"))
