"""How good an answer is, in the field's own measures: pure functions of what was said and what was right."""

from nightmarket.evaluation.retrieval import least_gain, ndcg, ranks

__all__ = ["least_gain", "ndcg", "ranks"]
