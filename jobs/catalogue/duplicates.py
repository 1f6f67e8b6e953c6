"""catalogue.duplicates: pairs of active listings that are most likely one product.

- Candidates are found by MinHash (Broder 1997) over the titles' shingles, in ``bands`` of ``rows`` hashes
  each: two titles are compared when all hashes of a band agree. Of those that share half of their shingles
  96 % are found, of those that share a fourteenth 1 %. What fills a band with more than ``most_in_band``
  listings is a phrase of the shop and no sign of a twin.
- A candidate is confirmed by its vectors and codes, see ``domains.catalogue.listings``; ``threshold`` was
  the best on the training pairs of Abt-Buy and Walmart-Amazon (infra/bench/duplicates).
- Only listings that one model read are compared. Nothing is merged: whoever keeps the catalogue decides.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.catalogue.frames.minhash import candidates
from nightmarket.domains.catalogue.listings import agreement, centred, codes, score
from nightmarket.plan import job, latest
from nightmarket.spark.vectors import matrix


@job(
    writes="catalogue.duplicates",
    items=latest("catalogue.items", max_age=3),
    vectors=latest("embeddings.items", max_age=3),
    size="large",
)
def build(
    items: DataFrame,
    vectors: DataFrame,
    *,
    threshold: float = 0.72,
    least_shared: float = 0.3,
    bands: int = 24,
    rows: int = 3,
    most_in_band: int = 200,
) -> DataFrame:
    listed = items.where("active").select("item_id", "title")
    read = listed.join(vectors.select("item_id", "model_digest", "vector"), "item_id")
    pairs = candidates(read.select("item_id", "title"), least_shared, bands, rows, most_in_band)
    one, other = (
        read.select(*(F.col(name).alias(f"{name}_{side}") for name in read.columns)) for side in ("1", "2")
    )
    both = pairs.join(one, "item_id_1").join(other, "item_id_2").where("model_digest_1 = model_digest_2")
    return confirmed(both, means(read), threshold)


def means(read: DataFrame) -> dict[str, np.ndarray]:
    """The mean vector of each model, which all its vectors have in common."""
    values = read.select("model_digest", F.posexplode("vector").alias("place", "value"))
    averages = values.groupBy("model_digest", "place").agg(F.avg("value").alias("mean"))
    rows: pd.DataFrame = averages.orderBy("place").toPandas()
    return {str(digest): of["mean"].to_numpy(np.float32) for digest, of in rows.groupby("model_digest")}


def confirmed(pairs: DataFrame, mean: dict[str, np.ndarray], threshold: float) -> DataFrame:
    def scored(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for digest, block in (group for some in blocks for group in some.groupby("model_digest_1")):
            one, other = (centred(matrix(block[f"vector_{side}"]), mean[digest]) for side in "12")
            meaning = (one * other).sum(axis=1)
            titles = zip(block["title_1"], block["title_2"], strict=True)
            by_codes = [agreement(codes(title), codes(another)) for title, another in titles]
            scores = [score(*known) for known in zip(block["shared"], meaning, by_codes, strict=True)]
            found = block[["item_id_1", "item_id_2", "shared"]].assign(meaning=meaning, score=scores)
            yield found[found["score"] >= threshold]

    found = pairs.mapInPandas(
        scored, "item_id_1 string, item_id_2 string, shared double, meaning double, score double"
    )
    return found.select(
        F.col("item_id_1").alias("item_id"), F.col("item_id_2").alias("duplicate_id"),
        *(F.round(name, 6).alias(name) for name in ("shared", "meaning", "score")),
    )  # fmt: skip
