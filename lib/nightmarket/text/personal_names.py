"""Rules for names a writer introduces: after "my name is", "Kind regards", "我叫", "收件人" and the like, and
in "this is Maria Lopez from Leeds".

Any other name in the middle of a sentence needs a model and is not looked for here.
"""

import re

from nightmarket.text.redaction_rule import HAN, LOWER, UPPER, Rule, matches, said

_PART = rf"(?:[{UPPER}]['’])?(?:Mc|Mac)?[{UPPER}][{LOWER}]{{1,20}}(?:[-'’][{UPPER}]?[{LOWER}]{{1,20}})*"
_OF = r"(?:(?:de|la|del|van|von|der|den|dos|da|di|do|bin|al|el|le|zu|ten|ter|y)\s){0,3}"
_NAME = rf"(?:{_PART}|[{UPPER}]\.)(?:\s(?:[{UPPER}]\.|{_OF}{_PART})){{0,5}}"
_CAPITALS = rf"(?!(?:NOT|WRONG|ON|IN|NOW|ALSO)\b)[{UPPER}]{{2,20}}(?:\s[{UPPER}]{{2,20}}){{0,2}}(?![{LOWER}])"
# In small letters only at the end of a clause: "my name is engraved on it" speaks of a mug.
_SMALL = (
    r"(?!(?:not|wrong|on|in|now|also|there|missing|short|long|correct|same|falsch|nicht|auf|leider|souvent"
    r"|mal|la|el|le|pas|no|en"
    r"|sur|\w{1,15}ed)\b)"
    rf"[{LOWER}]{{2,15}}(?=[.,!;]|$|\sand\b)"
)
_INTRODUCED = (
    r"my (?:full |real |first |last )?name(?: is|['’]s)|i(?: am|['’]m) called|mein name ist"
    r"|ich hei(?:ß|ss)e|mon nom est"
    r"|je m['’]appelle|je me nomme"
    r"|me llamo|mi nombre es|mi chiamo|il mio nome è|meu nome é"
)
_SIGNED = (
    r"(?:(?:kind|best|warm|many) )?regards,|(?:kind|best|warm) (?:kind )?regards|yours (?:sincerely|truly"
    r"|faithfully),?|(?:^|(?<=[.!?\n] ))sincerely,?"
    r"|mit freundlichen grüßen,?|viele grüße,?|(?:herzliche|liebe|beste) grüße,?|cordialement,|bien à vous,"
    r"|atentamente,|(?:un )?saludos?,"
)

# "This is Maria Lopez from Leeds", "Hi, it's Tom Baker here": two names, and where from, at a clause's start.
# Goods come from somewhere too ("This is Levi's from Turkey"), so one name is not enough, nor "it is".
_GREETED = r"(?i:(?:hi|hello|hey|dear all|good (?:morning|day|evening)|hallo|guten tag)[ ,!.-]{1,3})"
_HERE_IS = (
    rf"(?:^|(?<=[.!?;\n]\s)){_GREETED}?"
    r"(?i:this is|(?:it|my|i|that)['’](?:s|m)|it is|i am|ich bin|hier ist|hier schreibt|je suis|soy)"
)
_FROM_SOMEWHERE = (
    rf"(?=,?\s(?:from|aus|de)\s(?:the\s)?[{UPPER}][{LOWER}]{{2,}}(?:[\s,.!;]|$)|,?\s(?:here|hier|ici)\b"
    r"|\sand\sI\b)"
)
_TWO_NAMES = rf"{_PART}(?:\s(?:[{UPPER}]\.|{_OF}{_PART})){{1,3}}"

# The commonest family names, without those that are also everyday words after 叫 (车, 商).
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范石姚谭廖邹熊金"
    "陆郝孔白崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文庞樊殷施陶洪翟安颜倪严牛温芦季俞章鲁葛韦毕聂焦向柳邢岳齐梅庄辛涂祁耿卜詹苗凌费纪靳盛童欧甄"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾鐘譚鄒陸顧龍錢湯喬賀賴龔龐顏嚴溫蘆魯韋畢聶齊莊塗費紀歐游簡巫阮"
)
_COMPOUND = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|皇甫|尉迟|尉遲|公孙|公孫|慕容|令狐|司徒|端木|夏侯|张简|張簡"
# How a sentence goes on after a name ("我叫王芳很喜欢"); none of these is taken for a given name.
_GIVEN = (
    rf"(?:(?![很是的了在也来來要想今买買这這那和我你他她都就有不没"
    rf"沒给給去说說跟从從到把被让讓叫上刚剛觉覺寫写错錯])[{HAN}])"
)
_CHINESE = rf"(?:{_COMPOUND}|[{_SURNAMES}])(?!时候|任何|常常){_GIVEN}{{1,2}}"

_THANKED = r"(?i:(?:many )?thanks|thank you|cheers|merci|danke|gracias)"

RULES = (
    # Two names and nothing more behind thanks; one alone may be the shop's.
    Rule(
        "[name]",
        said("thank", "cheers", "merci", "danke", "gracias"),
        matches(re.compile(rf"(?P<keep>\b{_THANKED}[,!.]\s(?:-\s)?){_TWO_NAMES}(?=[.!]?\s*(?:$|\n))")),
    ),
    Rule(
        "[name]",
        said("this is", "it's", "it’s", "i'm", "i’m", "it is", "i am", "ich bin", "hier", "je suis", "soy"),
        matches(re.compile(rf"(?P<keep>{_HERE_IS}\s){_TWO_NAMES}{_FROM_SOMEWHERE}")),
    ),
    Rule(
        "[name]",
        said(
            "name",
            "called",
            "heiß",
            "heiss",
            "mon nom",
            "appelle",
            "nomme",
            "llamo",
            "nombre",
            "chiamo",
            "nome",
        ),
        matches(
            re.compile(
                rf"(?P<keep>\b(?i:{_INTRODUCED})\s)(?!(?:Sie|Dich|Euch|Not|On|The|A|It|Not)\b)(?:{_NAME}"
                rf"|{_CAPITALS}|{_SMALL})(?![{UPPER}{LOWER}])"
            )
        ),
    ),
    Rule(
        "[name]",
        said(
            "sincerely",
            "regards",
            "yours",
            "grüße",
            "grüßen",
            "cordialement",
            "bien à vous",
            "atentamente",
            "saludo",
        ),
        matches(re.compile(rf"(?P<keep>\b(?i:{_SIGNED})\s)(?:{_NAME})(?![{UPPER}{LOWER}])")),
    ),
    Rule(
        "[name]",
        said("叫", "名字", "姓名", "收件人", "收货人", "收貨人", "联系人", "聯絡人", "聯繫人", "寄件人"),
        matches(
            re.compile(
                r"(?P<keep>(?:(?:我|本人)(?:的?(?:名字|姓名|名))?(?:叫做|叫作|叫|是叫)|我的?(?:名字"
                r"|姓名)(?:是|叫|为|為)"
                rf"|(?:收件人|收[货貨]人|联系人|聯絡人|聯繫人|寄件人|姓名)(?:是|为|為"
                rf"|叫)?)[\s:]{{0,3}}){_CHINESE}"
            )
        ),
    ),
)
