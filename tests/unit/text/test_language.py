"""language: script first, English for what says nothing, another language only on evidence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightmarket.text import language, normalise

TITLES = {
    "en": [
        "DKNY Unisex Black & Grey Printed Medium Trolley Bag",
        "DKNY Unisex Black Large Trolley Bag",
        "Michael Kors Women Sexy Amber Eau de Parfum 100ml",
        "Police Men To Be The King Eau De Toilette 125 ml",
        "ID Men Beige Leather Derbys",
        "iPhone 15 Pro Max 256GB",
        "Stainless Steel Bottle 750 ml",
        "USB-C cable",
        "XL",
        "Great!",
        "This dress is lovely, it fits me perfectly and I get compliments every time.",
        "Jalapeño and crème brûlée gift set for the kitchen",
        "I bought the 旗袍 dress for my sister and she loved it very much",
    ],
    "zh": [
        "红色连衣裙",
        "女士纯棉T恤 夏季新款",
        "Apple iPhone 15 手机壳 透明防摔",
        "Nike 耐克 Air 男子运动鞋",
        "质量很好，物流也快，下次还会再来。",
        "繁體中文商品說明",
        "优の良品 纸巾",
        "好",
        "收到货了，跟描述的一样，100分！！！",
    ],
    "ja": ["赤いワンピース", "レディース Tシャツ 綿100%", "とても良い商品でした。また買います。"],
    "ko": ["여성 원피스 빨간색", "품질이 좋아요", "나이키 Nike 운동화"],
    "fr": ["Très belle robe, je suis très contente de mon achat et la livraison est rapide."],
    "de": ["Das Kleid ist sehr schön und die Lieferung war schnell, ich bin zufrieden."],
    "es": ["El vestido es muy bonito y me queda perfecto, pero la talla es un poco grande."],
    "pt": ["O produto chegou antes do prazo e é muito bom, recomendo para todos."],
    "it": ["Il vestito è molto bello e la consegna è stata veloce, sono soddisfatta."],
    "nl": ["De jurk is heel mooi en het was snel in huis, ik ben er blij mee."],
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
    "und": ["", "12345", "100% !!!", "👍👍👍", "5", "-", "¥199.00", "M"],
}


@pytest.mark.parametrize(
    ("code", "title"), [(code, title) for code, titles in TITLES.items() for title in titles]
)
def test_table(code: str, title: str) -> None:
    assert language(normalise(title)) == code


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_every_text_has_one_answer_and_always_the_same(text: str) -> None:
    code = language(text)
    assert code == language(text)
    assert code == "und" or (len(code) == 2 and code.isascii() and code.islower())


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789 .,!?¥$%-👍+"), max_size=50))
def test_a_text_without_letters_says_nothing(text: str) -> None:
    assert language(text) == "und"


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=50))
def test_han_characters_alone_are_chinese(text: str) -> None:
    assert language(text) == "zh"
    assert language(f"{text} {text[0] * 6} Nike Pro") == "zh"


def test_a_megabyte_is_decided_at_once() -> None:
    assert language("the dress is very nice " * 50_000) == "en"
    assert language("la robe est très belle et " * 40_000) == "fr"
    assert language("裙" * 300_000) == "zh"
