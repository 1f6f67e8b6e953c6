"""A description from a record, by grammar: several ways to say it, one chosen by the content's hash.

The same content always gets the same text, and a thousand items do not all begin alike. Sentences are built
from the record's own words only; what comes out is checked all the same (:mod:`.grounding`), because a
record's words can combine into something it does not say.
"""

from collections.abc import Collection
from dataclasses import dataclass

from nightmarket.domains.content.grounding import unsupported
from nightmarket.domains.content.record import Language, Record

MOST_ATTRIBUTES = 6
LONGEST_VALUE = 60
"""Characters; a longer attribute is a text of its own, not a fact to put into a sentence."""

LONGEST_RECORD = 10_000
"""Characters; no sentence can be made of what is longer."""

_ROLES = {
    "material": "material fabric 材质 材質 面料 材料 质地 質地",
    "colour": "colour color 颜色 顏色 色彩",
    "size": "size dimensions dimension 尺寸 尺码 尺碼 规格 規格",
    "capacity": "capacity volume 容量 净含量 淨含量",
    "style": "style 风格 風格 款式",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}

_OPENINGS: dict[Language, tuple[str, ...]] = {
    "en": (
        "{title}{by}, from our {category} range.",
        "From {category}: {title}{by}.",
        "Meet the {title}{by}. You will find it under {category}.",
    ),
    "zh": (
        "{by}{title}，属于{category}类。",
        "【{category}】为您推荐{by}{title}。",
        "{by}{title}，{category}类商品。",
    ),
    "zh-Hant": (
        "{by}{title}，屬於{category}類。",
        "【{category}】為您推薦{by}{title}。",
        "{by}{title}，{category}類商品。",
    ),
}
_OPENINGS_WITHOUT_CATEGORY: dict[Language, tuple[str, ...]] = {
    "en": ("{title}{by}.", "Meet the {title}{by}.", "This is the {title}{by}."),
    "zh": ("{by}{title}。", "为您准备了{by}{title}。", "这就是{by}{title}。"),
    "zh-Hant": ("{by}{title}。", "為您準備了{by}{title}。", "這就是{by}{title}。"),
}
_MADE: dict[Language, dict[tuple[str, ...], tuple[str, ...]]] = {
    "en": {
        ("material", "colour"): (
            "It is made of {material}, in {colour}.",
            "The material is {material} and the colour {colour}.",
            "Colour {colour}, material {material}.",
        ),
        ("material",): ("It is made of {material}.", "The material is {material}.", "Material: {material}."),
        ("colour",): ("It comes in {colour}.", "The colour is {colour}.", "Colour: {colour}."),
    },
    "zh": {
        ("material", "colour"): (
            "材质为{material}，颜色为{colour}。",
            "采用{material}材质，{colour}配色。",
            "颜色：{colour}；材质：{material}。",
        ),
        ("material",): ("材质为{material}。", "采用{material}制成。", "材质：{material}。"),
        ("colour",): ("颜色为{colour}。", "呈现{colour}。", "颜色：{colour}。"),
    },
    "zh-Hant": {
        ("material", "colour"): (
            "材質為{material}，顏色為{colour}。",
            "採用{material}材質，{colour}配色。",
            "顏色：{colour}；材質：{material}。",
        ),
        ("material",): ("材質為{material}。", "採用{material}製成。", "材質：{material}。"),
        ("colour",): ("顏色為{colour}。", "呈現{colour}。", "顏色：{colour}。"),
    },
}


@dataclass(frozen=True)
class Description:
    text: str
    facts: int
    """Facts of the record the text states: the title, the brand, the category, each attribute."""


def describe(
    record: Record, language: Language, content_hash: str, vocabulary: Collection[str] = ()
) -> Description | None:
    """A text that says nothing the record does not say.

    Args:
        content_hash: hexadecimal; chooses among the ways to say it.
        vocabulary: see :func:`~nightmarket.domains.content.grounding.unsupported`.

    Returns: The first grounded text of: the chosen way, the other ways, the plain list of facts. None when
        the record holds nothing beyond its title (a description would only repeat it), is longer than any
        listing, or when not even the list is grounded.
    """
    shown = _shown(record)
    if len(record.words) > LONGEST_RECORD:
        return None
    facts = 1 + bool(record.brand) + bool(record.category_path) + len(shown)
    if facts == 1:
        return None
    ways = len(_OPENINGS[language])
    chosen = int(content_hash[:8], 16)
    texts = [_sentences(record, shown, language, (chosen + n) % ways) for n in range(ways)]
    for text in [*texts, _plain(record, shown, language)]:
        if not unsupported(text, record, vocabulary):
            return Description(text, facts)
    return None


def _shown(record: Record) -> dict[str, str]:
    """The attributes to state: those every shopper asks for first, then by name."""
    short = {name: value for name, value in record.attributes.items() if 0 < len(value) <= LONGEST_VALUE}
    order = list(_ROLES)
    ordered = sorted(short, key=lambda name: (order.index(_role(name)) if _role(name) else len(order), name))
    return {name: short[name] for name in ordered[:MOST_ATTRIBUTES]}


def _role(name: str) -> str:
    return _ROLE_OF.get(name.strip().lower(), "")


def _sentences(record: Record, shown: dict[str, str], language: Language, way: int) -> str:
    openings = _OPENINGS if record.category_path else _OPENINGS_WITHOUT_CATEGORY
    # A title that names the brand already need not name it twice.
    brand = record.brand if record.brand and record.brand.lower() not in record.title.lower() else None
    by = "" if brand is None else f" by {brand}" if language == "en" else f"{brand} "
    category = record.category_path[-1] if record.category_path else ""
    sentences = [openings[language][way].format(title=record.title, by=by, category=category)]
    by_role = {_role(name): name for name in reversed(shown) if _role(name) in ("material", "colour")}
    made = tuple(role for role in ("material", "colour") if role in by_role)
    if made:
        values = {role: shown[by_role[role]] for role in made}
        sentences.append(_MADE[language][made][way].format(**values))
    rest = {name: value for name, value in shown.items() if name not in by_role.values()}
    return _joined([*sentences, *_listed(rest, language)], language)


def _plain(record: Record, shown: dict[str, str], language: Language) -> str:
    stop = "." if language == "en" else "。"
    named = [part for part in (record.title, record.brand, *record.category_path[-1:]) if part]
    return _joined([*(f"{part}{stop}" for part in named), *_listed(shown, language)], language)


def _listed(attributes: dict[str, str], language: Language) -> list[str]:
    names = {name: name.replace("_", " ").strip() for name in attributes}
    if language != "en":
        return (
            ["；".join(f"{names[n]}：{value}" for n, value in attributes.items()) + "。"]
            if attributes
            else []
        )
    return [f"{names[n][:1].upper()}{names[n][1:]}: {value}." for n, value in attributes.items()]


def _joined(sentences: list[str], language: Language) -> str:
    return (" " if language == "en" else "").join(sentences)
