"""Rules for street addresses in Chinese, of the mainland, Taiwan, Hong Kong and Macau.

A road with a number and its 号, levels of administration with a number at the end, or a building with its
flat. A bus line, a size or a battery has a 号 too, but no road before it.
"""

import re

from nightmarket.text.redaction_rule import HAN, Rule, matches, said

# The characters of a place name: not those of the words that lead up to one ("我住在", "寄到", "地址").
_PLACE = rf"(?:(?![我你您他她它们們住在是到寄送往至去的了给給把说說这這那就跟错錯请請放址发發])[{HAN}])"
_DIGITS = r"(?:\d{1,5}[A-Za-z]?(?:[-之]\d{1,3})?)"
_NUMERALS = r"[一二三四五六七八九十百零〇]{1,6}"
_NO = r"[号號](?![线線])"
_ROAD = r"(?:大街|大道|路|街|巷|弄|胡同)"
_SIDE = r"(?:[东東西南北中][段里路]?)?(?:[一二三四五六七八九十\d]{1,2}段)?(?:\d{1,4}巷)?(?:\d{1,4}弄)?"
_ROOM = r"(?:号楼|號樓|栋|棟|幢|座|单元|單元|层|層|楼|樓|室|号|號|房|户|戶)"
_FLAT_IN = rf"(?:\s?[{HAN}]{{0,8}}?[\dA-Za-z]{{1,4}}{_ROOM}(?:之\d{{1,2}})?){{0,4}}"
_LEVELS = (
    rf"(?!位[于於]|(?<=位)[于於])(?:{_PLACE}{{2,3}}省)?(?:{_PLACE}{{2,4}}[市縣县])?"
    rf"(?:{_PLACE}{{1,4}}[区區县縣镇鎮乡鄉市])?(?:{_PLACE}{{1,4}}[村里])?"
)
_ISLAND = r"(?:香港|九龍|九龙|新界|港島|港岛|澳門|澳门)"

_WITH_ROAD = rf"{_LEVELS}{_PLACE}{{1,5}}{_ROAD}{_SIDE}{_DIGITS}(?:{_NO}|弄)(?:院|楼|樓)?{_FLAT_IN}"
_WITH_NUMERALS = (
    rf"(?:{_PLACE}{{1,5}}[省市区區县縣镇鎮乡鄉]){{1,3}}{_PLACE}{{1,5}}{_ROAD}{_SIDE}"
    rf"{_NUMERALS}{_NO}{_FLAT_IN}"
)
# Hong Kong's and Macau's roads are 道 too, as are 味道 and 频道, so the territory must stand before them.
_IN_ISLAND = rf"{_ISLAND}{_PLACE}{{0,10}}?(?:{_ROAD}|道|里|坊)[东東西南北中]?{_DIGITS}{_NO}{_FLAT_IN}"
# Two or more levels of administration with a number at the end, as in "义乌市福田街道下沈村107号".
_DISTRICT = (
    rf"(?:{_PLACE}{{1,5}}?(?:[省市区區县縣镇鎮乡鄉]|街道)){{2,5}}[{HAN}A-Za-z0-9]{{0,20}}?"
    rf"(?:\d{{1,5}}(?:号楼|號樓|{_NO}|弄|栋|棟|幢|座|室|单元|單元)|\d{{1,4}}-\d{{1,4}})"
    rf"(?:[{HAN}-]{{0,8}}?[\dA-Za-z]{{1,5}}{_ROOM}?(?![\dA-Za-z年月日元分天个個块塊次])){{0,4}}"
)
# A road with a bare number, where a district stands before it and the clause ends behind it.
_BARE = (
    rf"(?:{_PLACE}{{2,3}}省)?(?:{_PLACE}{{2,4}}市)?{_PLACE}{{1,4}}[区區县縣镇鎮]{_PLACE}{{1,5}}{_ROAD}{_SIDE}"
    rf"(?!(?:19|20)\d\d(?!\d))\d{{1,4}}(?:[-之]\d{{1,3}})?(?=[，。,;；!！?？\s]|$|[收请請麻谢謝])"
)
_FLAT = (
    r"\d{1,4}(?:号楼|號樓|栋|棟|幢|座)\s?\d{1,2}\s?(?:单元|單元)(?:\s?\d{1,5}\s?[室号號房户戶]?)?"
    r"|\d{1,4}(?:号楼|號樓|栋|棟|幢)\s?\d{3,5}\s?[室号號房户戶]"
)

# After "地址" or "寄到" the whole clause is the address, whatever stands around its road and number.
_END = r"(?=[，。,;；!！?？\s]|$|[请請麻谢謝收就没沒还還]|一直|手机|手機|电话|電話)"
_SENT_TO = (
    rf"(?P<keep>(?:地址|寄到|寄往|寄去|[发發送]到|快递到|快遞到)(?:是|为|為|在)?[\s:：]{{0,2}})"
    rf"(?=[{HAN}]{{0,30}}[省市区區县縣镇鎮乡鄉村路街道巷弄段][{HAN}A-Za-z]{{0,15}}"
    rf"(?:\d{{1,5}}(?:[号號栋棟幢座室弄巷楼樓组組]|-(?=\d{{2}}))|\d{{2,5}}(?=[，。,;；!！?？\s]|$)))"
    rf"[{HAN}A-Za-z0-9#()、-]{{5,60}}?{_END}"
)

_HOUSE = re.compile(r"[街道路巷弄同东東西南北中段里坊]\d{1,5}[a-z]?(?:[-之]\d{1,3})?[号號弄巷]")
_LEVEL = re.compile(r"[省市区區县縣镇鎮乡鄉道][^\n]{1,40}?\d{1,5}(?:[号號弄栋棟幢座室单單]|-\d)")
RULES = (
    Rule(
        "[address]",
        said("地址", "寄到", "寄往", "寄去", "发到", "發到", "送到", "快递到", "快遞到"),
        matches(re.compile(_SENT_TO)),
        digits=1,
    ),
    Rule(
        "[address]",
        re.compile(r"香港|九龍|九龙|新界|港島|港岛|澳門|澳门").search,
        matches(re.compile(_IN_ISLAND)),
        digits=1,
    ),
    Rule("[address]", _HOUSE.search, matches(re.compile(_WITH_ROAD)), digits=1),
    Rule(
        "[address]",
        re.compile(r"[路街道巷弄段][一二三四五六七八九十百零〇]{1,6}[号號]").search,
        matches(re.compile(_WITH_NUMERALS)),
    ),
    Rule(
        "[address]",
        re.compile(r"[区區县縣镇鎮].{1,8}[路街道巷弄段]\d").search,
        matches(re.compile(_BARE)),
        digits=1,
    ),
    Rule("[address]", _LEVEL.search, matches(re.compile(_DISTRICT)), digits=1),
    Rule(
        "[address]",
        re.compile(r"\d(?:号楼|號樓|栋|棟|幢|座)\s?\d").search,
        matches(re.compile(_FLAT)),
        digits=1,
    ),
)
