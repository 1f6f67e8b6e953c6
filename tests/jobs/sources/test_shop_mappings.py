"""The mappings under infra/sources on rows laid out as the real files, one for each rule in the notes."""

from pathlib import Path

import pytest

from nightmarket import sources

ONLINE_RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1001,85123a,BLUE LANTERN,6,2024-05-01 08:26:00,2.55,17850.0,United Kingdom
1001,85123a,BLUE LANTERN,6,2024-05-01 08:26:00,2.55,17850.0,United Kingdom
1002,22960,"JAM SET, RED",1,2024-05-01 09:00:00,4.25,,France
C1003,85123A,BLUE LANTERN,-2,2024-05-01 09:10:00,2.55,17850.0,United Kingdom
1004,POST,POSTAGE,1,2024-05-01 09:20:00,18.0,12583.0,France
1005,22139,damaged?,-8,2024-05-01 09:30:00,0.0,,United Kingdom
1006,22139,,56,2024-05-01 09:30:00,0.0,,United Kingdom
1007,22139,TEA SET,1,2024-05-01 09:30:00,0.0,12583.0,France
A1008,B,Adjust bad debt,1,2024-05-01 09:40:00,-11.06,,United Kingdom
"""
CLOTHING = '''\
,Clothing ID,Age,Title,Review Text,Rating,Recommended IND,Feedback,Division Name,Department Name,Class Name
0,767,33,,"Soft
and warm, 5'8""",4,1,0,General,Tops,Knits
1,767,34,Fine,,5,1,4,General,Tops,Knits
2,1080,34,Hm,Too small,2,0,0,General,,
'''
MYNTRA = """\
\ufeffProductID,ProductName,ProductBrand,Gender,Price (INR),NumImages,Description,PrimaryColor
1,Bag,B & Co,Unisex,11745,7,"Black
bag", Black
2,Cap,B & Co,Men,"1,299",1,Cap,
3,Hat,B & Co,Men,499,1,Hat,
"""


@pytest.fixture(scope="module")
def mapped(root: Path, contracts, outcomes):
    def build(name: str, file: str, text: str, source: str):
        shop = sources.load(root / "infra" / "sources" / f"{name}.yaml", contracts)
        return outcomes(shop, {file: text.encode()}, source)[file]

    return build


def test_online_retail_events(mapped) -> None:
    found = mapped("online_retail", "online_retail/2024-05-01.csv", ONLINE_RETAIL, "events")
    good = [(r.order_id, r.event_name, r.user_id, r.item_id, r.quantity, str(r.price)) for r in found.good]
    assert good == [
        ("1001", "purchase", "17850", "85123A", 6, "2.5500"),
        ("1001", "purchase", "17850", "85123A", 6, "2.5500"),
        ("1002", "purchase", None, "22960", 1, "4.2500"),
        ("C1003", "refund", "17850", "85123A", 2, "2.5500"),
        ("1004", "purchase", "12583", None, 1, "18.0000"),
        ("1007", "purchase", "12583", "22139", 1, "0.0000"),
    ]
    assert len({r.event_id for r in found.good}) == 5
    # 08:26 in a London summer is 07:26 UTC.
    assert str(found.good[0].event_at) == "2024-05-01 07:26:00"
    assert found.reasons == {"good": 6, "not_listed": 3}
    assert found.details.count("'stock adjustment'") == 2
    assert found.details.count("'bookkeeping'") == 1


def test_online_retail_items(mapped) -> None:
    found = mapped("online_retail", "online_retail/2024-05-01.csv", ONLINE_RETAIL, "items")
    assert {(r.item_id, r.title, r.currency) for r in found.good} == {
        ("85123A", "BLUE LANTERN", "GBP"),
        ("22960", "JAM SET, RED", "GBP"),
    }
    assert found.reasons == {"good": 4, "missing_required": 5}


def test_myntra_items(mapped) -> None:
    found = mapped("myntra", "myntra/myntra_products_catalog.csv", MYNTRA, "items")
    assert [(r.item_id, r.description, r.attributes) for r in found.good] == [
        ("1", "Black\nbag", {"gender": "Unisex", "colour": "Black"}),
        ("3", "Hat", {"gender": "Men"}),
    ]
    assert found.details == "price: '1,299' is not decimal(18,4)"


def test_womens_clothing(mapped) -> None:
    file = "womens_clothing/Womens Clothing E-Commerce Reviews.csv"
    reviews = mapped("womens_clothing", file, CLOTHING, "reviews")
    assert [(r.review_id, r.item_id, r.stars, r.text) for r in reviews.good] == [
        ("0", "767", 4, "Soft\nand warm, 5'8\""),
        ("2", "1080", 2, "Too small"),
    ]
    assert reviews.details == "text is missing"
    items = mapped("womens_clothing", file, CLOTHING, "items")
    item = ("767", "Knits 767", "Tops > Knits")
    assert [(r.item_id, r.title, r.category_path) for r in items.good] == [item] * 2
    assert items.details == "title is missing"
