"""The one kind of failure a person is meant to read.

Everything that a user, a file or a configuration can get wrong is raised as a :class:`NightMarketError`
whose text is one or more clear sentences: what is wrong, where, and what to do about it. The command
line and the job runner print that text; any other exception is a defect of ours and keeps its traceback.
The command line exits with 1, the job runner with :data:`EXIT_NON_RETRYABLE`.
"""

EXIT_NON_RETRYABLE = 2
"""Exit status of a job that stays wrong until a person mends something: its scheduler need not try again.
A defect, a lost connection and a killed process end with other statuses, and those are worth another try."""


class NightMarketError(Exception):
    """Something is wrong that the reader can mend; the text says what, where and how."""


class ContractError(NightMarketError):
    """A contract file is malformed, or a table's rows or columns do not fit its contract."""


class AuditError(ContractError):
    """Written rows broke rules of their contract; nothing was published."""


class PlanError(NightMarketError):
    """The jobs do not form a plan: an unknown table, a cycle, a parameter nobody takes."""


class SourceError(NightMarketError):
    """A shop's export is missing or cannot be read at all, or its mapping does not fit it."""


class ModelError(NightMarketError):
    """A model is missing, is not the pinned one, or does not name a text's language."""


class WarehouseError(NightMarketError):
    """A table cannot be read or published as requested."""


class OutageError(NightMarketError):
    """Disk, memory or a process gave way; when there is enough of it again, trying again is all it takes."""


class ContendedError(WarehouseError):
    """Others were at the same table at the same moment; trying again is all it takes."""
