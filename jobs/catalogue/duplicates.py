"""catalogue.duplicates: pairs of active listings that are most likely one product.

- Candidates are found by MinHash (Broder 1997) over the titles' shingles, by Spark's own LSH: no pair of
  unlike titles is ever compared. ``tables`` hashes find a pair that shares half of its shingles with a
  probability of 1 - (1 - 0.5) ** tables.
- A candidate is confirmed by its vectors and codes, see ``nightmarket.catalogue.listings``; ``threshold`` is
  the one that was best on the training pairs of Abt-Buy and Walmart-Amazon (infra/bench/duplicates).
- Only listings that one model read are compared. Nothing is merged: whoever keeps the catalogue decides.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.catalogue.listings import agreement, centred, codes, score, shingles
from nightmarket.plan import job, latest

FEATURES = 1 << 18


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
    threshold: float = 0.74,
    least_shared: float = 0.3,
    tables: int = 8,
    seed: int = 20,
) -> DataFrame:
    listed = items.where("active").select("item_id", "title")
    read = listed.join(vectors.select("item_id", "model_digest", "vector"), "item_id")
    pairs = candidates(read.select("item_id", "title"), least_shared, tables, seed)
    one, other = (
        read.select(*(F.col(name).alias(f"{name}_{side}") for name in read.columns)) for side in ("1", "2")
    )
    both = pairs.join(one, "item_id_1").join(other, "item_id_2").where("model_digest_1 = model_digest_2")
    return confirmed(both, means(read), threshold)


def candidates(listed: DataFrame, least_shared: float, tables: int, seed: int) -> DataFrame:
    """Pairs of ids, the smaller first, with ``shared``: how many of their shingles they have in common."""
    from pyspark.ml.feature import HashingTF, MinHashLSH

    cut = F.udf(shingles, "array<string>")
    words = listed.withColumn("shingles", cut("title")).where(F.size("shingles") > 0)
    counts = HashingTF(inputCol="shingles", outputCol="features", numFeatures=FEATURES, binary=True)
    hashed = counts.transform(words)
    lsh = MinHashLSH(inputCol="features", outputCol="hashes", numHashTables=tables, seed=seed).fit(hashed)
    pairs = lsh.approxSimilarityJoin(hashed, hashed, 1 - least_shared, distCol="distance")
    ids = F.col("datasetA.item_id"), F.col("datasetB.item_id")
    return pairs.where(ids[0] < ids[1]).select(
        ids[0].alias("item_id_1"), ids[1].alias("item_id_2"), (1 - F.col("distance")).alias("shared")
    )


def means(read: DataFrame) -> dict[str, np.ndarray]:
    """The mean vector of each model, which all its vectors have in common."""
    values = read.select("model_digest", F.posexplode("vector").alias("place", "value"))
    averages = values.groupBy("model_digest", "place").agg(F.avg("value").alias("mean"))
    rows: pd.DataFrame = averages.orderBy("place").toPandas()
    return {str(digest): of["mean"].to_numpy(np.float32) for digest, of in rows.groupby("model_digest")}


def confirmed(pairs: DataFrame, mean: dict[str, np.ndarray], threshold: float) -> DataFrame:
    def judge(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for block in blocks:
            if block.empty:
                continue
            common = np.stack([mean[digest] for digest in block["model_digest_1"]])
            one, other = (centred(np.stack(block[f"vector_{side}"].to_list()), common) for side in "12")
            meaning = (one * other).sum(axis=1)
            titles = zip(block["title_1"], block["title_2"], strict=True)
            said = [agreement(codes(title), codes(another)) for title, another in titles]
            scores = [score(*known) for known in zip(block["shared"], meaning, said, strict=True)]
            found = block[["item_id_1", "item_id_2", "shared"]].assign(meaning=meaning, score=scores)
            yield found[found["score"] >= threshold]

    judged = pairs.mapInPandas(
        judge, "item_id_1 string, item_id_2 string, shared double, meaning double, score double"
    )
    return judged.select(
        F.col("item_id_1").alias("item_id"), F.col("item_id_2").alias("duplicate_id"),
        *(F.round(name, 6).alias(name) for name in ("shared", "meaning", "score")),
    )  # fmt: skip
