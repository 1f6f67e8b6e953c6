"""The pictures: what they show follows from the product, and three files are of no use."""

import io

import polars as pl
from PIL import Image

from nightmarket.demo.shop import Shop
from nightmarket.models import picture_fault


def test_most_listings_have_a_picture_and_three_files_are_planted(written, days) -> None:
    items, truth = written.items(days[0]), pl.read_parquet(written.truth / f"pictures/{days[0]}.parquet")
    good = truth.filter(pl.col("plant").is_null())
    assert 0.75 < good.height / items.height < 0.95
    assert set(good["item_id"]) < set(items["item_id"])
    assert sorted(truth["plant"].drop_nulls()) == ["cut_off", "not_a_picture", "unknown_item"]
    summary = written.summaries[days[0]]
    assert summary["rows"]["pictures"] == truth.height
    assert {name: count for name, count in summary["plants"].items() if name.startswith("pictures_")} == {
        "pictures_cut_off": 1,
        "pictures_not_a_picture": 1,
        "pictures_unknown_item": 1,
    }
    for item, plant in truth.iter_rows():
        said = picture_fault((written.landing / f"pictures/{item}.png").read_bytes())
        assert (said is not None) == (plant in {"cut_off", "not_a_picture"}), (item, said)
    (unknown,) = truth.filter(pl.col("plant") == "unknown_item")["item_id"]
    assert unknown not in set(items["item_id"])


def test_pictures_are_of_the_product_and_in_its_colour(written, days) -> None:
    items = written.items(days[0])
    good = pl.read_parquet(written.truth / f"pictures/{days[0]}.parquet").filter(pl.col("plant").is_null())
    shown = items.join(good, on="item_id", how="semi").with_columns(
        pl.col("item_id")
        .map_elements(lambda item: (written.landing / f"pictures/{item}.png").read_bytes(), pl.Binary)
        .alias("picture"),
        pl.col("attributes").str.json_path_match("$.colour").alias("sold_in"),
    )
    assert shown.group_by("product").agg(pl.col("picture").n_unique())["picture"].max() == 1
    assert shown["picture"].n_unique() > 100
    black = shown.filter(pl.col("sold_in") == "black")
    assert black.height > 3
    for picture in black["picture"]:
        assert Image.open(io.BytesIO(picture)).convert("RGB").getpixel((48, 48)) in {
            (17, 17, 17),
            (255, 255, 255),
        }


def test_later_days_add_and_change_nothing(shop: Shop, written, days) -> None:
    first, last = (
        set(pl.read_parquet(written.truth / f"pictures/{day}.parquet")["item_id"]) for day in days[::2]
    )
    assert first <= last
    assert len(list((written.landing / "pictures").iterdir())) == len(last)
