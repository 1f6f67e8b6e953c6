"""Rules for numbers a state or a bank gave a person: identities, passports, accounts, cards.

A number goes when its check digit is right and its form is its own (Chinese identity numbers, cards,
accounts), or when the text names it. Checks are python-stdnum's where it has them; it has none for the
identity cards of Taiwan and Hong Kong. It also takes a mainland number for wrong when the county was not yet
there at birth, though the county is that of registration: here the check digit and the birthday decide.
"""

import re
from collections.abc import Callable
from importlib import import_module

from stdnum import iban, luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from nightmarket.text.redaction_rule import LETTER, Rule, matches, said
from nightmarket.text.shop_numbers import of_the_shop

_START, _END = rf"(?<![\d{LETTER}])", rf"(?![\d{LETTER}])"
# Twelve digits and letters: the least that most numbers need which no word names.
_LONG = re.compile(r"\d(?:[ -]?[\da-z]){11}").search
_ISLAND = re.compile(r"[a-z][1289]\d{8}|[a-z]\d{6}\(").search
_ISSUED = re.compile(
    r"3(?:[689]\d|0[0-5])\d{11}|3[47]\d{13}|(?:4\d{3}|5[1-5]\d\d|6011|6[25]\d\d|35\d\d)\d{12}"
    r"|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|62\d{15,17}"
)
"""How the numbers of payment cards begin, and how long they are (ISO/IEC 7812)."""
_COUNTIES = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
"""Taiwan's: what the letter of an identity number stands for."""


def _compact(match: re.Match[str]) -> str:
    return re.sub(r"[^0-9A-Z]", "", (match["it"]).upper())


def _free(match: re.Match[str]) -> bool:
    return not of_the_shop(match.string, match.start())


def _account(match: re.Match[str]) -> bool:
    return bool(iban.is_valid(_compact(match)))


def _card(match: re.Match[str]) -> bool:
    digits = _compact(match)
    return _ISSUED.fullmatch(digits) is not None and luhn.is_valid(digits)


def _mainland(match: re.Match[str]) -> bool:
    number = _compact(match)
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1] and _free(match)


def _taiwan(match: re.Match[str]) -> bool:
    """The letter's two digits weigh 1 and 9, the nine digits 8 to 1 and 1; the sum is a multiple of 10."""
    number = _compact(match)
    letter, digits = number[0], number[1:]
    weights = (8, 7, 6, 5, 4, 3, 2, 1, 1)
    total = _COUNTIES[letter] // 10 + 9 * (_COUNTIES[letter] % 10)
    total += sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == 0 and _free(match)


def _hong_kong(match: re.Match[str]) -> bool:
    """Letters are 10 to 35 and a missing first one 36; weights 9 to 1; the sum is a multiple of 11."""
    values = [36 if sign == " " else int(sign, 36) for sign in _compact(match).rjust(9)]
    return sum(map(int.__mul__, values, range(9, 0, -1))) % 11 == 0 and _free(match)


def _right(module: str) -> Callable[[re.Match[str]], bool]:
    return lambda match: bool(import_module(f"stdnum.{module}").is_valid(_compact(match)))


_FORMS: tuple[tuple[str, Callable[[str], object], str, Callable[[re.Match[str]], bool]], ...] = (
    ("[iban]", _LONG, r"[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?", _account),
    ("[id]", _LONG, r"[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]", _mainland),
    (
        "[card]",
        _LONG,
        r"(?<![.-])(?:\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?|3\d{3}[ -]?\d{6}[ -]?\d{4,5})(?![ -]\d)",
        _card,
    ),
    ("[id]", _ISLAND, r"[A-Z][1289]\d{8}", _taiwan),
    ("[id]", _ISLAND, r"[A-Z]{1,2}\d{6}\([\dA]\)", _hong_kong),
    ("[id]", said("756."), r"756\.\d{4}\.\d{4}\.\d\d", _right("ch.ssn")),
    ("[id]", re.compile(r"\d\.\d{3}-").search, r"\d{3}\.\d{3}\.\d{3}-\d\d", _right("br.cpf")),
    ("[id]", _LONG, r"[12] \d\d \d\d [\dAB]\d \d{3} \d{3} \d\d", _right("fr.nir")),
    (
        "[id]",
        re.compile(r"[a-z]\d\d[a-z]\d{3}[a-z]").search,
        r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
        _right("it.codicefiscale"),
    ),
    ("[id]", _LONG, r"\d{6}-\d{7}", _right("kr.rrn")),
)
"""Numbers known by their form and their check digit alone."""

