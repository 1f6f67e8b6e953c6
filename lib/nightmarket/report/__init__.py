"""The night's page: what ran, what it gave, and a look at it.

What is about every table alike follows from the plan and the commits; everything else is a section, found
beside its domain (:mod:`nightmarket.report.section`). No table, reason or source is named here.
"""
