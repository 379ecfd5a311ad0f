"""Write a model folder: what ``ingest/embed.py`` and sentence-transformers both load, with the checksums of its files.

``float16`` is the table as it is. ``int8`` holds ``embeddings`` (int8 rows) and ``weights`` (one float32 a row), the layout that
sentence-transformers folds back for model2vec's quantised models: half the size, at an error of one part in 254 of a row's
largest value.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["float16", "int8"]
FILES = (
    "1_Normalize/config.json",
    "README.md",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "tokenizer.json",
)


def pack(folder: Path, table: NDArray[np.float32], tokenizer: Any, *, kind: Kind = "float16", card: str = "") -> str:
    """Write the folder, made if need be, and return the SHA-256 of the weights."""
    import numpy as np
    from safetensors.numpy import save

    (folder / "1_Normalize").mkdir(parents=True, exist_ok=True)
    tensors = {"embedding.weight": table.astype(np.float16)} if kind == "float16" else quantize(table)
    (folder / "model.safetensors").write_bytes(save(tensors))
    tokenizer.save(str(folder / "tokenizer.json"))
    module = "sentence_transformers.models."
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{module}StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{module}Normalize"},
    ]
    config = {"model_type": "SentenceTransformer", "prompts": {"query": "", "document": ""}, "similarity_fn_name": "cosine"}
    _json(folder / "modules.json", modules)
    _json(folder / "config_sentence_transformers.json", config | {"default_prompt_name": None})
    _json(
        folder / "1_Normalize" / "config.json", dict.fromkeys(("module_input_name", "module_output_name"), "sentence_embedding")
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    return seal(folder)["model.safetensors"]


def seal(folder: Path, files: Sequence[str] = FILES) -> dict[str, str]:
    """Write ``SHA256SUMS`` over ``files`` of the folder; returns the SHA-256 of each."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()), encoding="ascii")
    return sums


def quantize(table: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """A table as int8 rows, each with the factor that gives it back."""
    import numpy as np

    factors = np.abs(table).max(axis=1) / 127
    safe = np.where(factors > 0, factors, 1)
    return {"embeddings": np.rint(table / safe[:, None]).astype(np.int8), "weights": factors.astype(np.float32)}


def beside(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Two tables of one vocabulary as one of both widths: a cosine then weighs what either model says.

    Both are brought to the same mean square first. Models from different starts err on different questions.
    """
    import numpy as np

    return np.hstack([table / np.sqrt(np.mean(np.square(table))) for table in (first, second)]).astype(np.float32)


def _json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
