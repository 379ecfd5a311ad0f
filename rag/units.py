"""Words for numbers and units, and what each is in the base unit of its dimension: tables for :mod:`rag.quantity`."""

from __future__ import annotations

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "双": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
MANY = {"万": 1e4, "亿": 1e8, "兆": 1e12, "百万": 1e6, "千万": 1e7, "万亿": 1e12, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12,
         "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "hundred": 1e2, "dozen": 12.0}  # fmt: skip
ENGLISH = {
    word: float(n)
    for n, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {word: 10.0 * n for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}
ORDINAL = {
    word: float(n)
    for n, word in enumerate(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1)
}
UNITS: dict[str, tuple[str, float]] = {}
for _line in """
share 0.01 % ％ percent per cent 个百分点
share 0.1 成
share 0.001 ‰
second 0.001 ms 毫秒 millisecond milliseconds
second 0.000001 us μs 微秒 microsecond microseconds
second 0.000000001 ns 纳秒
second 1 s sec secs 秒 second seconds 秒钟
second 60 min mins 分钟 minute minutes
second 3600 h hr hrs 小时 个小时 钟头 个钟头 hour hours
second 86400 天 day days
second 604800 周 星期 个星期 礼拜 week weeks
month 1 个月 month months
month 12 年 岁 year years yr yrs
date 1 月
day 1 日 号
metre 0.000000001 nm 纳米
metre 0.000001 μm um 微米
metre 0.001 mm 毫米
metre 0.01 cm 厘米 公分 centimetres centimeters
metre 1 m 米 公尺 metre metres meter meters
metre 1000 km 公里 千米 kilometre kilometres kilometer kilometers
metre 0.3048 ft feet foot 英尺
metre 1609.344 mile miles 英里
area 1 平方米 ㎡ m2
area 10000 公顷 hectare hectares
area 1000000 平方公里 平方千米 km2
area 666.667 亩
gram 0.001 mg 毫克
gram 1 g 克 gram grams
gram 500 斤
gram 1000 kg 千克 公斤 kilogram kilograms
gram 1000000 吨 tonne tonnes
gram 453.592 lb lbs pound pounds 磅
litre 0.001 ml 毫升 millilitres milliliters
litre 1 l 升 litre litres liter liters
byte 0.125 bit bits 位 比特
byte 1 byte bytes 字节
byte 1024 kb kib
byte 1048576 mb mib
byte 1073741824 gb gib
byte 1099511627776 tb tib
yuan 1 元 块 块钱 人民币 rmb yuan
dollar 1 美元 dollar dollars usd
degree 1 度 ℃ °c °
watt 1 w 瓦 watt watts
watt 1000 kw 千瓦
hertz 1 hz 赫兹
hertz 1000000 mhz
hertz 1000000000 ghz
times 1 倍 x × times fold
""".strip().splitlines():  # fmt: skip
    _dimension, _factor, *_names = _line.split()
    for _name in _names:
        UNITS[_name] = (_dimension, float(_factor))
UNITS["per cent"] = ("share", 0.01)
WEEKDAYS = {
    name: float(n)
    for n, names in enumerate(
        (
            "monday mon 一",
            "tuesday tue 二",
            "wednesday wed 三",
            "thursday thu 四",
            "friday fri 五",
            "saturday sat 六",
            "sunday sun 日 天",
        ),
        1,
    )
    for name in names.split()
}
MONTHS = {
    name: float(n)
    for n, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
