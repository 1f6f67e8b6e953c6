"""Check digits: what tells an identity, card or account number from any other long number."""

from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Lengths of the countries that issue most IBANs; another country's number is judged by its remainder alone.
_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22,
    "GR": 27, "HU": 28, "IE": 22, "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "SE": 24, "TR": 26,
}  # fmt: skip


def is_chinese_id(number: str) -> bool:
    """A mainland identity number: 17 digits, a date of birth among them, and a check character (GB 11643)."""
    if len(number) != 18 or not number[:17].isdigit() or not "11" <= number[:2] <= "91":
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year < 2100:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def is_card(digits: str) -> bool:
    """A payment card's number: a known issuer's digits and length, Luhn's check digit (ISO/IEC 7812)."""
    return _is_issued(digits) and _luhn(digits)


def is_iban(account: str) -> bool:
    """An international bank account number: the length of its country and remainder 1 (ISO 13616)."""
    if not 15 <= len(account) <= 34 or len(account) != _IBAN_LENGTHS.get(account[:2], len(account)):
        return False
    turned = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _is_issued(digits: str) -> bool:
    first_two, first_four = int(digits[:2]), int(digits[:4])
    match len(digits):
        case 14:
            return first_two in {36, 38, 39} or 3000 <= first_four <= 3059
        case 15:
            return first_two in {34, 37}
        case 16:
            return (
                digits[0] == "4"
                or 51 <= first_two <= 55
                or 2221 <= first_four <= 2720
                or first_two in {35, 62, 65}
                or first_four == 6011
            )
        case 17 | 18 | 19:
            return first_two == 62
        case _:
            return False


def _luhn(digits: str) -> bool:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    total = sum(int(digit) for digit in digits[-1::-2]) + sum(value - 9 * (value > 9) for value in doubled)
    return total % 10 == 0
