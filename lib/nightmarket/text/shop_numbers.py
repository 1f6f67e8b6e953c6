"""Digits that are the shop's or its goods', however much they look like a person's."""

import re
from itertools import pairwise

_NUMBERED = re.compile(
    r"(?:(?<![A-Za-z])(?:sku|asin|isbn|ean|upc|gtin|model|style|item|product|part|serial|batch|lot|order"
    r"|invoice|tracking"
    r"|ref|reference|pages?|sizes?|chapters?|channels?|rows?|ports?|levels?|code|artikel|bestell|rechnungs?"
    r"|sendungs?|modell|référence|réf|commande|modèle|pedido|referencia"
    r"|modelo)"
    r"|[货貨款型编編单單条條批运運](?:号|號)|[订訂][单單]|[编編條条][码碼]|商品|物流|[发發]票|工[号號]"
    r"|序列[号號]|房[号號])"
    r"[^\w\n]{0,2}(?:id|nos?|numbers?|num|nr|nummer|code|编号|編號|[号號][码碼]?)?"
    r"(?:\s(?:is|was|this))?[\s.:#是为為]{0,4}$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[\s-]?(?:(?:mAh|Ah|[kKMGT]?B|[GT]iB|Mbps|Gbps|rpm|U/min|px|pixels?|dpi|ppi|[mckµμun]?m|[mµk]?g|lbs?|oz"
    r"|ml|cl|l|L"
    r"|in|inch(?:es)?|ft|ohms?|k?[ΩV]|k?W|Wh|[kMG]?Hz|[uµμnp]F|lm|lumens?|nits?|lux|psi|bar|grit|cc|bits?|K"
    r"|[CF]|°.?|%"
    r"|pcs|pieces?|packs?|sets?|stars?|reviews?|ratings?|sold|likes?|downloads?|followers|customers|users"
    r"|people"
    r"|times|pages|words|steps|cycles|hours?|hrs?|days?|years?|points?|lines|colou?rs|units?|USD|EUR|GBP|INR"
    r"|RMB|CNY|JPY"
    r"|dollars?|euros?|pounds?|bucks|Stück|Euro|pièces|piezas|euros)(?![A-Za-z])|[€$£¥%\"″”°'′]"
    r"|[个個件条條块塊元]|毫安|毫米|厘米|公分|英寸|寸|像素|分辨|[台部颗粒片张張套盒瓶包袋][^\w]|[万萬亿億]"
    r"|转速|[伏瓦]|毫升|克|公斤|千克"
    r"|都有|都可|都能|[现現]货|[现現]貨|有[货貨]|可[选選])"
)


def of_the_shop(text: str, start: int) -> bool:
    """Does the text say, right before, that a number is an order's, an article's or a parcel's?"""
    return _NUMBERED.search(text[max(0, start - 40) : start]) is not None


def counted(text: str, end: int) -> bool:
    """Does a unit stand behind a number, or what it counts?"""
    return _UNIT.match(text, end) is not None


def listed(groups: list[str]) -> bool:
    """Are groups of digits sizes side by side: round ones, powers of two, or steps of one width?

    "64 128 256" and "220 330 4700" are; of telephone numbers hardly one in two hundred is.
    """
    if len(groups) < 2 or any(group.startswith("0") for group in groups):
        return False
    sizes = [int(group) for group in groups]
    steps = {after - before for before, after in pairwise(sizes)}
    return (
        all(size % 10 == 0 for size in sizes)
        or all(size == size & -size for size in sizes)
        or (len(sizes) > 2 and len(steps) == 1)
    )
