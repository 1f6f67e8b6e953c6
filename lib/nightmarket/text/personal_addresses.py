"""Rules for street addresses in languages of the Latin script.

Only forms that are hard to mistake: a house number and a street that something other than goods follows
("5 Oxford Street Lamp" is a lamp), a street's name with a postcode and a town, or either after "I live at".
"""

import re

from nightmarket.text.redaction_rule import LETTER, LOWER, UPPER, Rule, matches, said

_WORD = rf"(?:[{UPPER}]['’]|Mc|Mac)?[{UPPER}][{LOWER}'’]{{1,24}}"
_CAPITAL = rf"(?:{_WORD}(?:-(?:(?:en|sur|sous|de|du|des|la|le|les|lès|am|an|der)-){{0,2}}{_WORD}){{0,3}})"

_DEL = r"(?:de la |de los |de las |del |de |la |el |los |las )?"
_CITY = rf"{_CAPITAL}(?:[\s-]{_DEL}{_CAPITAL}){{0,2}}"

# English
_STREET_NAME = rf"(?:St\.|{_WORD}\.?|\d{{1,3}}(?:st|nd|rd|th)|[NSEW]{{1,2}}\.?)"
_SURE_STREET = r"(?:Street|Avenue|Ave|Road|Rd|Lane|Ln|Boulevard|Blvd)"
# "2 Nike Court" and "128 Flash Drive" are goods: these words need a town or a unit after them.
_ANY_STREET = (
    rf"(?:{_SURE_STREET}|St|Drive|Dr|Court|Ct|Way|Close|Crescent|Terrace|Place|Pl|Square|Parkway|Pkwy|Gardens"
    r"|Grove|Mews)"
)
_SIDE = r"(?:\s(?:Central|East|West|North|South|[NSEW]{1,2})\b\.?)?"
_INSIDE = (
    r"(?:(?:(?:Apt|Apartment|Unit|Suite|Flat|Floor|Ste|Room|Rm|Block|House)\.?\s?#?\w{1,6}|\d{1,3}/F)\s?,\s?)"
    r"{0,4}"
)
_HOUSE = rf"{_INSIDE}[1-9]\d{{0,4}}[A-Za-z]?(?:-\d{{1,4}})?,?\s(?:{_STREET_NAME}\s){{1,3}}"
_UNIT = r"(?:,?\s(?:(?:Apt|Apartment|Unit|Suite|Flat|Floor|Ste|Room|Rm)\.?\s?#?\w{1,6}|#\s?\w{1,6}))"
_POSTCODE = (
    r"(?:,?\s(?:[A-Z]{2}\s\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]{2,3}\s\d{4}|\d{5})\b)"
)
_TOWN = rf"(?:,\s?[{UPPER}][{LETTER}]{{1,20}}(?:\s[{UPPER}][{LOWER}]{{1,20}}){{0,2}}{_POSTCODE}?)"
_LIVING_AT = (
    r"\b(?!posters?\b)(?:live|living|address|ship|deliver|send|sent|mail|post|moved)"
    r"\w{0,4}(?:\s\w{1,10}){0,3}?:?\s"
)
# What may follow a street that is one: the end of a clause or a small word. A noun makes it a name of goods.
_CLAUSE = (
    r"(?=\s?(?:[.,;:!?)\]\n]|$|[-–—]\s|\((?!\d))|\s(?:and|in|at|is|was|by|near|on|but|because|not|please"
    r"|thanks|thank|so|or|which|where|has|had|if|when|before|after|today|tomorrow|instead|again)\b)"
)
_COUNTS_GOODS = re.compile(
    r"(?:\b(?:sizes?|(?:pack|set|box|lot) of|level|us|uk|eu|no|vol|part)|['’]s)\s$", re.IGNORECASE
)
_ENGLISH = re.compile(
    rf"(?<![\w$£€.,/-]){_HOUSE}(?:{_SURE_STREET}\b\.?{_SIDE}(?:{_UNIT}{_TOWN}?|{_TOWN}|(?P<alone>{_CLAUSE}))"
    rf"|{_ANY_STREET}\b\.?{_SIDE}(?:{_UNIT}{_TOWN}?|{_TOWN}))"
)
_ENGLISH_LIVED_IN = re.compile(
    rf"(?P<keep>(?i:{_LIVING_AT})(?i:at |is |to |on |in )?){_HOUSE}{_ANY_STREET}\b\.?{_SIDE}{_UNIT}?{_TOWN}?"
    rf"(?!\s{_WORD})"
)
# "10 Wide Road" is a shoe's size and its width.
_WIDTH = re.compile(
    r"\d+[A-Za-z]?\s(?:Extra\s)?(?:Wide|Narrow|Medium|Regular|Off|Men|Women|Kids)\b", re.IGNORECASE
)


