"""Write a transformer and its cross-encoder as ONNX with int8 weights: a folder that ``ingest/embed_onnx.py`` loads.

PyTorch's exporter writes the graph (text and batch of any length), onnxruntime quantises its weights; the folder is sealed with
the checksums of its files, as the static one is.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra
from ingest.train.loop import need_torch
from ingest.train.pack import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

EMBEDDER, RANKER = "model.onnx", "reranker.onnx"


def export(folder: Path, encoder: Any, ranker: Any, tokenizer: Any, *, card: str = "") -> str:
    """Write the folder, made if need be, and return the SHA-256 of the encoder's weights. Raises ``MissingExtra("onnx")``."""
    torch = need_torch()
    folder.mkdir(parents=True, exist_ok=True)
    ids, mask, kinds = (torch.full((2, 8), value) for value in (5, 1, 0))  # three tensors: one given twice is taken for one

    class Vectors(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Ids of one text a row → unit vectors."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            from ingest.train.transformer.stages import embed

            return torch.nn.functional.normalize(embed(self.encoder, input_ids, attention_mask))

    class Scores(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Ids of a question and a text → how well they fit, 0..1."""

        def __init__(self) -> None:
            super().__init__()
            self.ranker = ranker

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            said = self.ranker(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            return said.logits.squeeze(-1).sigmoid()

    _write(Vectors(), (ids, mask), folder / EMBEDDER, ("input_ids", "attention_mask"))
    _write(Scores(), (ids, mask, kinds), folder / RANKER, ("input_ids", "attention_mask", "token_type_ids"))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "README.md").write_text(card, encoding="utf-8")
    return seal(folder, files=(EMBEDDER, RANKER, "README.md", "tokenizer.json"))[EMBEDDER]


def _write(module: Any, example: Sequence[Any], file: Path, inputs: Sequence[str]) -> None:
    torch = need_torch()
    try:
        import onnxscript  # noqa: F401
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as exc:
        raise MissingExtra("onnx", "writing an ONNX model") from exc
    sizes = {name: {0: "texts", 1: "tokens"} for name in inputs}
    logging.getLogger().addFilter(lambda record: "pre-processing before quantization" not in record.getMessage())
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes to its own authors
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            module.eval(), tuple(example), str(whole), input_names=list(inputs), output_names=["out"],
            dynamic_shapes=sizes, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
        quantize_dynamic(str(whole), str(file), weight_type=QuantType.QInt8)
