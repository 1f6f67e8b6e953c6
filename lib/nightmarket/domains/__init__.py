"""What the shop's tables are about, a folder for each domain of ``jobs/`` and ``schemas/``.

A domain's own modules are pure: values in, values out, without Spark, models, files or tables. Its Spark is
in ``frames/``, which may use the domain's pure part, ``nightmarket.spark`` and ``nightmarket.text``; its
sections of the page are in ``sections/``. No domain imports another. The rules in ``pyproject.toml`` say
so once for all domains.
"""
