"""recommendation.factors: what collaborative filtering has learnt, a taste vector per customer and item.

- Learnt anew every night from the night's interactions alone: those fade by themselves, so there is no
  state of the model to carry, to lose or to leak tomorrow into today.
- Learnt in the driver, by the package ``implicit``: 3 M interactions take it 8 seconds and 155 MiB, where
  Spark's own ALS needs minutes and gigabytes. Interactions are a few numbers per pair; they fit.
- Rows are sorted by id and the seed is fixed: the same interactions give the same factors up to rounding.
"""

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from nightmarket.domains.recommendation.als import factorise
from nightmarket.plan import job, latest


@job(
    writes="recommendation.factors",
    interactions=latest("behaviour.interactions", max_age=3),
    size="large",
)
def build(
    interactions: DataFrame,
    *,
    rank: int = 32,
    alpha: float = 1.0,
    regularisation: float = 0.05,
    iterations: int = 15,
    seed: int = 20,
) -> DataFrame:
    pairs: pd.DataFrame = interactions.where("weight > 0").select("user_id", "item_id", "weight").toPandas()
    factors = factorise(
        pairs["user_id"].to_numpy(object),
        pairs["item_id"].to_numpy(object),
        pairs["weight"].to_numpy(np.float64),
        rank=rank,
        alpha=alpha,
        regularisation=regularisation,
        iterations=iterations,
        seed=seed,
    )
    rows = [
        pd.DataFrame({"kind": kind, "id": ids, "factors": list(matrix)})
        for kind, ids, matrix in (
            ("user", factors.users, factors.user_factors),
            ("item", factors.items, factors.item_factors),
        )
    ]
    return interactions.sparkSession.createDataFrame(
        pd.concat(rows, ignore_index=True), "kind string, id string, factors array<float>"
    )
