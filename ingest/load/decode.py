r"""Bytes to text: which encoding a note is in, and what must not stand in it.

Strict UTF-8 first: text in another encoding practically never passes it. What is left is decided by evidence. The
candidates that Chinese users have (GB18030, Big5, UTF-16 without a mark) are decoded and scored by how many of their
characters are common ones: GB2312 and Big5 both put their frequent characters into a first level, so the two codecs
are the frequency table and no list of words is carried. The byte pairs of one encoding, read in another, fall outside
that level; this also settles files of a few bytes, where statistics over bytes fail (the GBK bytes C1 AA CD A8 are
"联通", and no Big5 text). What none of these explains (Cyrillic, Western, Japanese, ... code pages) is given to
charset-normalizer; what it cannot explain either is refused, as is what looks binary.

A file cut within a character, or with a few damaged bytes, is still read; each damaged place becomes U+FFFD.

The text is then kept to the letter: no Unicode normalisation (search folds its own copy). :func:`plain` only makes
newlines ``\n`` and takes out what no reader can see but a program may obey: NUL and other control characters, byte
order marks, lone surrogates, bidirectional overrides (they make text read other than it is) and tag characters (they
carry hidden instructions). VT, FF and NEL become a space, so that words do not run together.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from ingest.errors import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_SAMPLE = 1 << 16
"""Bytes that are looked at; a multiple of 4, so that no UTF-16 unit is cut."""
_DAMAGE = 0.02
"""Share of characters that may be damaged in an encoding that is otherwise right."""
_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起"
    "还发成事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长這來個國說們為時會學對後過還發當開經頭從動兩長與問機點實現"
)
_PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》【】「」『』〈〉—…·～　％＋－＝／０１２３４５６７８９")
_OTHER = (
    "cp1252", "cp1251", "koi8_r", "cp866", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
    "cp932", "euc_jp", "cp949", "big5hkscs", "gb18030",
)  # fmt: skip

_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]+")
_BLANK = re.compile("[\x0b\x0c\x85]")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1a\x1b")) + b"\x7f"


def decode(data: bytes, path: str, *, declared: str | None = None) -> str:
    """The text of a file, :func:`plain`; ``declared`` is the encoding that the file itself names, believed if it fits.

    Raises ``UnreadableFile`` (for ``path``) where the bytes are no text or their encoding is not known.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark) and (text := _nearly(data[len(mark) :], encoding)) is not None:
            return plain(text)
    text = _nearly(data, "utf-8")
    if b"\0" in data or (text is None and not _chinese(data)):
        wide = _wide(data)
        if wide:
            return plain(data.decode(wide, "replace"))
    if _controls(data) > (0.02 if text is None else 0.3):
        raise UnreadableFile(path, "looks binary, not like text")
    if text is not None:
        return plain(text)
    if declared and (codec := _known(declared)) and (text := _nearly(data, codec)) is not None:
        return plain(text)
    found = _chinese(data) or _other(data)
    if found is None:
        raise UnreadableFile(path, "its encoding is not known; save it as UTF-8")
    return plain(data.decode(found, "replace"))


def plain(text: str) -> str:
    r"""``text`` with ``\n`` for every newline and without the characters that nobody sees (see above)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", _BLANK.sub(" ", text))


def _nearly(data: bytes, codec: str) -> str | None:
    """``data`` in ``codec`` if it is that, but for a character cut at the end or a little damage; else ``None``."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        pass
    text = data[:_SAMPLE].decode(codec, "replace").removesuffix("\ufffd")
    coded = sum(not character.isascii() for character in text)
    damaged = text.count("\ufffd")
    return data.decode(codec, "replace") if coded > 1 and damaged <= coded * _DAMAGE else None


def _controls(data: bytes) -> float:
    sample = data[:_SAMPLE]
    return (len(sample) - len(sample.translate(None, _CONTROL))) / max(len(sample), 1)


def _known(label: str) -> str | None:
    """The Python codec that a label in a web page means; none for codecs that are no character encodings."""
    label = label.strip().lower().replace("_", "-")
    if label in ("gb2312", "gbk", "gb18030", "x-gbk", "gb-2312-80", "csgb2312", "cp936", "hz-gb-2312"):
        return "gb18030"
    if label in ("big5", "big5-hkscs", "cn-big5", "x-x-big5", "csbig5"):
        return "big5hkscs"
    if label in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):
        return "cp1252"
    if re.fullmatch(r"(windows-125\d|iso-8859-\d+|koi8-[ru]|shift-jis|euc-(jp|kr)|iso-2022-jp|windows-874|ibm866)", label):
        try:
            return codecs.lookup(label).name
        except LookupError:
            return None
    return None


@cache
def _common() -> frozenset[str]:
    """The characters of the first levels of GB2312 (3,755) and Big5 (5,401), and the usual full-width marks."""
    low = bytes(range(0x40, 0x7F))
    high = bytes(range(0xA1, 0xFF))
    gb = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in high)
    big5 = (bytes((lead, trail)) for lead in range(0xA4, 0xC7) for trail in low + high)
    text = b"".join(gb).decode("gb2312", "ignore") + b"".join(big5).decode("big5", "ignore")
    return frozenset(character for character in text if "\u4e00" <= character <= "\u9fff") | _PUNCTUATION


def _score(text: str) -> tuple[float, float, int]:
    """Of the characters that are not ASCII: share of common ones, share of very frequent ones, and their number."""
    coded = [character for character in text if not character.isascii()]
    number = len(coded)
    common = sum(character in _common() for character in coded)
    frequent = sum(character in _FREQUENT for character in coded)
    return common / max(number, 1), frequent / max(number, 1), number


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in one of the two orders most characters are usual ones."""
    sample = data[: min(_SAMPLE, len(data) // 2 * 2)]
    best, found = 0.7, None
    for codec in ("utf-16-le", "utf-16-be"):
        text = sample.decode(codec, "replace")
        usual = sum(
            " " <= character <= "~" or character in "\t\r\n" or "\xa0" <= character <= "ÿ" or character in _common()
            for character in text
        )
        share = usual / max(len(text), 1)
        if share > best:
            best, found = share, codec
    return found


def _chinese(data: bytes) -> str | None:
    """The encoding among those of Chinese text in which most characters are common ones; ``None`` if in none."""
    sample = data[:_SAMPLE]
    best, found = 0.0, None
    for codec in ("gb18030", "big5hkscs"):
        text = sample.decode(codec, "replace").removesuffix("\ufffd")
        common, frequent, number = _score(text)
        foreign = number >= 30 and frequent < 0.05  # Korean or Cyrillic bytes make common characters, but no sentences
        damaged = text.count("\ufffd") > number * _DAMAGE
        if number and common >= 0.7 and not foreign and not damaged and common + frequent > best:
            best, found = common + frequent, codec
    return found


def _other(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    match = from_bytes(data[:_SAMPLE], cp_isolation=list(_OTHER)).best()
    return match.encoding if match is not None else None
