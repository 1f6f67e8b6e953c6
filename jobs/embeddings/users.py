"""embeddings.users: what each customer is drawn to, as vectors among the items' own.

- The whole profile is the mean of the vectors of the items a customer touched, weighted as the interactions
  are: faded with time, returns taken off. Of the ``most_items`` heaviest of each, for a reseller's thousandth
  item says nothing about taste.
- Where one mean would blur what somebody is drawn to, up to three interests are beside it, see
  ``domains.embeddings.interests``.
- Categories (the first level of an item's path) and brands are given with their share of the weight.
- Only vectors of one model can be averaged: the one that read most of a customer's items counts.
- Items fit one machine and go to every worker (100k of 384 dimensions are 150 MB; more than some 600k need a
  larger ``spark.driver.maxResultSize``); customers never pass through the driver.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.embeddings.interests import interests
from nightmarket.plan import job, latest
from nightmarket.spark.vectors import matrix

COLUMNS = (
    "user_id string, interest int, share double, items int, categories map<string,double>, "
    "brands map<string,double>, model string, model_digest string, vector array<float>"
)


@job(
    writes="embeddings.users",
    interactions=latest("behaviour.interactions", max_age=3),
    items=latest("catalogue.items", max_age=3),
    vectors=latest("embeddings.items", max_age=3),
    size="medium",
)
def build(
    interactions: DataFrame, items: DataFrame, vectors: DataFrame, *, most_items: int = 100, named: int = 5
) -> DataFrame:
    known = items.select("item_id", "brand", F.get("category_path", F.lit(0)).alias("category"))
    embedded: pd.DataFrame = vectors.join(known, "item_id", "left").orderBy("item_id").toPandas()
    return profiles(touched(interactions, vectors, most_items), embedded, named)


def touched(interactions: DataFrame, vectors: DataFrame, most: int) -> DataFrame:
    """Each customer's heaviest items that have a vector, as ``items``: arrays of (weight, item_id)."""
    weighed = interactions.where("weight > 0").join(vectors.select("item_id"), "item_id", "left_semi")
    heaviest = F.slice(F.sort_array(F.collect_list(F.struct("weight", "item_id")), asc=False), 1, most)
    return (
        weighed.groupBy("user_id")
        .agg(heaviest.alias("touched"))
        .select("user_id", F.col("touched.weight").alias("weights"), F.col("touched.item_id").alias("items"))
    )


def profiles(people: DataFrame, embedded: pd.DataFrame, named: int) -> DataFrame:
    made_by = embedded.groupby("model_digest", sort=True)
    matrices = {digest: matrix(of["vector"]) for digest, of in made_by}
    place_of_model = made_by.cumcount().to_numpy()
    shared = people.sparkSession.sparkContext.broadcast(
        (
            {item: place for place, item in enumerate(embedded["item_id"])},
            matrices,
            place_of_model,
            embedded[["model", "model_digest", "category", "brand"]],
        )
    )

    def profile(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        places, matrices, place_of_model, facts = shared.value
        for block in blocks:
            rows = []
            for user, items, weights in zip(block["user_id"], block["items"], block["weights"], strict=True):
                place = np.fromiter((places[item] for item in items), np.intp, len(items))
                weight = np.asarray(weights, np.float64)
                digests = facts["model_digest"].to_numpy()[place]
                main = max(sorted(set(digests)), key=lambda digest: weight[digests == digest].sum())
                place, weight = place[digests == main], weight[digests == main]
                own = facts.iloc[place]
                for found in interests(matrices[main][place_of_model[place]], weight):
                    part, heavy = own.iloc[found.members], weight[found.members]
                    names = top(part["category"], heavy, named), top(part["brand"], heavy, named)
                    model = own["model"].iloc[0], main
                    count = len(found.members)
                    rows.append((user, found.number, found.share, count, *names, *model, found.vector))
            yield pd.DataFrame(rows, columns=[column.split()[0] for column in COLUMNS.split(", ")])

    return people.mapInPandas(profile, COLUMNS)


def top(names: pd.Series, weights: np.ndarray, most: int) -> dict[str, float]:
    """The heaviest names with their share of the weight; among equals the first of the alphabet."""
    sums = pd.Series(weights, index=names.to_numpy()).groupby(level=0).sum()
    heaviest = sorted(sums.items(), key=lambda pair: (-round(pair[1], 9), str(pair[0])))[:most]
    return {str(name): float(weight / weights.sum()) for name, weight in heaviest}
