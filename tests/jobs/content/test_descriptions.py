"""content.descriptions: a text where there was none, in the item's language, and only for items still
sold.
"""

from drawn import rows

ITEMS = """
    | item_id | title      | description | language | brand | category_path | attributes              | content_hash | active |
    | desk    | Oak Desk   |             | en       | Nord  | [Home, Desks] | {colour: brown}         | 00000000ab   | true   |
    | tea     | 龙井茶     |             | zh       |       | [茶叶]        | {净含量: 250克}         | 00000001ab   | true   |
    | code    | 4711       |             | und      | Muhl  |               |                         | 00000000ab   | true   |
    | told    | Pine Desk  | A desk.     | en       | Nord  | [Home, Desks] | {colour: brown}         | 00000000ab   | true   |
    | gone    | Old Desk   |             | en       | Nord  | [Home, Desks] | {colour: brown}         | 00000000ab   | false  |
    | purse   | 皮革錢包   |             | zh-Hant  |       | [錢包]        | {顏色: 黑色, 材質: 牛皮} | 00000000ab   | true   |
    | table   | Tisch groß |             | de       | Nord  | [Home, Desks] | {colour: brown}         | 00000000ab   | true   |
    | bare    | Plain Lamp |             | en       |       |               |                         | 00000000ab   | true   |
"""  # noqa: E501


def test_items_without_words_get_a_grounded_text(job, drawn) -> None:
    texts = job("content.descriptions").build(drawn("catalogue.items", ITEMS))
    assert rows(texts, "item_id", "language", "facts", "description") == [
        ("desk", "en", 4, "Oak Desk by Nord, from our Desks range. It comes in brown."),
        ("purse", "zh-Hant", 4, "皮革錢包，屬於錢包類。材質為牛皮，顏色為黑色。"),
        ("tea", "zh", 3, "【茶叶】为您推荐龙井茶。净含量：250克。"),
    ]


def test_values_that_items_share_are_the_vocabulary_of_the_check(job, drawn) -> None:
    """ "range" is a value of two other items, so the way that says it must give place to another."""
    stoves = """
    | stove1  | Gas Stove  | Stove.      | en       |       |               | {kind: Range}           | 00000000ab   | true   |
    | stove2  | Oil Stove  | Stove.      | en       |       |               | {kind: range}           | 00000000ab   | true   |
    """  # noqa: E501
    texts = job("content.descriptions").build(drawn("catalogue.items", ITEMS + stoves))
    told = dict(rows(texts, "item_id", "description"))
    assert told["desk"] == "From Desks: Oak Desk by Nord. The colour is brown."
