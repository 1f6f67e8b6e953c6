"""reviews.sentiment: whether each of the day's reviews speaks well of its item.

- The shop's own stars are the labels: one classifier on the encoder's vectors, trained anew every night on
  the last year's starred reviews, for all languages at once, since the vectors of one model share one space.
- Each model's vectors have a classifier of their own. A review exported on several days is in the training
  set once, as it was last. Beyond ``most_training_reviews`` a fixed sample is taken, by a hash of the id.
- With fewer than 20 positive or 20 negative reviews there is nothing to learn from yet: the day has no rows,
  and the night goes on. A guess would look like a score.
- ``positive`` is a calibrated probability; at one half and above the label is positive.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.plan import days, job
from nightmarket.spark.vectors import matrix

if TYPE_CHECKING:
    from nightmarket.domains.reviews.sentiment import Classifier

COLUMNS = "review_id string, item_id string, language string, positive double, label string"


@job(
    writes="reviews.sentiment",
    vectors=days("embeddings.reviews", 365),
    reviews=days("reviews.clean", 365),
    size="medium",
)
def build(
    vectors: DataFrame,
    reviews: DataFrame,
    *,
    day: date,
    most_training_reviews: int = 50_000,
    seed: int = 20,
) -> DataFrame:
    # Not at the top: sklearn takes a second, which planning can do without.
    from nightmarket.domains.reviews.sentiment import MINIMUM_OF_EACH, train

    embedded = reviews.join(
        vectors.select("review_id", "day", "model_digest", "vector"), ["review_id", "day"]
    )
    today = embedded.where(F.col("day") == F.lit(day))
    found = today.sparkSession.createDataFrame([], COLUMNS)
    for row in today.select("model_digest").distinct().orderBy("model_digest").collect():
        same_model = F.col("model_digest") == row.model_digest
        labelled = training_set(embedded.where(same_model), most_training_reviews)
        if min((labelled["stars"] <= 2).sum(), (labelled["stars"] >= 4).sum()) < MINIMUM_OF_EACH:
            continue
        vectors_read = matrix(labelled["vector"])
        classifier = train(vectors_read, labelled["stars"].to_numpy(np.int64), seed=seed)
        found = found.unionByName(scored(today.where(same_model), classifier))
    return found


def training_set(embedded: DataFrame, most: int) -> pd.DataFrame:
    """Stars and vectors of the starred reviews, in an order that depends on nothing but their ids."""
    last = F.row_number().over(Window.partitionBy("review_id").orderBy(F.desc("day")))
    starred = embedded.where("stars is not null").withColumn("nth", last).where("nth = 1")
    chosen = starred.orderBy(F.xxhash64("review_id"), "review_id").limit(most)
    return chosen.select("stars", "vector").toPandas()


def scored(today: DataFrame, classifier: "Classifier") -> DataFrame:
    def score(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for block in blocks:
            if len(block):
                positive = classifier.positive(matrix(block["vector"]))
                label = np.where(positive >= 0.5, "positive", "negative")
                yield block[["review_id", "item_id", "language"]].assign(positive=positive, label=label)

    return today.select("review_id", "item_id", "language", "vector").mapInPandas(score, COLUMNS)
