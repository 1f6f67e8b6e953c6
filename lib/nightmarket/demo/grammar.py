"""The demo shop's listing texts: titles, descriptions, attributes and queries, in English and Chinese.

A listing's words are a function of its product's draws and of the version of the listing, so that both
languages of one product say the same and a rewritten listing says it otherwise.
"""

from dataclasses import dataclass

from nightmarket.demo.words import AXES, CATEGORIES, FEATURES, KINDS, SERIES, TAGS, Feature, Pair

ENGLISH, CHINESE = 0, 1
LANGUAGES = ("en", "zh")
FEWEST_MAKES = min(len(AXES[kind.axes[0]].values) for kind in KINDS)
QUERIES_PER_KIND = 8
"""Spellings of a search for a kind of product, in one language."""


@dataclass(frozen=True)
class Product:
    """What a product is, apart from how a listing words it. ``values`` follow the kind's three axes."""

    kind: int
    rank: int
    brand: Pair
    series: Pair
    values: tuple[Pair, Pair, Pair]
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class Listing:
    """The text columns of one row of the catalogue dump."""

    title: str
    description: str
    brand: str
    category_path: str
    attributes: dict[str, str]


def series_name(rank: int, kind: int) -> Pair:
    """The name of the ``rank``-th product of a kind: two words for the first 1,600, then three.

    The step is prime to the number of names, so no two ranks share one.
    """
    base = len(SERIES)
    if rank < base**2:
        number, length = (rank * 617 + kind * 37) % base**2, 2
    elif rank < base**2 + base**3:
        number, length = (rank * 24_593 + kind * 37) % base**3, 3
    else:
        raise ValueError(f"no name is left for product {rank} of a kind")
    digits = [number // base**position % base for position in range(length)]
    english = " ".join(SERIES[digit][0] for digit in digits)
    return english, "".join(SERIES[digit][1] for digit in digits)


def product(kind: int, rank: int, brand: Pair, turns: list[int]) -> Product:
    """The product that takes these turns among the kind's makes, looks, measures and features."""
    axes = tuple(AXES[name] for name in KINDS[kind].axes)
    first, second, third = (
        axis.values[turn % len(axis.values)] for axis, turn in zip(axes, turns, strict=False)
    )
    offered = FEATURES[KINDS[kind].features]
    start, count = turns[3] % len(offered), 2 + turns[3] // 7 % 2
    features = tuple(offered[(start + step) % len(offered)] for step in range(count))
    return Product(kind, rank, brand, series_name(rank, kind), (first, second, third), features)


def listing(product: Product, language: int, version: int, style: int, described: bool) -> Listing:
    """How a listing words a product. ``style`` chooses among wordings; each new ``version`` changes them."""
    kind = KINDS[product.kind]
    subcategory = (CATEGORIES[kind.category], kind.subcategory, kind.plural)
    return Listing(
        title=_title(product, language, version, style),
        description=_description(product, language, style + version) if described else "",
        brand=product.brand[ENGLISH],
        category_path=" > ".join(pair[language] for pair in subcategory),
        attributes=_attributes(product, language),
    )


def _title(product: Product, language: int, version: int, style: int) -> str:
    # A brand is written in its own letters in both languages, as on real Chinese listings. The series is
    # only named where a kind has so many products that their makes no longer tell them apart.
    brand, name = product.brand[ENGLISH], KINDS[product.kind].name[language]
    series = product.series[language] if product.rank >= FEWEST_MAKES else ""
    make, look, measure = (value[language] for value in product.values)
    tag = TAGS[(style + version) % len(TAGS)][language] if version else ""
    if language == ENGLISH:
        make, look = _capitals(make), _capitals(look)
        named = " ".join(filter(None, (brand, series, make, name)))
        title = (
            f"{named}, {look}, {measure}",
            f"{named} ({look}, {measure})",
            f"{named} - {look}, {measure}",
        )
        return f"{title[style % 3]} - {tag}" if tag else title[style % 3]
    named = " ".join(filter(None, (brand, series)))
    title = (
        f"{named} {make}{name} {look} {measure}",
        f"【{named}】{make}{name}，{look}，{measure}",
        f"{named} {look}{make}{name} {measure}",
    )
    return f"{title[style % 3]} {tag}" if tag else title[style % 3]


def _description(product: Product, language: int, style: int) -> str:
    kind = KINDS[product.kind]
    brand, series, name = product.brand[language], product.series[language], kind.one(language)
    if language == ENGLISH:
        openings = (
            f"The {series} {name} by {brand} is made for people who use it every day.",
            f"Meet {series}, a {name} from {brand}.",
            f"{brand} designed the {series} {name} to do one thing well.",
            f"A quiet favourite of the {brand} workshop: the {series} {name}.",
        )
    else:
        openings = (
            f"{brand}{series}{name}，为每天都要用到的你而设计。",
            f"{series}，来自{brand}的一款{name}。",
            f"{brand}把{series}{name}做得简单而用心。",
            f"{brand}工坊的人气之作：{series}{name}。",
        )
    sentences = [openings[style % len(openings)]]
    for step, (axis_name, value) in enumerate(zip(kind.axes, product.values, strict=True)):
        axis = AXES[axis_name]
        wordings = axis.sentences[language]
        sentences.append(wordings[(style + step) % len(wordings)].format(v=value[language]))
    sentences += [feature.sentence[language] for feature in product.features]
    return (" " if language == ENGLISH else "").join(sentences)


def _attributes(product: Product, language: int) -> dict[str, str]:
    axes = (AXES[name] for name in KINDS[product.kind].axes)
    stated = {axis.key[language]: value[language] for axis, value in zip(axes, product.values, strict=True)}
    series_key = ("series", "系列")[language]
    features = {feature.key[language]: feature.value[language] for feature in product.features}
    return {series_key: product.series[language], **stated, **features}


def relisted(title: str, language: int, style: int) -> str:
    """The title as a second seller of the same product words it: a near duplicate of ``title``."""
    if language == ENGLISH:
        return (
            title.replace(", ", " / "),
            title.upper(),
            f"{title} | Free Returns",
            f"{title.replace(' - ', ', ')}, Boxed",
            f"[In Stock] {title}",
        )[style % 5]
    return (
        f"{title.replace(' ', '')}（全新）",
        f"{title} 包邮",
        f"【现货】{title}",
        f"{title.replace('，', ' ')} 官方",
        f"{title} 正品保障",
    )[style % 5]


def queries() -> list[tuple[str, str]]:
    """All searches, (English, Chinese), QUERIES_PER_KIND in a row for each kind of product.

    Among them: other case and spacing, a slip of the finger, a material, a subcategory instead of a kind.
    """
    searched: list[tuple[str, str]] = []
    for kind in KINDS:
        english, chinese = kind.name[0].lower(), kind.name[1]
        make, look = AXES[kind.axes[0]].values, AXES[kind.axes[1]].values
        searched += [
            (english, chinese),
            (f"{make[0][0]} {english}", f"{make[0][1]}{chinese}"),
            (f"{look[1][0]} {english}", f"{look[1][1]} {chinese}"),
            (f"  {english.title()} ", f" {chinese}  推荐"),
            (english[:2] + english[3:], f"{chinese}哪款好"),
            (f"{make[1][0]} {kind.plural[0].lower()}", f"{make[1][1]} {chinese}"),
            (f"best {english} for a gift", f"送礼 {chinese}"),
            (kind.subcategory[0].upper(), kind.subcategory[1]),
        ]
    return searched


def _capitals(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
