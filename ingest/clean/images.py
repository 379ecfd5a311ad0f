"""The places of images: lines and marks that say only that an image stood there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest import blocks

if TYPE_CHECKING:
    from ingest.clean.page import Page

_IMAGE_NAME = (
    r"(?:(?:image|img|screenshot|screen shot|pasted image|wps|clip|picture|photo|figure|pic|untitled|图片|截图"
    r"|屏幕截图|截屏|微信图片|插图|图像)"
    r"[-_ ]?[\d.\-_ :at]*|[\w-]{1,80})\.(?:png|jpe?g|gif|webp|svg|bmp|avif)"
)
_GENERIC = (
    r"(?:(?:photo|image|picture)\s*(?:by|credit|from|source).{1,70}|(?:图片来源|图源)\s*[:：].{1,70}"
    r"|在这里插入图片描述|(?:此处|这里|在此)?(?:请)?插入(?:一张)?图片(?:描述|说明)?|(?:image|img|screenshot|wps"
    r"|pasted image)[-_ ]?\d{6,}[\d\-_]*"
    r"|图片(?:描述|说明|加载失败|转存失败.{0,10})?|image(?: description| alt text)?|img|alt text|picture|photo|截图"
    r"|配图|插图|请输入图片描述|点击(?:查看|放大)(?:大图|图片|原图)?"
    r"|press enter or click to view image in full size|" + _IMAGE_NAME + r"|外链图片转存失败.{0,60})"
)
_IMAGE_LINE = re.compile(r"[\[【(（<]?" + _GENERIC + r"[\]】)）>]?", re.IGNORECASE)
_IMAGE_HINT = (
    "![",
    "图片",
    "image",
    "img",
    "截图",
    "截屏",
    "插图",
    "配图",
    "screen",
    "picture",
    "photo",
    "大图",
    "原图",
    "图源",
    "封面",
    "wps",
    "alt text",
    ".png",
    ".jp",
    ".gif",
    ".webp",
    ".svg",
    ".bmp",
    ".avif",
)
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\(([^()\n]{0,2000})\)")
_FORMULA_IMAGE = re.compile(r"equation\?tex=|latex|math|svg\.image\?|/tex\?", re.IGNORECASE)


def drop_images(page: Page) -> None:
    """Lines that only hold an image's place, and generic images inside lines. An image with a telling description stays."""
    for index in page.lines_with(_IMAGE_HINT):
        line = page.lines[index]
        if "![" in line.text:
            rest = line.text
            for match in _MARKDOWN_IMAGE.finditer(page.text, line.start, line.end):
                alt = match[1].strip()
                if _FORMULA_IMAGE.search(match[2]) or (alt and not _IMAGE_LINE.fullmatch(alt)):
                    continue
                rest = rest.replace(match[0], "", 1)
                page.cuts.append((match.start(), match.end(), "image placeholder"))
            if not rest.strip(" \t-*>|"):
                page.drop(index, "image placeholder")
        elif len(line.text) <= 120 and _IMAGE_LINE.fullmatch(blocks.ITEM.sub("", line.text, count=1)):
            page.drop(index, "image placeholder")
