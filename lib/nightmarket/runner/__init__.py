"""Running jobs: one table by itself, or the tables of a night in one warm Spark application.

``specification`` is what a run goes by, ``ownership`` whose tables a catalog holds, ``parameters`` and
``inputs`` what a job is given, ``table`` builds and publishes one, ``night`` several in the order of their
edges. ``announcement`` is how an application says what became of its tables while it goes on.
"""
