"""Encodings as shops name them: what is said to be one and nearly always is a wider one.

Python knows the Windows code pages of East Asia by other names; those of Windows and the web are added.
"""

import codecs

EURO = "windows-936"
"""The GBK that Windows writes: its byte 80 is the euro sign, which neither Python's nor Java's GBK has."""

_WINDOWS = {"windows_936": "gbk", "windows_949": "cp949", "windows_31j": "cp932"}
_NONE = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"}
_WIDER = {
    "gb2312": "GBK or GB18030",
    "gbk": f"GB18030, or {EURO}, whose byte 80 is the euro sign",
    "big5": "Big5-HKSCS",
    "shift_jis": "windows-31j",
    "euc_kr": "windows-949",
    "iso8859-9": "windows-1254",
}


def _windows(name: str) -> codecs.CodecInfo | None:
    known = _WINDOWS.get(name.replace("-", "_"))
    return codecs.lookup(known) if known else None


codecs.register(_windows)


def known(name: str) -> bool:
    """Whether texts of files can be in what is called so."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name not in _NONE


def read_as(name: str) -> str:
    """What is called ISO-8859-1 or ASCII is windows-1252, as in browsers (WHATWG).

    The two differ in the bytes 80 to 9F only, and what ISO-8859-1 has there no shop ever wrote.
    """
    return "windows-1252" if codecs.lookup(name).name in {"iso8859-1", "ascii"} else name


def advice(name: str) -> str:
    """Where bytes are not of an encoding: which ones its files are often in."""
    wider = _WIDER.get(codecs.lookup(name).name)
    if name.lower() == EURO:
        wider = "GB18030"
    return f"is it {wider}? See the option encoding" if wider else "see the option encoding"


def splits_as_ascii(name: str) -> bool:
    """Whether line ends and commas of an encoding are the bytes of ASCII, so that Spark may cut lines."""
    found = codecs.lookup(name).name
    if found.startswith(("iso2022", "hz", "utf-7")):
        return False
    return '\n\r,;"'.encode(found, errors="replace") == b'\n\r,;"'
