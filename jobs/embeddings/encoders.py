"""embeddings.encoders: each week's try to train the encoder on the shop's own words, and what it was worth.

- Trained on what belongs together: a query and an item that was bought after it, an item's title and its
  description. Each model that reads items is tuned on the texts it reads, from its own weights anew, so that
  no week builds on the mistakes of another.
- One first text in ten is held out, by its hash, with one pair of each. Nothing that holds it, or the
  description that is to be found, is trained on; queries of an item whose title is held out neither. The
  second text has to be found among all held-out ones and ``candidates`` others; other right answers do not
  compete.
- The gate: a tuned model reads from the next night on only when its NDCG@10 beats that of the model in use,
  on ``least_held_out`` pairs and by more than chance explains (the lower end of the one-sided 95 % interval
  of the mean gain is above 0), and no kind of pairs loses more than ``most_loss``. Both stand in the row,
  whatever comes of it. A tuned model that is gone is in use no longer.
- A model that fails is removed; with fewer than ``least_pairs`` to train on none is made, and without any
  pair there is no row. The weights lie in the folder of models, named by their digest, and every machine that
  embeds needs them there.
- On a CPU it is trained on ``cpu_steps`` batches at most, on a GPU on every pair ``epochs`` times.
  ``mlm_weight`` above 0 also has it guess hidden words.
"""

from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import models
from nightmarket.plan import before, encoder, job, latest

ROWS = (
    "base string, current string, tuned string, steps int, accepted boolean, pairs string, learnt long, "
    "held_out long, candidates long, ndcg_current double, ndcg_tuned double, first_current double, "
    "first_tuned double, least_gain double"
)


@job(
    writes="embeddings.encoders",
    items=latest("catalogue.items", max_age=3),
    searches=before("behaviour.searches", days=90),
    readers=encoder(of="embeddings.items", tuned_by="embeddings.encoders", only_ready=True),
    every="week",
    size="large",
)
def build(
    items: DataFrame,
    searches: DataFrame,
    readers: list[models.Route],
    *,
    cpu_steps: int = 200,
    epochs: int = 3,
    rate: float = 2e-5,
    mlm_weight: float = 0.0,
    most_pairs: int = 100_000,
    least_pairs: int = 500,
    least_held_out: int = 50,
    most_held_out: int = 500,
    candidates: int = 2_000,
    most_loss: float = 0.01,
) -> DataFrame:
    config = models.TrainingConfig(cpu_steps=cpu_steps, epochs=epochs, rate=rate, mlm_weight=mlm_weight)
    split = {"most_held_out": most_held_out, "candidates": candidates}
    rows: list[dict[str, Any]] = []
    for route in readers:
        of_its_languages = F.col("language").isin(*(route.languages or ()))
        read = items.where("active").where(of_its_languages)
        typed = searches.where(of_its_languages)
        titles = models.eval_split(
            [pair for pair, _ in drawn(described(read), most_pairs)], apart=True, **split
        )
        held_out = {title for title, _ in titles.held_out}
        queries = [pair for pair, title in drawn(bought(typed, read), most_pairs) if title not in held_out]
        splits = {"query_item": models.eval_split(queries, apart=False, **split), "title_description": titles}
        if not any(of.training_set or of.held_out for of in splits.values()):
            continue
        result = models.tune_through_gate(
            route.base,
            route.name,
            splits,
            config,
            least_pairs=least_pairs,
            least_held_out=least_held_out,
            most_loss=most_loss,
            precision=route.precision,
        )
        whole = asdict(result)
        rows += [whole | each for each in whole.pop("measured")]
    return items.sparkSession.createDataFrame(rows, ROWS)


def bought(searches: DataFrame, read: DataFrame) -> DataFrame:
    """What was typed, the text of what was bought after it, and its title."""
    found = searches.select(
        F.col("normalised_query").alias("first"), F.explode("bought_items").alias("item_id")
    )
    return found.join(read.select("item_id", F.col("text").alias("second"), "title"), "item_id")


def described(read: DataFrame) -> DataFrame:
    """Titles, and what the shop says of the item beside."""
    return read.select(F.col("title").alias("first"), F.col("description").alias("second"), "title")


def drawn(pairs: DataFrame, most: int) -> list[tuple[models.Pair, str]]:
    """Different pairs with their item's title, at most so many: the same every week, new ones among them."""
    whole = pairs.where("first is not null and second is not null").select("first", "second", "title")
    mixed = F.sha2(F.concat_ws("\n", "first", "second", "title"), 256)
    rows = whole.distinct().orderBy(mixed).limit(most).collect()
    return [((row["first"], row["second"]), row["title"]) for row in rows]
