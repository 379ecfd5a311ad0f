"""Build a tokenizer from text: words and pieces by count, as one Unigram vocabulary.

Decisions:

- Runs of Chinese characters, Latin words, single digits and single symbols are split first, so no token crosses from one to
  another. Text is folded (NFKC, lower case, no accents) as the program folds it.
- Chinese words are those that a Unigram model finds in the text (SentencePiece's method, in ``tokenizers``), Latin pieces those
  of byte-pair merging, which keeps whole common words. Every Chinese character that occurs is a token too: nothing Chinese is
  unknown.
- Put together, every token gets the logarithm of its share as a score; a segmentation is then the likeliest row of words.

The vocabulary that ships was counted the same way from ``corpus.txt``, its Chinese words cut with jieba; this module rebuilds
one for other text.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from ingest.lexical import simplified

if TYPE_CHECKING:
    from collections.abc import Iterable

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 512
"""Tokens of a text that are read."""
_HAN = r"[\u3400-\u9fff]+"
_PARTS = _HAN + r"|[a-z]+|[0-9]|[^\s\u3400-\u9fffa-z0-9]"


def build_tokenizer(texts: Iterable[str], *, words: int = 15_000, pieces: int = 11_500) -> Any:
    """A ``tokenizers.Tokenizer`` with up to ``words`` Chinese words, ``pieces`` Latin pieces, and every single character seen."""
    from tokenizers import Regex as Pattern
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    fold = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.Replace(Pattern(r"\s+"), " ")]
    )
    split = pre_tokenizers.Sequence([pre_tokenizers.Split(Pattern(_PARTS), "isolated"), pre_tokenizers.WhitespaceSplit()])
    parts: Counter[str] = Counter()
    for text in texts:
        parts.update(part for part, _ in split.pre_tokenize_str(fold.normalize_str(simplified(text))))
    han = Counter({part: count for part, count in parts.items() if "\u3400" <= part[0] <= "\u9fff"})
    latin = Counter({part: count for part, count in parts.items() if part[0].isascii() and part[0].isalpha()})

    chinese = Tokenizer(models.Unigram())
    unigram = trainers.UnigramTrainer(vocab_size=max(words, 1), unk_token="[UNK]", special_tokens=["[UNK]"], show_progress=False)
    chinese.train_from_iterator(_repeat(han), unigram)
    english = Tokenizer(models.BPE())
    english.train_from_iterator(_repeat(latin), trainers.BpeTrainer(vocab_size=max(pieces, 1), show_progress=False))

    counts: Counter[str] = Counter()
    for part, count in parts.items():
        counts.update(dict.fromkeys(part, 0))  # every character is a token, if only as a fall-back
        if part in han:
            _count(counts, chinese, part, count)
        elif part in latin:
            _count(counts, english, part, count)
        else:
            counts[part] += count
    total = sum(counts.values()) + len(counts)
    scored = [(token, math.log((count + 0.5) / total)) for token, count in counts.most_common() if token not in SPECIAL]
    tokenizer = Tokenizer(models.Unigram([(token, 0.0) for token in SPECIAL] + scored, unk_id=1, byte_fallback=False))
    tokenizer.normalizer = fold
    tokenizer.pre_tokenizer = split
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def _repeat(counts: Counter[str]) -> list[str]:
    """Each part about as often as it occurs, thinned by the logarithm: the trainers take texts, not counts."""
    return [part for part, count in sorted(counts.items()) for _ in range(1 + int(math.log2(count)))]


def _count(counts: Counter[str], tokenizer: Any, part: str, count: int) -> None:
    for token in tokenizer.encode(part).tokens:
        if token and token not in SPECIAL:
            counts[token] += count
