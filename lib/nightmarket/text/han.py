"""Whose characters a text of Han characters is written in: Simplified Chinese, Traditional Chinese, Japanese.

Each has a standard set that everyday texts keep to (GB 2312, Big5, the first level of JIS X 0208), and Python
knows all three. A text is in the one whose set it leaves least often; most short titles leave two of them.
"""

import re
from collections.abc import Mapping
from functools import cache

ORDER = ("zh", "zh-Hant", "ja")
_COMMON = {"zh": 0.0, "zh-Hant": -2.3, "ja": -2.3}
"""Logarithms of how common each is: what could be any of them is Simplified, what could be one of the other
two is nobody's."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Katakana's middle dot and long-vowel mark are not among them: Chinese uses them.
KANA = "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d"

_LETTER = re.compile(f"[{HAN}{KANA}]")
_KANA = re.compile(f"[{KANA}]")
# Kana that Chinese uses: in brands 优の良品, however often, and in emoticons (づ￣3￣)づ.
_BORROWED, _EMOTICONS = "の", frozenset("づツノシ")
# Cantonese, in no old standard.
_CANTONESE = frozenset("嘅咗啲嘢喺冇佢哋咁啱瞓攞揾嗰")
# Words of goods whose characters are Traditional Chinese as well, and which only Japanese spells so.
_JAPANESE = re.compile(
    "綿(?!羊)|紺|無地|無料|送料|婦人|紳士|財布|靴下|長靴|布団|掃除|冷蔵|炊飯|味噌|抹茶|煎茶|弁当|本革|革靴|洋服|衣料品|着物"
    "|日本製|国産|専用|対応|税込|在庫|入荷|新着|通販|商品券|詰合|入浴剤|湯呑|急須|風呂|雑貨|文房具|万年筆|眼鏡|鉄鍋|包丁|折畳"
)
_LONGEST = 2000
"""Characters that decide as well as a megabyte."""


def likelihoods(text: str) -> Mapping[str, float]:
    """By language of :data:`ORDER`, the logarithm of its likelihood, up to a constant: how often the text
    leaves what it would look like in it."""
    letters = _LETTER.findall(text[: 4 * _LONGEST])[:_LONGEST]
    outside = dict.fromkeys(ORDER, 0.0)
    kana = 1.0 if _BORROWED in letters else 0.0
    for letter in letters:
        if _KANA.match(letter):
            kana += 0.0 if letter == _BORROWED else 0.05 if letter in _EMOTICONS else 2.0
        else:
            for language in _foreign(letter):
                outside[language] += 1.0
    japanese = kana + len(_JAPANESE.findall("".join(letters)))
    outside["zh"] += japanese
    outside["zh-Hant"] += japanese
    return {language: _COMMON[language] - 4.0 * count for language, count in outside.items()}


@cache
def _foreign(letter: str) -> tuple[str, ...]:
    """The languages whose standard lacks a character; none for one that is rare in all of them."""
    simplified = _encoded(letter, "gb2312") is not None
    traditional = _encoded(letter, "big5") is not None or letter in _CANTONESE
    japanese = _encoded(letter, "euc_jp")
    # The first level: 2,965 characters in use; behind it stand old forms that are Chinese too.
    level = japanese is not None and len(japanese) == 2 and 0xB0 <= japanese[0] <= 0xCF
    known = (simplified, traditional, level)
    return tuple(name for name, its in zip(ORDER, known, strict=True) if not its) if any(known) else ()


def _encoded(letter: str, standard: str) -> bytes | None:
    try:
        return letter.encode(standard)
    except UnicodeEncodeError:
        return None
