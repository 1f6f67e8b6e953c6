"""Contracts: what each table and each export is to be, read from ``schemas/``."""

from nightmarket.contracts.contract import Column, Contract, Contracts, Reference, Rejects
from nightmarket.contracts.ddl import ddl
from nightmarket.contracts.load import load
from nightmarket.contracts.reasons import Reason

__all__ = ["Column", "Contract", "Contracts", "Reason", "Reference", "Rejects", "ddl", "load"]
