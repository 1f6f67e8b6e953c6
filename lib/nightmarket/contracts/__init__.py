"""Contracts: what each table and each export promises, read from ``schemas/``."""

from nightmarket.contracts.contract import Column, Contract, Contracts, Reference
from nightmarket.contracts.ddl import ddl
from nightmarket.contracts.load import load

__all__ = ["Column", "Contract", "Contracts", "Reference", "ddl", "load"]
