"""A cross-encoder as judge of support, for whoever configures one: any sentence-transformers ``CrossEncoder``, by name or folder.

A model with three labels is taken for natural language inference (the chance of its "entailment" counts), one with a single
label for a score of consistency or relevance (its sigmoid). Passages go in as premise, the claim as hypothesis; the best passage
counts, and all together where they fit. Needs the extra ``models``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

_JOINED = 2000
"""Characters up to which all passages are also judged as one."""


def load_judge(name: str) -> Judge | None:
    """The judge of the setting ``verifier_model``; ``None`` where none is set."""
    return Judge(name) if name else None


class Judge:
    """Loads the model once. Raises ``MissingExtra("models")`` without sentence-transformers, ``ModelError`` for a bad model."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import CrossEncoder
        except ImportError as exc:
            raise MissingExtra("models", f"the verifier model {name!r}") from exc
        try:
            self._model: Any = CrossEncoder(name, trust_remote_code=False)
            labels = {int(number): str(label).lower() for number, label in self._model.model.config.id2label.items()}
        except Exception as exc:  # whatever the model's parts raise
            raise ModelError(f"{name}: the model cannot be loaded ({str(exc).splitlines()[0] if str(exc) else exc!r})") from exc
        if len(labels) not in (1, 2, 3):
            raise ModelError(f"{name}: {len(labels)} labels; a judge has one (a score), two or three (entailment)")
        wanted = ("entail", "support", "consistent") + (("label_1",) if len(labels) == 2 else ())
        named = [number for number, label in labels.items() if label.startswith(wanted)]
        if len(labels) > 1 and not named:
            raise ModelError(f"{name}: none of its labels {sorted(labels.values())} says entailment")
        self._entails = named[0] if len(labels) > 1 else -1

    def support(self, claim: str, contexts: Sequence[str]) -> float:
        """The chance, 0..1, that one of ``contexts``, or all of them together, supports ``claim``; 0 for none."""
        import numpy as np

        premises = [context for context in contexts if context.strip()]
        if len(premises) > 1 and sum(map(len, premises)) <= _JOINED:
            premises.append("\n".join(premises))
        if not premises:
            return 0.0
        pairs = [(premise, claim) for premise in premises]
        raw = np.asarray(self._model.predict(pairs, activation_fn=_identity(), show_progress_bar=False), dtype=np.float64)
        if self._entails < 0:
            chances = 1 / (1 + np.exp(-np.clip(raw.reshape(len(premises)), -50, 50)))
        else:
            powers = np.exp(raw - raw.max(axis=1, keepdims=True))
            chances = powers[:, self._entails] / powers.sum(axis=1)
        return float(chances.max())


def _identity() -> Any:
    from torch.nn import Identity

    return Identity()
