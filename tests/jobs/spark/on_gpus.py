"""Run by test_gpus.py: texts through an encoder that tells which GPU it was given, and when it held it."""

import json
import sys
import time

import numpy as np
from pyspark.sql import SparkSession

from nightmarket.spark.batches import encode_column, gpus


class Teller:
    dimension = 3

    def __init__(self, device: str) -> None:
        self.device = int(device.removeprefix("cuda:"))

    def encode_each(self, batches, *, prefix=None):
        began = time.time() % 1000
        time.sleep(0.3)
        for batch in batches:
            told = [self.device, began, time.time() % 1000]
            yield np.tile(np.array(told, np.float32), (len(batch), 1))


if __name__ == "__main__":
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    texts = spark.range(200).selectExpr("concat('text ', id) text")
    found = {"gpus": gpus(spark)}
    for name, workers in (("given", None), ("more", 8)):
        encoded = encode_column(texts, "text", "vector", Teller, workers=workers)
        rows = encoded.selectExpr("spark_partition_id() place", "vector").distinct().collect()
        found[name] = sorted([row.place, *row.vector] for row in rows)
    json.dump(found, sys.stdout)