_IS = (
    r"(?:号码|號碼|字号|字號|证号|證號|号|號|是|为|為"
    r"|numbers?|num|nos?\b|nr\b|card|nummer|is|was|ist|es|est|lautet|#)"
)
_GAP = rf"(?:[\s.:#°º,()-]{{0,3}}{_IS}){{0,3}}[\s.:#°º,(-]{{0,3}}"
_NAMED: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    # Said to be an identity number: believed even when a digit is mistyped.
    (
        ("身份", "身分", "证件", "證件", "証件", "hkid", "identity card", "id card", "居留"),
        "身份[证證証]|身分[证證証]|[证證証]件|居留[证證証]|hkid|identity card|id card",
        r"(?:\d{17}[\dXx]|\d{15}|[A-Z][A-Z\d]\d{8}|[A-Z]{1,2}\d{6} ?\(?[\dA]\)?|[157]\d{6} ?\(?\d\)?)",
        "",
    ),
    (
        ("护照", "護照", "passport", "reisepass", "passeport", "pasaporte"),
        "护照|護照|passport|reisepass|passeport|pasaporte",
        r"(?=[A-Z0-9]{0,6}\d{3})[A-Z0-9]{7,10}",
        "",
    ),
    (
        ("通行", "台胞", "臺胞", "回乡", "回鄉", "军官", "驾驶", "社保", "入台"),
        "(?:通行|台胞|臺胞|回乡|回鄉|军官|驾驶|入台)[证證証]|社保[号卡]",
        r"[A-Z]{0,2}\d{6,17}[\dXx]",
        "",
    ),
    (
        ("ssn", "social security", "社会安全", "社會安全"),
        "ssn|social security|社[会會]安全(?:号码|號碼)?",
        r"\d{3}[- ]?\d\d[- ]?\d{4}",
        "us.ssn",
    ),
    (("insurance", "nino"), "national insurance|nino", r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]", ""),
    (("nhs",), "nhs", r"\d{3}[- ]?\d{3}[- ]?\d{4}", "gb.nhs"),
    (("dni", "nif", "nie"), r"(?<![a-z])(?:dni|nif)", r"\d{8}[- ]?[A-Za-z]", "es.dni"),
    (("nie",), r"(?<![a-z])nie", r"[XYZxyz][- ]?\d{7}[- ]?[A-Za-z]", "es.nie"),
    (
        ("sécurité sociale", "nir", "carte vitale"),
        r"sécurité sociale|(?<![a-z])nir|carte vitale",
        r"[12](?: ?[\dAB]){12}(?: ?\d\d)",
        "fr.nir",
    ),
    (("steuer", "idnr"), "steuer-?id(?:entifikations)?-?|idnr", r"\d\d ?\d{3} ?\d{3} ?\d{3}", "de.idnr"),
    (("ausweis",), "(?:personal)?ausweis-?", r"[CFGHJKLMNPRTVWXYZ0-9]{9,10}", ""),
    (("sozialversicherung",), "sozialversicherungs?-?", r"\d\d ?\d{6} ?[A-Z] ?\d{3}|\d{4} ?\d{6}", ""),
    (("nric",), "nric", r"[STFGM]\d{7}[A-Z]", ""),
    (("bsn",), r"(?<![a-z])bsn", r"\d{9}", "nl.bsn"),
    (("pesel",), "pesel", r"\d{11}", "pl.pesel"),
    (("aadhaar",), "aadhaar", r"\d{4}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar"),
    (("cpf",), "cpf", r"\d{11}", "br.cpf"),
)
"""Words, what the number after them looks like, and the module of stdnum that knows whether it is right."""

_CALLED_A_CARD = Rule(
    "[card]",
    said("卡号", "卡號", "card number", "card no", "kartennummer"),
    matches(
        re.compile(
            rf"(?P<keep>(?i:(?<!会员)(?<!會員)卡[号號]|card n(?:umber|o)"
            rf"|kartennummer){_GAP})\d{{4}}(?:[ -]?\d{{4}}){{3}}(?:[ -]?\d{{1,3}})?{_END}"
        )
    ),
    digits=16,
)
"""Believed even when a digit is mistyped."""

RULES = (
    _CALLED_A_CARD,
    *(
        Rule(placeholder, hint, matches(re.compile(rf"{_START}(?P<it>{form}){_END}"), accept), digits=6)
        for placeholder, hint, form, accept in _FORMS
    ),
    *(
        Rule(
            "[id]",
            said(*hints),
            matches(
                re.compile(rf"(?P<keep>(?i:(?:{words}){_GAP}))(?P<it>{form}){_END}"),
                *([_right(module)] if module else []),
            ),
            digits=6,
        )
        for hints, words, form, module in _NAMED
    ),
)
