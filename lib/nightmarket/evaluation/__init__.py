"""How good an answer is, in the field's own measures: pure functions of what was said and what was right."""

from nightmarket.evaluation.retrieval import gain_lower_bound, ndcg, ranks

__all__ = ["gain_lower_bound", "ndcg", "ranks"]
