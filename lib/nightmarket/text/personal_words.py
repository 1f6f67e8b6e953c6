"""Rules for street addresses and for names a writer introduces.

Only forms that are hard to mistake: a house number with a street, a Chinese road with its 号, a name after
"my name is" or "收件人". A name in the middle of a sentence needs a model and is not looked for here.
"""

import re

from nightmarket.text.redaction_rule import Rule

_STREET_NAME = r"(?:[A-Z][a-z'’]{1,20}\.?|\d{1,3}(?:st|nd|rd|th)|[NSEW]\.?)"
_SURE_STREET = r"(?:Street|Avenue|Ave|Road|Rd|Lane|Ln|Boulevard|Blvd)"
# "2 Nike Court" and "128 Flash Drive" are goods: these words need a town or a unit after them.
_ANY_STREET = (
    rf"(?:{_SURE_STREET}|St|Drive|Dr|Court|Ct|Way|Close|Crescent|Terrace|Place|Pl|Square|Parkway|Pkwy)"
)
_HOUSE = rf"[1-9]\d{{0,4}}[A-Za-z]?\s(?:{_STREET_NAME}\s){{1,3}}"
_UNIT = r"(?:,?\s(?:Apt|Apartment|Unit|Suite|Flat|Floor|Ste|#)\.?\s?#?\w{1,6})"
_POSTCODE = r"(?:,?\s(?:[A-Z]{2}\s\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|\d{5})\b)"
_TOWN = rf"(?:,\s?[A-Z][A-Za-z]{{1,20}}(?:\s[A-Z][a-z]{{1,20}}){{0,2}}{_POSTCODE}?)"
_LIVING_AT = r"\b(?:live|living|address|ship|deliver|send|sent|mail|moved)\w{0,4}(?:\s\w{1,10}){0,3}?:?\s"
_STREET = re.compile(rf"\d\w{{0,3}}\s[^\n]{{1,60}}?\b{_ANY_STREET}\b")

# The characters of a Chinese place name: not those of the words that lead up to one ("我住在", "寄到").
_PLACE = r"(?:(?![我你您他她它们住在是到寄送往至去的了给得于把说这那条就从和跟错])[\u4e00-\u9fff])"
_CHINESE_ADDRESS = (
    rf"(?:{_PLACE}{{2,3}}省)?(?:{_PLACE}{{2,4}}市)?(?:{_PLACE}{{1,4}}(?:区|县|镇|乡))?{_PLACE}{{1,4}}"
    r"(?:大街|大道|路|街|巷|弄|胡同)(?:[东西南北中][段里路]?)?\d{1,5}(?:号(?!线)|弄)(?:院|楼)?"
    r"(?:\s?[\u4e00-\u9fff]{0,8}?[\dA-Za-z]{1,4}(?:号楼|栋|幢|座|单元|层|楼|室|号|房)){0,4}"
)
# Two or more levels of administration with a number at the end, as in "义乌市福田街道下沈村107号".
_CHINESE_DISTRICT = (
    rf"(?:{_PLACE}{{1,5}}?(?:省|市|区|县|镇|乡|街道)){{2,5}}[\u4e00-\u9fffA-Za-z0-9]{{0,20}}?"
    r"(?:\d{1,5}(?:号楼|号(?!线)|弄|栋|幢|座|室|单元)|\d{1,4}-\d{1,4})"
    r"(?:[\u4e00-\u9fff-]{0,8}?[\dA-Za-z]{1,5}(?:号楼|栋|幢|座|单元|层|楼|室|号|房)?(?![\dA-Za-z年月日元分天个块次])){0,4}"
)
_FLAT = (
    r"\d{1,4}(?:号楼|栋|幢|座)\s?\d{1,2}\s?单元(?:\s?\d{1,5}\s?(?:室|号|房)?)?"
    r"|\d{1,4}(?:号楼|栋|幢)\s?\d{3,5}\s?(?:室|号|房)"
)

# The commonest family names, without those that are also everyday words after 叫 (车, 商).
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范石姚谭廖邹熊金"
    "陆郝孔白崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文庞樊殷施陶洪翟安颜倪严牛温芦季俞章鲁葛韦毕聂焦向柳邢岳齐梅庄辛涂祁耿卜詹苗凌费纪靳盛童欧甄"
)
_COMPOUND_SURNAMES = "欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|慕容|令狐|司徒|端木|夏侯"
# How a sentence goes on after a name ("我叫王芳很喜欢"); none of these is taken for a given name.
_GIVEN = r"(?:(?![很是的了在也来要想今买这那和我你他她都就有不没给去说跟从到把被让叫上刚觉])[\u4e00-\u9fff])"
_CHINESE_NAME = rf"(?:{_COMPOUND_SURNAMES}|[{_SURNAMES}])(?!时候|任何|常常){_GIVEN}{{1,2}}"
_NAME_PART = r"(?:[A-Z]['’])?[A-Z][a-z]{1,20}(?:[-'’][A-Z]?[a-z]{1,20})?"
_ENGLISH_NAME = rf"{_NAME_PART}(?:\s(?:[A-Z]\.|{_NAME_PART})){{0,2}}"
# In small letters only at the end of a clause: "my name is engraved on it" speaks of a mug.
_LOWER_NAME = (
    r"(?!(?:not|wrong|on|in|now|also|there|missing|short|long|correct|same|\w{1,15}ed)\b)"
    r"[a-z]{2,15}(?=[.,!;]|$|\sand\b)"
)

RULES = (
    Rule(
        "[address]",
        _STREET,
        re.compile(
            rf"(?<![\w$£€.,-]){_HOUSE}(?:{_SURE_STREET}\b\.?{_UNIT}?{_TOWN}?|{_ANY_STREET}\b\.?(?:{_UNIT}{_TOWN}?|{_TOWN}))"
        ),
    ),
    Rule(
        "[address]",
        _STREET,
        re.compile(
            rf"(?P<keep>(?i:{_LIVING_AT})(?:at|is|to|on|in)?\s?){_HOUSE}{_ANY_STREET}\b\.?{_UNIT}?{_TOWN}?"
        ),
    ),
    Rule(
        "[address]",
        re.compile(r"[街道路巷弄同东西南北中段里]\d{1,5}[号弄]"),
        re.compile(_CHINESE_ADDRESS),
    ),
    Rule(
        "[address]",
        re.compile(r"[省市区县镇乡道][^\n]{1,40}?\d{1,5}(?:[号弄栋幢座室单]|-\d)"),
        re.compile(_CHINESE_DISTRICT),
    ),
    Rule("[address]", re.compile(r"\d(?:号楼|栋|幢|座)\s?\d"), re.compile(_FLAT)),
    Rule(
        "[name]",
        re.compile(r"name|sincerely|regards|yours truly", re.IGNORECASE),
        re.compile(
            r"(?P<keep>\b(?i:my (?:full |real )?name(?: is|['’]s)|(?:sincerely|regards|yours truly),?)\s)"
            rf"(?:{_ENGLISH_NAME}\b|{_LOWER_NAME})"
        ),
    ),
    Rule(
        "[name]",
        re.compile("叫|名字|姓名|收件人|收货人|联系人"),
        re.compile(
            r"(?P<keep>(?:(?:我|本人)(?:的名字)?(?:叫做|叫|是叫)|我的?(?:名字|姓名)(?:是|叫)"
            rf"|(?:收件人|收货人|联系人|姓名)(?:是|为|叫)?)[\s:]{{0,3}}){_CHINESE_NAME}"
        ),
    ),
)
