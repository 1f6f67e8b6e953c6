"""Whose tables a catalog holds: one shop's, made with one pseudonym key or with none."""

from nightmarket.errors import PlanError
from nightmarket.sources import Shop, pseudonyms
from nightmarket.warehouse import Warehouse

_NO_KEY = "none"


def confirm_shop(warehouse: Warehouse, shop: Shop) -> None:
    """A catalog belongs to the shop that used it first: rows of two shops would train one model.

    Raises:
        PlanError: it is another shop's.
    """
    owner = warehouse.claimed("shop", shop.name)
    if owner != shop.name:
        raise PlanError(
            f"the catalog holds the tables of {owner}, and {shop.path} is the mapping of {shop.name}; set "
            "NIGHTMARKET_HOME (on a cluster the catalog) to one of its own."
        )


def confirm_key(warehouse: Warehouse, key: bytes | None) -> None:
    """A catalog stays with the pseudonym key it began with, or without any: a night without it would write
    down who people are, and one with another would know none of them again.

    Raises:
        PlanError: it began with another, with one, or without.
    """
    name = pseudonyms.fingerprint(key) if key else _NO_KEY
    began = warehouse.claimed("pseudonyms", name)
    if began == name:
        return
    if began == _NO_KEY:
        raise PlanError(
            "the tables here were begun without a pseudonym key, and people are in them by their ids; unset "
            "the key, or set NIGHTMARKET_HOME (on a cluster the catalog) to a new one and begin again."
        )
    raise PlanError(
        f"the tables here were made with {'a' if key is None else 'another'} pseudonym key; set "
        "NIGHTMARKET_PSEUDONYM_KEY to that one, or NIGHTMARKET_HOME (on a cluster the catalog) to a new one "
        "to go on without knowing anybody again."
    )
