-- What infra/bench/behaviour asks of the rows of both sides, as views. Given from outside: the table lines (day, text:
-- the hash of a line, id: the event id it names), the views job_* and reference_* of both tables, and truth.

-- A key is kept, by its id, or refused, by its text, as often as it came.
CREATE OR REPLACE TEMP VIEW lost_keys AS
WITH refused AS (
  SELECT day, hash(raw) AS text, count(*) AS n FROM job_rejects GROUP BY ALL
), came AS (
  SELECT day, text, any_value(id) AS id, count(*) AS n FROM lines GROUP BY day, text
), rest AS (
  SELECT day, id, sum(came.n - coalesce(refused.n, 0)) AS n
  FROM came LEFT JOIN refused USING (day, text) GROUP BY day, id
), kept AS (
  SELECT day, event_id AS id, count(*) AS n FROM job_events GROUP BY ALL
)
SELECT day, id FROM rest FULL JOIN kept USING (day, id) WHERE coalesce(rest.n, 0) <> coalesce(kept.n, 0)
UNION ALL
SELECT day, NULL FROM refused LEFT JOIN came USING (day, text) WHERE came.n IS NULL;

CREATE OR REPLACE TEMP VIEW differing_rejects AS
WITH job AS (
  SELECT day, reason, hash(raw) AS text, count(*) AS n FROM job_rejects GROUP BY ALL
), reference AS (
  SELECT day, reason, hash(raw) AS text, count(*) AS n FROM reference_rejects GROUP BY ALL
)
SELECT reason, sum(greatest(coalesce(job.n, 0) - coalesce(reference.n, 0), 0)) AS only_job,
  sum(greatest(coalesce(reference.n, 0) - coalesce(job.n, 0), 0)) AS only_reference
FROM job FULL JOIN reference USING (day, reason, text) WHERE job.n IS DISTINCT FROM reference.n GROUP BY reason;

-- Sessions that are not those of all days' events cut at once; null where somebody known has none.
CREATE OR REPLACE TEMP VIEW differing_sessions AS
WITH known AS (
  SELECT session_id, user_id, coalesce('d:' || device_id, 'u:' || user_id) AS device, epoch_us(event_at) AS happened
  FROM job_events
), paced AS (
  SELECT *, happened - lag(happened) OVER (PARTITION BY device ORDER BY happened) AS silence
  FROM known WHERE device IS NOT NULL
), placed AS (
  SELECT session_id, device, user_id, max(happened) FILTER (silence IS NULL OR silence > 1800000000)
    OVER (PARTITION BY device ORDER BY happened) AS sitting
  FROM paced
), pairs AS (
  SELECT DISTINCT * FROM placed
)
SELECT session_id FROM pairs GROUP BY session_id HAVING count(*) > 1
UNION ALL SELECT any_value(session_id) FROM pairs GROUP BY device, user_id, sitting HAVING count(*) > 1
UNION ALL SELECT session_id FROM known WHERE (device IS NULL) <> (session_id IS NULL);

-- Kept rows beside what is true of them. An id may be another event's too; a copy is like its original in both.
CREATE OR REPLACE TEMP VIEW told AS
SELECT kept.session_id, kept.bot, truth.session, truth.plant
FROM job_events AS kept JOIN truth
  ON kept.event_id = truth.event_id AND epoch_us(kept.event_at) = epoch_us(truth.event_at)
WHERE truth.plant <> 'duplicate';

CREATE OR REPLACE TEMP VIEW plants AS
WITH planted AS (
  SELECT plant, count(*) AS n FROM truth GROUP BY plant
), kept AS (
  SELECT plant, count(*) AS n, count(bot) AS bots FROM told GROUP BY plant
)
SELECT plant, planted.n AS planted, coalesce(kept.n, 0) AS kept, coalesce(bots, 0) AS flagged
FROM planted LEFT JOIN kept USING (plant) ORDER BY plant;

-- The truth takes a customer's refunds of a night for one session, whatever their devices and hours.
CREATE OR REPLACE TEMP VIEW sessions_against_truth AS
WITH pairs AS (
  SELECT DISTINCT session_id, session FROM told WHERE session IS NOT NULL AND plant <> 'refund'
)
SELECT 2 * count(*) - count(DISTINCT session) - count(DISTINCT session_id) AS differing FROM pairs;
