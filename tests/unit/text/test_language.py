"""language: script first, then what is known of the shop; a text that says nothing is in no language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightmarket.text import clean, language, named, spoken
from nightmarket.text.language import tag

# Clear by themselves.
TITLES = {
    "en": [
        "Stainless Steel Bottle 750 ml",
        "Women's waterproof hiking boots",
        "USB-C cable",
        "This dress is lovely, it fits me perfectly and I get compliments every time.",
        "I bought the 旗袍 dress for my sister and she loved it very much",
    ],
    "zh": [
        "红色连衣裙",
        "女士纯棉T恤 夏季新款",
        "Apple iPhone 15 手机壳 透明防摔",
        "Nike 耐克 Air 男子运动鞋",
        "质量很好，物流也快，下次还会再来。",
        "优の良品 纸巾",
        "我の最爱の裙子",
        "好看(づ￣3￣)づ",
        "好",
        "收到货了，跟描述的一样，100分！！！",
    ],
    "zh-Hant": [
        "繁體中文商品說明",
        "真皮手提包 女裝",
        "純棉床單 單人",
        "呢件衫幾靚，好啱身",
        "質量很好，物流也快，下次還會再來。",
    ],
    "ja": [
        "赤いワンピース",
        "レディース Tシャツ 綿100%",
        "とても良い商品でした。また買います。",
        "ケース iPhone 15 手帳型",
        "緑茶 茶葉 百円",
        "売切御免 紺色 帽子",
        "畑仕事用 手袋 綿",
        "木の皿",
    ],
    "ko": ["여성 원피스 빨간색", "품질이 좋아요", "나이키 Nike 운동화"],
    "fr": [
        "Veste imperméable femme",
        "Robe d'été fleurie",
        "Très belle robe, je suis très contente de mon achat et la livraison est rapide.",
    ],
    "de": [
        "Herrenjacke wasserabweisend dunkelblau",
        "Kinderroller 16 Zoll",
        "Das Kleid ist sehr schön und die Lieferung war schnell, ich bin zufrieden.",
    ],
    "es": [
        "Botas de invierno mujer",
        "El vestido es muy bonito y me queda perfecto, pero la talla es un poco grande.",
    ],
    "pt": [
        "Fone de ouvido sem fio preto",
        "O produto chegou antes do prazo e é muito bom, recomendo para todos.",
    ],
    "it": [
        "Scrivania in rovere massello",
        "Il vestito è molto bello e la consegna è stata veloce, sono soddisfatta.",
    ],
    "nl": [
        "Draadloze koptelefoon zwart",
        "De jurk is heel mooi en het was snel in huis, ik ben er blij mee.",
    ],
    "pl": ["Sukienka jest bardzo ładna i dobrze się nosi, ale rozmiar jest za duży."],
    "tr": ["Elbise çok güzel ve kargo hızlı geldi ama beden biraz büyük oldu."],
    "vi": ["Váy rất đẹp và giao hàng nhanh, tôi sẽ mua lại cho mẹ."],
    "id": ["Barang sangat bagus dan pengiriman cepat, saya tidak kecewa dengan toko ini."],
    "sv": ["Klänningen är mycket fin och det var snabb leverans, men den är för stor."],
    "ru": ["Платье очень красивое, доставка быстрая, спасибо продавцу."],
    "uk": ["Сукня дуже гарна, доставка швидка, дякую продавцю."],
    "ar": ["الفستان جميل جدا والتوصيل سريع"],
    "th": ["ชุดเดรสสวยมาก ส่งของเร็ว"],
    "el": ["Πολύ όμορφο φόρεμα"],
    "he": ["שמלה יפה מאוד"],
    "hi": ["बहुत अच्छा उत्पाद है"],
    "da": ["Vandtæt vinterjakke til damer"],
    "cs": ["Dámská zimní bunda"],
    "fi": ["Miesten juoksukengät"],
    "und": [
        "",
        "12345",
        "100% !!!",
        "👍👍👍",
        "5",
        "-",
        "¥199.00",
        "M",
        "XL",
        "XXL",
        "DKNY Trolley Bag",
        "Lampe",
    ],
}


@pytest.mark.parametrize(
    ("code", "title"), [(code, title) for code, titles in TITLES.items() for title in titles]
)
def test_table(code: str, title: str) -> None:
    assert language(clean(title)) == code


UNCLEAR = [
    "Ladekabel USB-C",
    "Crema mani al karité",
    "Brincos de prata",
    "DKNY Unisex Trolley Bag",
    "Lampe",
    "XL",
]


@pytest.mark.parametrize("code", ["de", "fr", "sv", "en"])
@pytest.mark.parametrize("title", UNCLEAR)
def test_what_is_unclear_is_in_the_shop_s_own_language(title: str, code: str) -> None:
    assert language(title, named(code)) == code


@pytest.mark.parametrize(
    ("text", "languages", "code"),
    [
        ("This dress is lovely, it fits me perfectly and I get compliments every time.", "de", "en"),
        ("红色连衣裙", "de", "zh"),
        ("女裝羽絨外套", "zh", "zh-Hant"),
        ("手工 牛皮", "zh", "zh"),
        ("手工 牛皮", "zh-TW", "zh-Hant"),
        ("手工 牛皮", "ja", "ja"),
        ("手工 牛皮", "", "zh"),
        ("木製 長椅", "", "und"),
        ("木製 長椅", "ja", "ja"),
        ("木製 長椅", "zh", "zh-Hant"),
        ("Brincos de prata", "pt, en", "pt"),
        ("Brincos de prata", "es,en", "es"),
        ("Nike", "en", "en"),
        ("123", "en", "und"),
        # A letter is no word, two may be one where something is expected; else it takes four of Latin.
        ("M", "en", "und"),
        ("XL", "en", "en"),
        ("the", "", "und"),
        ("que", "", "und"),
        ("with", "", "en"),
        ("avec", "", "fr"),
        ("я", "ru", "und"),
        ("да", "ru", "ru"),
        ("و", "ar", "und"),
        ("لا", "ar", "ar"),
    ],
)
def test_a_shop_s_languages_are_expected_and_no_more(text: str, languages: str, code: str) -> None:
    assert language(text, named(languages)) == code


def test_what_stands_beside_counts_in_the_script_of_the_text() -> None:
    assert language("Runner 3000") != "de"
    assert language("Runner 3000", beside="Schuhe > Laufschuhe Leder schwarz für Herren") == "de"
    assert language("抹茶 東京", beside="食品 緑") == "ja"
    assert language("红色连衣裙", beside="Country of origin mainland China, polyester and cotton") == "zh"
    assert language("501", beside="Jeans for men, blue denim") == "en"


def test_a_catalogue_says_what_its_unclear_titles_are_in() -> None:
    german = ["Damen Winterstiefel gefüttert", "Kaffeemaschine mit Mahlwerk", "Gartenschlauch 20 m", "Lampe"]
    shares = spoken([*german * 5, "Nike Air", "123", "红色连衣裙"])
    assert max(shares, key=shares.get) == "de"
    assert 0 < shares["zh"] < 0.1 < 0.6 < shares["de"] < 1
    assert sum(shares.values()) == pytest.approx(1)
    assert language("Lampe", shares) == language("Nike Air", shares) == "de"
    assert (
        language("Waterproof boots for women, warm and dry, with a soft lining that you will love", shares)
        == "en"
    )
    assert spoken([]) == spoken(["12", "!"]) == {}


def test_one_unclear_title_does_not_confirm_itself() -> None:
    assert language("Lampe", spoken(["Lampe"])) == "und"


@pytest.mark.parametrize(
    ("said", "code"),
    [("de", "de"), ("DE_at", "de"), (" en-GB", "en"), ("zh", "zh"), ("zh-Hans-CN", "zh"),
     ("zh_TW", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"),
     ("nb", "no"), ("german", None), ("", None), ("1", None)],
)  # fmt: skip
def test_tags(said: str, code: str | None) -> None:
    assert tag(said) == code


def test_named_languages_share_alike_and_what_is_none_is_passed_over() -> None:
    assert named("de-AT, en;?") == {"de": 0.5, "en": 0.5}
    assert named("?") == named("") == {}


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_every_text_has_an_answer(text: str) -> None:
    code = language(text)
    assert code in {"und", "zh-Hant"} or (len(code) == 2 and code.isascii() and code.islower())


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789 .,!?¥$%-👍+"), max_size=50))
def test_a_text_without_letters_says_nothing(text: str) -> None:
    assert language(text) == "und"


@settings(deadline=None)
@given(st.text(st.characters(codec="gb2312", min_codepoint=0x4E00), min_size=1, max_size=50))
def test_characters_of_the_simplified_standard_are_chinese(text: str) -> None:
    assert language(text) in {"zh", "ja"}
    assert language(f"{text}这们给说发") == "zh"
    assert language(f"{text} {text[0] * 6} 这们给说发 Nike Pro") == "zh"


def test_the_first_two_thousand_characters_decide() -> None:
    ukrainian, russian = "Сукня дуже гарна, доставка швидка. ", "Платье очень красивое, доставка быстрая. "
    assert language(ukrainian * 58 + russian * 500) == "uk"
    french, english = "Très belle robe, la livraison est rapide. ", "This dress is lovely and fits me well. "
    assert language(french * 48 + english * 500) == "fr"
    assert language(english + french * 500) == "fr"


def test_a_megabyte_is_decided_at_once() -> None:
    assert language("the dress is very nice " * 50_000) == "en"
    assert language("la robe est très belle et " * 40_000) == "fr"
    assert language("裙" * 300_000) == "zh"
    assert language("x" * 300_000) in {"und", "en"}
