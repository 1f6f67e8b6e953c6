"""Words before a telephone number: those that mean one, and those that may as well name goods."""

import re

_WHO = r"(?:[ -](?:me|us|him|her|them|now|back|sie|mich|uns|moi|nous|bitte|please|pls))*"
_HOW = r"(?: (?:on|at|to|via|under|unter|au|al|sur|by|is|direct|@))*"
_MEANT = (
    # call me back on; text; llámame al
    rf"(?<![a-z])(?:call|text|dial|reach|sms|whatsapp|fax|appelez|joignable|llám[ae](?:me)?|llamad(?:me)?"
    rf"|rufen|erreichbar"
    rf"|erreichen){_WHO}{_HOW}",
    rf"(?<![a-z])(?:phone|ring|message|contact|msg)[ -](?:me|us|him|her){_WHO}{_HOW}",
    # phone number is; mobile no; tel:
    r"(?<![a-z])(?:phone|cell|mobile|telephone|tel|contact|whatsapp|landline|fax|call|ph|mob)[ -]?(?:phone )?"
    r"(?:numbers?|nos?|num|nr)\b(?: (?:is|was|on))?",
    r"(?<![a-z])(?:tel|phone|cell|mobile|telephone|landline|ph|mob|tlf|hotline|number|nummer)\.?(?=\s?[:#])",
    # my new number's
    r"(?<![a-z])(?:my|his|her|our|their|your)(?: new| old| work| home| office)?"
    r"(?: mobile| cell| phone| telephone| contact| landline| number| tel){1,3}(?: is| was|['’]s)?",
    r"(?<![a-z])(?:handynummer|telefonnummer|rufnummer|mobilnummer)(?: ist| lautet)?",
    r"(?<![a-z])(?:meine|unsere) nummer(?: ist| lautet)?",
    r"(?<![a-z])(?:mon|notre) (?:numéro|téléphone|portable|mobile)(?: est)?",
    r"(?<![a-z])(?:mi|nuestro|mis|su) (?:número|numero|teléfono|telefono|móvil|movil)(?: es)?",
    r"(?<![a-z])(?:téléphone|tél|teléfono|móvil)\.?(?=\s?[:#])",
    r"(?:手机|手機|电话|電話|联系|聯絡|聯繫|座机|座機)(?:号码|號碼|号|號|方式|电话|電話|手机|手機"
    r"|我){1,2}(?:是|为|為)?",
    r"(?:手机|手機|电话|電話|联系|聯絡|聯繫|座机|座機|号码|號碼|热线|熱線)(?:是|为|為|(?=\s?[:#]))",
    r"联系|聯絡|聯繫",
    r"[我他她](?:的|家|们的)?(?:手机|手機|电话|電話)",
    r"(?:致电|致電|拨打?|撥打?|(?:打给|打給)[我他她]?|来电|來電|打我|打电话|打電話|call我)",
)
_PLAIN = (
    r"(?<![a-z])(?:phone|telephone|tel|tlf|ph|mob|mobile|cell|landline|hotline|handy|telefon|téléphone|tél|portable|teléfono"
    r"|móvil)\.?",
    r"电话|電話|手机|手機|座机|座機",
)
_BETWEEN = r"[\s.:#,]{0,3}$"
_BEFORE = 50
_MEANS = re.compile(rf"(?:{'|'.join(_MEANT)}){_BETWEEN}", re.IGNORECASE)
_MAY_MEAN = re.compile(rf"(?:{'|'.join(_PLAIN)}){_BETWEEN}", re.IGNORECASE)


def number_follows(text: str, start: int) -> bool:
    """Does the text say, right before, that a number to call follows?"""
    return _MEANS.search(text[max(0, start - _BEFORE) : start]) is not None


def phone_stands_before(text: str, start: int) -> bool:
    """Does a word for a telephone stand right before, which may be its number's or the thing itself?"""
    return _MAY_MEAN.search(text[max(0, start - _BEFORE) : start]) is not None
