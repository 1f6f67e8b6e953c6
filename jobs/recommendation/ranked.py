"""recommendation.ranked: the twenty items to show each customer tonight, best first.

- Only active items, and nothing the customer bought in the window of the interactions, returned or not.
- Scores are products of taste vectors. An item nobody has touched borrows the vectors of the items most
  like it by embedding (``similar``), so new items compete with old ones in one order instead of waiting for
  a slot. Where a shop has several models, of the one that read most items.
- Customers seen in the last 30 days without a learnt taste get what everybody wants most (``popular``);
  scores are comparable within one customer's list only.
- Ties go to the smaller item id, so the list never depends on how the work was split.
- Items fit one machine (100k items are 13 MB of factors) and go to every worker; customers are ranked in
  blocks of bounded memory. Customers never pass through the driver.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.recommendation.candidates import CandidateIndex, build_index, recommend
from nightmarket.plan import days, job, latest
from nightmarket.spark.vectors import matrix


@job(
    writes="recommendation.ranked",
    factors=latest("recommendation.factors", max_age=3),
    interactions=latest("behaviour.interactions", max_age=3),
    items=latest("catalogue.items", max_age=3),
    vectors=latest("embeddings.items", max_age=3),
    events=days("behaviour.events", 30),
    size="large",
)
def build(
    factors: DataFrame,
    interactions: DataFrame,
    items: DataFrame,
    vectors: DataFrame,
    events: DataFrame,
    *,
    count: int = 20,
    neighbours: int = 10,
) -> DataFrame:
    active = items.where("active").select("item_id")
    index = candidate_index(factors, interactions, active, vectors, neighbours)
    return ranked(customers(factors, interactions, events), index, count)


def candidate_index(
    factors: DataFrame, interactions: DataFrame, active: DataFrame, vectors: DataFrame, neighbours: int
) -> CandidateIndex:
    learnt = factors.where("kind = 'item'").select(F.col("id").alias("item_id"), "factors")
    wanted = interactions.groupBy("item_id").agg(F.round(F.sum("weight"), 6).alias("weight"))
    learnt_rows: pd.DataFrame = learnt.join(active, "item_id", "left_semi").toPandas()
    vector_rows: pd.DataFrame = of_main_model(vectors.join(active, "item_id", "left_semi")).toPandas()
    wanted_rows: pd.DataFrame = wanted.join(active, "item_id", "left_semi").toPandas()
    return build_index(
        learnt_rows["item_id"].to_numpy(object),
        matrix(learnt_rows["factors"]),
        vector_rows["item_id"].to_numpy(object),
        matrix(vector_rows["vector"]),
        wanted_rows["item_id"].to_numpy(object),
        wanted_rows["weight"].to_numpy(np.float64),
        neighbours=neighbours,
    )


def of_main_model(vectors: DataFrame) -> DataFrame:
    """Vectors of two models cannot be compared: those of the model that read most items."""
    counts = vectors.groupBy("model_digest").count().orderBy(F.desc("count"), "model_digest").limit(1)
    return vectors.join(F.broadcast(counts), "model_digest", "left_semi").select("item_id", "vector")


def customers(factors: DataFrame, interactions: DataFrame, events: DataFrame) -> DataFrame:
    seen = events.where("user_id is not null").select("user_id")
    everyone = interactions.select("user_id").union(seen).distinct()
    tastes = factors.where("kind = 'user'").select(F.col("id").alias("user_id"), "factors")
    bought = (
        interactions.where("purchases > 0").groupBy("user_id").agg(F.collect_set("item_id").alias("bought"))
    )
    return everyone.join(tastes, "user_id", "left").join(bought, "user_id", "left")


def ranked(people: DataFrame, index: CandidateIndex, count: int) -> DataFrame:
    shared = people.sparkSession.sparkContext.broadcast(index)

    def rank_blocks(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for block in blocks:
            tastes = [None if taste is None else np.asarray(taste) for taste in block["factors"]]
            bought = [() if own is None else own for own in block["bought"]]
            found = recommend(shared.value, tastes, bought, count)
            yield pd.DataFrame(
                {
                    "user_id": block["user_id"].to_numpy()[found.person],
                    "rank": found.rank.astype(np.int32),
                    "item_id": found.item,
                    "score": found.score,
                    "source": found.source,
                }
            )

    return people.mapInPandas(
        rank_blocks, "user_id string, rank int, item_id string, score double, source string"
    )
