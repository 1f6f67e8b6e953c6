"""ops.metrics: what each table's run took in, put out, refused and cost.

Read from the commits of the day themselves, which say what was really published; a count that a job kept of
itself would also tell of runs that failed later. Numbers a table does not have (rows in, of a table that
reads no export) stay null: 0 would say there were none.
"""

from pyspark.sql import DataFrame

from nightmarket.plan import commits, job


@job(writes="ops.metrics", published=commits())
def build(published: DataFrame) -> DataFrame:
    # A table of metrics that counted its own runs would differ every time the night is run again.
    return published.where("table_name <> 'ops.metrics'")
