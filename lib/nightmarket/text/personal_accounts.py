"""Rules for addresses on the net and for accounts of messengers."""

import re

from nightmarket.text.redaction_rule import HAN, LETTER, Rule, matches, said

_SIGN = rf"[{LETTER}0-9_]"
_END = rf"(?![{LETTER}0-9])"
_PROVIDER = (
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|aol|gmx|web|proton(?:mail)?|qq|163|126"
    r"|139|189|sina|sohu|foxmail|yeah)"
)
_DOT = (
    r"(?:\.|。|点|點| (?:dot|DOT|punkt|point|punto) "
    r"| ?[(\[{<] ?(?:dot|DOT|punkt|point|punto|点|點|\.) ?[)\]}>] ?)"
)
_LABEL = rf"[{LETTER}0-9-]{{1,63}}"
_DOMAIN = rf"(?:{_LABEL}{_DOT}){{1,4}}[A-Za-z]{{2,24}}{_END}"
_LOCAL = rf"(?<![{LETTER}0-9.+%_-]){_SIGN}[{LETTER}0-9.+%'’_-]{{0,63}}"
# " @brand.example" mentions somebody, and "5 @ shop.example" says where.
_AT = (
    rf"(?:@ ?| @ | @(?={_PROVIDER}\.)"
    r"| ?[(\[{<] ?(?:at|At|AT|ät|arroba|艾特|@) ?[)\]}>] ?|艾特"
    rf"| ?[(\[{{] ?a ?[)\]}}] ?(?={_PROVIDER}\.))"
)

# "anna at example dot com" is an address, "look at amazon dot com" is none.
_WRITE = re.compile(r"mail|write|writing|contact|reach|address|send|kontakt|correo", re.IGNORECASE)
_APART = re.compile(r".*[^\d. ].* @ .*\.(?:com|net|org|info|edu|[a-z]{2})", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?:.*\s)?(?:look(?:s|ed|ing)?|buy|buying|bought|find|found|shop(?:ped|ping)?|available|sold|selling"
    r"|order(?:ed)?|only|me|it|them|us|you|this|that|here|there|prices?|cheaper|less|visit|more|is|was|are|were"
    r"|accounts?|inbox|emails?|in|on|deals?|see|seen|online|got|get|stores?|items?|ones?|up|out|reviews?|products?)",
    re.IGNORECASE,
)


def _written_to(match: re.Match[str]) -> bool:
    """Not so "5 @ shop.example" and "amounts @ mealtime.four", nor "me @ me.example/page"."""
    if " @ " not in match.group():
        return True
    return _APART.fullmatch(match.group()) is not None and match.string[match.end() : match.end() + 1] != "/"


def _somebody(match: re.Match[str]) -> bool:
    who = match["who"]
    if _NOBODY.fullmatch(who):
        return False
    return (
        any(sign in "._+-" or sign.isdigit() for sign in who)
        or " dot " in who.lower()
        or re.search(rf" at {_PROVIDER}\b", match.group(), re.IGNORECASE) is not None
        or _WRITE.search(match.string[max(0, match.start() - 40) : match.start()]) is not None
    )


ADDRESSES = (
    # Only an address with a user name in it is personal; a link to a product is not.
    Rule(
        "[url]",
        said("://"),
        matches(
            re.compile(
                rf"(?<![{LETTER}0-9])[A-Za-z][A-Za-z0-9+]{{1,10}}://[^\s/@:?#]{{1,64}}(?::[^\s/@]{{0,64}})?"
                r"@[^\s，。；）)\]>\"']{1,500}"
            )
        ),
    ),
    Rule(
        "[email]",
        said("@", "艾特", "at)", "at]", "at}", "at>", "arroba", "ät)", "ät]", "(a)", "[a]", "at )", "at ]"),
        matches(re.compile(rf"{_LOCAL}{_AT}{_DOMAIN}"), _written_to),
    ),
    # Chinese before an @: where the address begins is unknown, so all of a short name goes.
    Rule(
        "[email]",
        said("@"),
        matches(
            re.compile(
                r"(?P<keep>(?:邮箱|郵箱|邮件|電郵|电邮|信箱|地址|联系|聯絡|到|给|給)(?:是|为|為|:)?"
                rf"|(?<![{HAN}]))[{HAN}]{{1,4}}@{_DOMAIN}"
            )
        ),
    ),
    Rule(
        "[email]",
        said(" dot "),
        matches(
            re.compile(
                rf"(?<![{LETTER}0-9._+-])(?P<who>{_SIGN}[{LETTER}0-9._+-]{{0,40}}(?: (?:dot"
                rf"|DOT) {_SIGN}{{1,30}}){{0,2}})"
                rf" (?:at|AT) {_LABEL}(?: (?:dot|DOT) [{LETTER}0-9-]{{1,30}}){{1,3}}{_END}"
            ),
            _somebody,
        ),
    ),
    # "anna88 at gmail.com"
    Rule(
        "[email]",
        said(" at "),
        matches(
            re.compile(
                rf"(?<![{LETTER}0-9._+-])(?P<who>{_SIGN}[{LETTER}0-9._+-]{{1,40}}) at {_PROVIDER}"
                rf"\.(?:com|cn|net|de|fr|es){_END}",
                re.IGNORECASE,
            ),
            _somebody,
        ),
    ),
    # "anna @ gmail . com", "anna@gmail,com"
    Rule(
        "[email]",
        said("@"),
        matches(
            re.compile(rf"{_LOCAL} ?@ ?(?i:{_PROVIDER}) ?[.,。] ?(?i:com|cn|net|de|org|fr|es|co\.uk){_END}")
        ),
    ),
    Rule(
        "[email]",
        said("#"),
        matches(re.compile(rf"{_LOCAL} ?# ?(?i:{_PROVIDER}){_DOT}(?i:com|cn|net|de|org){_END}")),
    ),
)

