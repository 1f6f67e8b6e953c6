"""behaviour.sessions: the sessions that tonight's export added to, each complete as known tonight.

- Where a session begins and ends, and whose it is, is decided in behaviour.events; here its events are added
  up, and added to what earlier nights knew of it (``frames/session_parts.py`` of the domain). A session
  across midnight, or one that a late export adds to, gets a new and whole row: its newest row is the truth,
  the older ones are what was known then.
- A late event can close the silence between two sessions that were apart. They go on as one, under the id
  that tonight's events carry, with the counts of both; the other id gets a row that says where it went
  (``merged_into``), keeps its span and adds nothing to any sum. It is never added up again.
- Sessions are joined along a device's sitting, whoever sat there: on a shared device somebody else's late
  event can be what lay between two of one's own. How long a silence ends a sitting, behaviour.events decides.
- What nobody had signed in to yesterday stays nobody's, though somebody signs in after midnight.
- Earlier nights are remembered for seven days; an event that comes later than that is a session of its own.
- The funnel is the furthest step taken, whichever steps were left out on the way: tills and express checkouts
  sell without a cart. Naming an address or a card is part of checking out.
- Revenue is what was bought, by currency ("" where the log names none), before any refund: a session is
  not undone by a parcel sent back weeks later. A line without a quantity is one piece; one without a price is
  none of the revenue.
- One machine-like event makes the session a machine's: a crawler is no customer on the next page.
- Landing is the first event by time, then by id; when a late event is as early as it, the one known first.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.frames.session_parts import (
    COUNTS,
    in_sittings,
    merged,
    of_events,
    of_sessions,
)
from nightmarket.plan import before, days, job, parameter_of

OF_THE_WHOLE = ("landing_event", "landing_item_id", "funnel_step", "revenue", "bot")


@job(
    writes="behaviour.sessions",
    events=days("behaviour.events", 1),
    earlier=before("behaviour.sessions", days=7),
    session_gap_minutes=parameter_of("behaviour.events"),
    size="large",
)
def build(events: DataFrame, earlier: DataFrame, *, session_gap_minutes: int) -> DataFrame:
    parts = of_events(events).unionByName(of_sessions(earlier))
    return with_merged_ids(merged(in_sittings(parts, session_gap_minutes)))


def with_merged_ids(sessions: DataFrame) -> DataFrame:
    """A row for the session, and one for each other id that went into it."""
    itself = F.struct(F.col("into").alias("session_id"), "started_at", "ended_at")
    others = F.filter("known", lambda id_: id_.session_id != F.col("into"))
    whole = F.col("session_id") == F.col("into")
    lasted = ((F.unix_micros("ended_at") - F.unix_micros("started_at")) / 1_000_000).cast("long")
    rows = sessions.withColumn("id", F.explode(F.concat(F.array(itself), others)))
    rows = rows.drop("started_at", "ended_at").select("*", "id.*")
    return rows.select(
        "session_id", "user_id", "device_id", "started_at", "ended_at",
        F.when(whole, lasted).otherwise(0).alias("seconds"),
        *(F.when(whole, F.col(count)).otherwise(0).cast("int").alias(count) for count in COUNTS),
        *(F.when(whole, F.col(name)).alias(name) for name in OF_THE_WHOLE),
        (whole & (F.col("purchases") > 0)).alias("converted"),
        F.when(~whole, F.col("into")).alias("merged_into"),
    )  # fmt: skip