# A poster of "42 Wall Street" and a lamp named "10 Broad Street" are goods: a title is a row of names.
_WRITTEN_TO = re.compile(
    r"\b(?:liv(?:e|es|ed|ing)|address(?:ed)?|ship(?:ped)?|deliver(?:ed|y)?|send|sent|mail(?:ed)?|moved?)\b",
    re.IGNORECASE,
)
_NAMED_BEFORE = re.compile(
    rf"(?:[{UPPER}][{LETTER}'’-]*(?:\s\d{{1,3}})?|[{UPPER}]+\d*"
    r"|\b(?:of|from the|called|named|print|poster|set|map|sign))\s$"
)


def _titled(text: str, start: int, end: int) -> bool:
    """Whether a house number and its street alone end a title: names stand before it, or nothing at all."""
    before, after = text[max(0, start - 80) : start], text[end:].strip(" .!)")
    if after or _WRITTEN_TO.search(before):
        return False
    return not before.strip() or _NAMED_BEFORE.search(before) is not None


def _house(match: re.Match[str]) -> bool:
    """The number is a house's, not a size or a number of pieces."""
    start = match.end("keep") if "keep" in match.re.groupindex else match.start()
    if _WIDTH.match(match.string, start):
        return False
    # Whoever writes nothing but "5 rue Victor Hugo" names no goods, as whoever writes "10 Broad Street" may.
    could_be_goods = match.groupdict().get("alone") is not None and (
        match.re is not _RUE or match.string[:start].strip()
    )
    if could_be_goods and _titled(match.string, start, match.end()):
        return False
    return _COUNTS_GOODS.search(match.string[max(0, start - 10) : start]) is None


_BOX = re.compile(rf"\b[Pp]\.?\s?[Oo]\.?\s[Bb]ox\s\d{{1,6}}\b{_TOWN}?")

# German and Dutch
_PLACE = (
    rf"(?:,?\s(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:\s[A-Z]{{2}})?\s{_CAPITAL}"
    rf"(?:\s(?:am|an der|im)\s{_CAPITAL}|\s{_CAPITAL})?)"
)
_LED_TO = r"(?!(?:Adresse|Lieferadresse|Anschrift|Bitte|An)\s[A-Z])"
_NUMBER = r"\s\d{1,4}(?:\s?[a-z]\b)?(?:[-/]\d{1,4}){0,3}\b"
_SURE_WAY = (
    rf"{_LED_TO}(?:[{UPPER}][{LOWER}-]{{2,25}}(?:straße|strasse|str\.|straat|gracht|laan)"
    rf"|(?:{_CAPITAL}\s){{1,3}}(?:Straße|Strasse|Str\.))"
)
_ANY_WAY = (
    rf"{_LED_TO}(?:[{UPPER}][{LOWER}-]{{2,25}}(?:weg|platz|allee|gasse|ring|damm|ufer|chaussee|hof|markt|graben"
    r"|steig|plein|kade)"
    rf"|(?:{_CAPITAL}\s){{1,3}}(?:Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Chaussee|Markt)"
    rf"|(?:Am|An der|An den|Im|In der|Auf dem|Auf der|Zum|Zur|Unter den|Hinter dem)(?:\s{_CAPITAL}){{1,2}})"
)
_GERMAN = re.compile(rf"\b(?:{_SURE_WAY}{_NUMBER}{_PLACE}?|{_ANY_WAY}{_NUMBER}{_PLACE})")