_HANDLE = rf"(?P<handle>@?[A-Za-z0-9][A-Za-z0-9_.-]{{3,30}}[A-Za-z0-9_])(?![{LETTER}0-9_]|-\d)"
# Words of goods that have digits in them as accounts do: "微信iphone12手机壳".
_GOODS = re.compile(
    r"(?:i ?phone|i ?pad|i ?pod|i ?os|i ?watch|air ?pods|mac(?:book)?|apple|huawei|honor|mate|nova|xiaomi"
    r"|redmi|mi\d|oppo|vivo|reno"
    r"|samsung|galaxy|note|nokia|lenovo|sony|one ?plus|realme|meizu|moto|pixel|htc|lg|asus|zte|iqoo|android"
    r"|harmony"
    r"|windows|win|linux|app|apk|web|pc|pay|wi-?fi|usb|type|mp[345]|hd|4k|[345]g|vip|svip|ver|version|v\d"
    r"|lite|pro|plus"
    r"|max|mini|ultra|led|tws|nfc|ps[45]|switch|xbox|sticker|emoji|cdk|q?coin)+(?![A-Za-z_])",
    re.IGNORECASE,
)
_SAYS = r"(?:号码|號碼|账号|帳號|号|號|群)?(?: ?(?:id|ID|Id))?(?: ?(?:is|是|为|為|叫))?"
_COLON = r"[\s:]{0,3}"
_BEFORE = r"(?<![A-Za-z0-9])"
_NETS = r"(?i:telegram|skype|snapchat|instagram|insta|ig|tg|whatsapp|signal|line|kakao(?:talk)?)"


def _own(match: re.Match[str]) -> bool:
    """An account has a digit or "_" in it, and is no product: a word after "wechat" alone is none."""
    handle = match["handle"].lstrip("@")
    return _GOODS.match(handle) is None and any(sign.isdigit() or sign == "_" for sign in handle)


ACCOUNTS = (
    # WeChat by its name and by those that get past a filter.
    Rule(
        "[account]",
        said(
            "微信", "wechat", "weixin", "薇", "威信", "v信", "维信", "微x", "微 信", "微.信", "微-信", "徽信",
            "卫星号",
        ),
        matches(
            re.compile(
                r"(?P<keep>(?i:微[ .-]?信|薇[❤♥]?信|薇芯|卫星(?=号)|威信|维信|徽信|v信|微x|wechat|weixin"
                rf"|薇(?=[:号a-z0-9])){_SAYS}{_COLON}){_HANDLE}"
            ),
            _own,
        ),
        digits=1,
    ),
    Rule(
        "[account]",
        said("vx", "v.x", "wx", "v", "加微", "加薇", "加威", "加w", "加我w", "微❤", "➕", "+"),
        matches(
            re.compile(
                rf"(?P<keep>(?:{_BEFORE}(?i:v\.?x|wx|v)[❤♥]?(?:号|號)?\s?:|{_BEFORE}(?i:vx"
                rf"|wx)(?=\s?[A-Za-z]{{1,20}}[0-9_])"
                r"|(?i:v|微)[❤♥]\s?|(?:加|\+|➕)\s?(?:我|个|個)?\s?(?i:vx|wx|wv|v|w|微|薇|威)(?:[❤♥]"
                r"|信)?(?:号|號)?\s?:?)\s?)"
                rf"{_HANDLE}"
            ),
            _own,
        ),
        digits=1,
    ),
    Rule(
        "[account]",
        said("qq", "扣", "抠抠", "企鹅", "企鵝", "q群", "q号", "q號", "q:", "加q", "+q", "➕q"),
        matches(
            re.compile(
                r"(?P<keep>(?:(?<![A-Za-z])(?i:qq)|扣扣|抠抠|企鹅|企鵝|(?:加|\+|➕)\s?(?:我|个|個)?\s?(?i:q"
                r"|扣)|(?<![A-Za-z])(?i:q)(?=[群号號:]))"
                rf"{_SAYS}{_COLON})(?P<handle>[1-9]\d{{4,11}})(?![0-9A-Za-z版年元块塊次人万萬])"
            )
        ),
        digits=5,
    ),
    Rule(
        "[account]",
        said(
            "whatsapp", "telegram", "skype", "snapchat", "line", "insta", " ig", "tg", "kakao", "signal",
            "賴", "赖", "小红书", "小紅書", "抖音", "支付宝", "支付寶", "旺旺", "快手",
        ),
        matches(
            re.compile(
                rf"(?P<keep>(?:{_BEFORE}(?i:line|kakao(?:talk)?) ?(?i:id)(?: ?(?:is|是|为|為))?{_COLON}"
                rf"|(?:加我?|我的?|私)\s?(?:(?i:line)|[賴赖]){_COLON}"
                rf"|{_BEFORE}{_NETS}(?:(?: (?i:id|name|handle))?(?: is)?\s?:\s?|(?: is)? (?=@))"
                rf"|(?i:my|add me on|me on) {_NETS}(?: (?i:id|name|handle))?(?: is)?[\s:]{{1,3}}"
                rf"|(?:小红书|小紅書|抖音|支付宝|支付寶|旺旺|快手)(?:号|號|账号|帳號|id|ID)(?:是|为"
                rf"|為)?{_COLON})){_HANDLE}"
            ),
            _own,
        ),
        digits=1,
    ),
)  # fmt: skip
