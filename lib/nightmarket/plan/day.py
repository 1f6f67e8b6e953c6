"""The day a run is for: the time rule, kept apart from Airflow so that it can be tested as a function.

A run is for one ``day``, the day of the exports it reads. Nobody asks the clock for it: it comes from the
interval the run was scheduled for or from the person who started the run.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nightmarket.errors import PlanError

_BY_INTERVAL = frozenset({"scheduled", "backfill"})


def day_of_run(run_type: str, asked: str | None, interval_end: datetime | None, timezone: str) -> date:
    """The day a run of the nightly or the weekly DAG is for.

    An interval ends in the small hours, by the shop's clock, of the day after the last one it covers: that
    one has just ended when the run begins.

    Args:
        run_type: Airflow's run type; ``scheduled`` and ``backfill`` runs go by their interval alone.
        asked: the ``day`` parameter, an ISO date, or None when nobody gave one.
        interval_end: end of the run's data interval with its offset; None for a manual run without a logical
            date.
        timezone: IANA name of the shop's time zone.

    Raises:
        PlanError: nothing says which day, ``asked`` is not a date, or it is given where the interval decides.
    """
    if run_type in _BY_INTERVAL:
        if asked:
            raise PlanError(
                f"a {run_type} run takes its day from its interval, but the parameter day is {asked}; "
                "leave day out, or trigger one run by hand for that day."
            )
    elif asked:
        return _parsed(asked)
    if interval_end is None:
        raise PlanError(
            "nothing says which day this run is for: trigger it with the parameter day, "
            'as in --conf \'{"day": "2026-11-01"}\'.'
        )
    if interval_end.tzinfo is None:
        raise ValueError("an interval without an offset has no local date")
    return interval_end.astimezone(ZoneInfo(timezone)).date() - timedelta(days=1)


def _parsed(asked: str) -> date:
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = None
    if day is None or day.isoformat() != asked:  # fromisoformat also reads 20261101 and 2026-W44-7
        raise PlanError(f"'{asked}' is not a day; write it as in 2026-11-01.")
    return day