# French
_OF = r"(?:de la |de l['’]|des |du |de |d['’]|la |le |les |aux? |à la )?"
_FRENCH_CLAUSE = (
    r"(?=\s?(?:[.,;:!?)\]\n]|$)|\s(?:et|à|au|aux|dans|est|chez|merci|svp|pour|en|mais|car|sur|près|que|qui|où|si"
    r"|and|in|at|is|was|by|near|but|please|thanks|or)\b)"
)
_RUE = re.compile(
    rf"(?<![\w.,/-])\d{{1,4}}(?:\s?(?:bis|ter|quater|[A-D]))?,?\s"
    rf"(?:(?i:rue|avenue|av\.|boulevard|bd\.?|impasse|chemin|allée|quai"
    rf"|faubourg)\s{_OF}{_CAPITAL}(?:[ -](?:{_OF}{_CAPITAL})){{0,3}}"
    rf"(?:,?\s\d{{5}}\s{_CITY}|(?P<alone>{_FRENCH_CLAUSE}))"
    rf"|(?i:place|route|cours|square"
    rf"|passage)\s{_OF}{_CAPITAL}(?:[ -](?:{_OF}{_CAPITAL})){{0,3}},?\s\d{{5}}\s{_CITY})"
)

# Spanish; Italian and Portuguese with a postcode
_CALLE = re.compile(
    rf"(?<![{LETTER}])(?:(?:Calle|C/|Avenida|Avda\.?|Av\.|Paseo|Plaza|Pza\.?|Carrer|Camino|Ronda|calle"
    rf"|avenida|plaza|paseo)\s?{_DEL}"
    rf"{_CAPITAL}(?:\s{_DEL}{_CAPITAL}){{0,3}},?\s(?:n\.?[oº]\s?)?\d{{1,4}}\b"
    rf"(?:,?\s\d{{1,2}}[ºªoa°.]?\s?[A-Z]?\b)?(?:,?\s\d{{5}}\s{_CITY})?"
    rf"|(?:Via|Viale|Piazza|Corso|Largo|Rua|Travessa)\s(?:{_DEL}|dei |della |da |do "
    rf"|dos ){_CAPITAL}(?:\s{_CAPITAL}){{0,3}},?\s\d{{1,4}}"
    rf",?\s\d{{4,5}}(?:-\d{{3}})?\s{_CITY})"
)

RULES = (
    Rule(
        "[address]",
        re.compile(rf"\d\w{{0,3}},?\s[^\n]{{1,60}}?\b(?:{_ANY_STREET.lower()})\b").search,
        matches(_ENGLISH, _house),
        digits=1,
    ),
    Rule(
        "[address]",
        re.compile(rf"\d\w{{0,3}},?\s[^\n]{{1,60}}?\b(?:{_ANY_STREET.lower()})\b").search,
        matches(_ENGLISH_LIVED_IN, _house),
        digits=1,
    ),
    Rule("[address]", said("o box", "o. box"), matches(_BOX), digits=1),
    Rule(
        "[address]",
        re.compile(
            r"(?:straße|strasse|str\.|straat|gracht|laan)\s\d|\d\s?\w?,? (?:[a-z]{1,2}-)?\d{4,5} "
        ).search,
        matches(_GERMAN),
        digits=1,
    ),
    Rule(
        "[address]",
        re.compile(
            r"\d(?:\s?(?:bis|ter|quater|[a-d]))?,?\s(?:rue|avenue|av|boulevard|bd|impasse|chemin|allée|quai"
            r"|faubourg|place|route|cours"
            r"|square|passage)"
        ).search,
        matches(_RUE, _house),
        digits=1,
    ),
    Rule(
        "[address]",
        said(
            "calle",
            "c/",
            "avenida",
            "avda",
            "av.",
            "paseo",
            "plaza",
            "pza",
            "carrer",
            "camino",
            "ronda",
            "via",
            "piazza",
            "corso",
            "rua ",
        ),
        matches(_CALLE),
        digits=1,
    ),
)
