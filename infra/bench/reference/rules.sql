-- The rules of behaviour.events in DuckDB, for a first night: from the view export (the texts of each record) to
-- <out>/events and <out>/rejects. It is the yardstick of infra/bench/behaviour, so it does as little as it can:
-- each text is read and parsed once, strings stay where they are, and what repeats is looked for by hash first.
-- Given from outside: the variables out, items (a Parquet file of item_id), first_at, end_at; the functions
-- is_crawler(text) and redact(text), for distinct texts only; TimeZone, the shop's. Addresses are IPv4. The clock of
-- looks and carts shows seconds.

-- phase judge
CREATE TYPE event AS ENUM ('view_item_list', 'select_item', 'view_item', 'add_to_wishlist', 'add_to_cart',
  'remove_from_cart', 'view_cart', 'begin_checkout', 'add_shipping_info', 'add_payment_info', 'purchase', 'refund',
  'search', 'login', 'sign_up', 'share', 'view_promotion', 'select_promotion');

CREATE TABLE judged AS
WITH texts AS (
  SELECT raw, source_file, broken, misread, tidy(event_id) AS event_id, event_name AS name, event_at AS moment,
    tidy(user_id) AS user_id, tidy(device_id) AS device_id, tidy(item_id) AS item_id, tidy(query) AS query,
    tidy(quantity) AS pieces, tidy(price) AS cost, tidy(currency) AS currency, tidy(order_id) AS order_id,
    tidy(user_agent) AS user_agent, tidy(ip) AS ip
  FROM export
), typed AS (
  SELECT *, coalesce(try_cast(name AS event), try_cast(tidy(name) AS event)) AS event_name,
    epoch_us(coalesce(try_cast(moment AS TIMESTAMPTZ), try_cast(tidy(moment) AS TIMESTAMPTZ))) AS happened,
    CASE WHEN regexp_full_match(pieces, '[+-]?\d+(\.0*)?') THEN try_cast(pieces AS INTEGER) END AS quantity,
    CASE WHEN regexp_full_match(cost, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?')
      THEN try_cast(cost AS DECIMAL(18, 4)) END AS price
  FROM texts
)
SELECT raw, source_file, event_id, event_name, happened, user_id, device_id,
  coalesce('d:' || device_id, 'u:' || user_id) AS device, item_id, query, quantity, price, currency, order_id,
  user_agent, nullif(regexp_extract(ip,
    '^((?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3})(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$', 1), '')
    || '0/24' AS network,
  CASE
    WHEN broken THEN 'unparseable'
    WHEN misread OR (happened IS NULL AND tidy(moment) IS NOT NULL) OR (price IS NULL AND cost IS NOT NULL)
      OR (quantity IS NULL AND pieces IS NOT NULL) THEN 'bad_value'
    WHEN event_id IS NULL OR tidy(name) IS NULL OR happened IS NULL THEN 'missing_required'
    WHEN event_name IS NULL THEN 'not_listed'
    WHEN quantity < 1 OR price < 0 THEN 'out_of_range'
    WHEN NOT regexp_full_match(currency, '[A-Z]{3}') THEN 'wrong_form'
    WHEN item_id IS NULL
      AND event_name IN ('select_item', 'view_item', 'add_to_wishlist', 'add_to_cart', 'remove_from_cart')
      THEN 'missing_required'
    WHEN happened < epoch_us(getvariable('first_at')) OR happened >= epoch_us(getvariable('end_at'))
      THEN 'out_of_window'
    WHEN ip LIKE '10.20.%' THEN 'internal_traffic'  -- 10.20.0.0/16
    WHEN item_id IS NOT NULL AND item_id NOT IN (SELECT item_id FROM read_parquet(getvariable('items')))
      THEN 'unknown_item'
  END AS reason
FROM typed;

-- phase repeats
CREATE TEMP TABLE repeats AS
WITH readable AS (
  SELECT rowid AS row, *,
    struct_pack(p := coalesce('u:' || user_id, 'd:' || device_id), e := event_name, i := item_id) AS deed
  FROM judged WHERE reason IS NULL
), often AS (
  SELECT hash(event_id) AS id FROM readable GROUP BY ALL HAVING count(*) > 1
), met AS (
  SELECT row, row_number() OVER by_id AS nth, deed IS NOT DISTINCT FROM first_value(deed) OVER by_id AS same
  FROM readable SEMI JOIN often ON hash(event_id) = often.id
  WINDOW by_id AS (PARTITION BY event_id ORDER BY happened, raw, source_file)
)
SELECT row, CASE WHEN same THEN 'duplicate' ELSE 'id_reused' END AS reason FROM met WHERE nth > 1;

INSERT INTO repeats
WITH about AS (
  SELECT rowid AS row, *, hash(device, event_name, item_id, order_id, quantity, price) AS deed FROM judged
  WHERE reason IS NULL AND item_id IS NOT NULL AND device IS NOT NULL AND rowid NOT IN (SELECT row FROM repeats)
    AND event_name NOT IN ('purchase', 'refund')  -- lines of orders are not timed
), often AS (
  SELECT deed FROM about GROUP BY ALL HAVING count(*) > 1
), met AS (
  SELECT row, happened, happened - lag(happened) OVER (
    PARTITION BY device, event_name, item_id, order_id, quantity, price ORDER BY happened, event_id) AS since
  FROM about SEMI JOIN often USING (deed)
)
SELECT row, 'near_duplicate' FROM met
WHERE since <= 1000000 AND NOT (since = 0 AND happened % 900000000 = 0);  -- a clock of hours among others


-- phase visits
CREATE TEMP TABLE visits AS
WITH kept AS (
  SELECT rowid AS row, device, happened, event_id, event_name, user_id FROM judged
  WHERE reason IS NULL AND device IS NOT NULL AND rowid NOT IN (SELECT row FROM repeats)
), paced AS (
  SELECT *, happened - lag(happened) OVER (PARTITION BY device ORDER BY happened, event_id) AS silence FROM kept
)
SELECT row, device, happened, event_name, user_id, silence,
  max(happened) FILTER (silence IS NULL OR silence > 1800000000) OVER past AS sitting,
  min(happened) FILTER (silence > 1800000000) OVER (PARTITION BY device ORDER BY happened, event_id
    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_sitting,
  last_value(user_id IGNORE NULLS) OVER past AS earlier,
  max(happened) FILTER (user_id IS NOT NULL) OVER past AS earlier_at,
  first_value(user_id IGNORE NULLS) OVER rest AS later,
  min(happened) FILTER (user_id IS NOT NULL) OVER rest AS later_at
FROM paced
WINDOW past AS (PARTITION BY device ORDER BY happened, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
  rest AS (PARTITION BY device ORDER BY happened, event_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING);

-- phase machines
CREATE TEMP TABLE machines AS
WITH pauses AS (
  SELECT device, silence // 10000 AS ticks FROM visits
  WHERE silence <= 1800000000 AND event_name NOT IN ('purchase', 'refund')
    AND NOT (silence = 0 AND happened % 900000000 = 0)
), paces AS (
  SELECT device, count(*) AS n, sum(ticks) AS total, sum(ticks * ticks) AS squares FROM pauses GROUP BY device
), judged_paces AS (
  SELECT device, CASE
    WHEN n >= 50 AND total < 150 * n THEN 'rate'
    WHEN n >= 20 AND 100 * n * squares < 101 * total * total THEN 'regularity' END AS timing
  FROM paces
)
FROM judged_paces WHERE timing IS NOT NULL;

CREATE TEMP TABLE agents AS
SELECT user_agent, is_crawler(user_agent) AS crawler
FROM (SELECT DISTINCT user_agent FROM judged WHERE reason IS NULL AND user_agent IS NOT NULL);

CREATE TEMP TABLE queries AS
SELECT query, redact(query) AS clean
FROM (SELECT DISTINCT query FROM judged WHERE reason IS NULL AND query IS NOT NULL);

-- phase write
COPY (
  WITH stitched AS (
    SELECT row, sitting, coalesce(user_id, CASE WHEN earlier_at >= sitting THEN earlier END,
      CASE WHEN coalesce(later_at < next_sitting, true) THEN later END) AS person
    FROM visits
  )
  SELECT event_id, event_name, make_timestamp(happened) AS event_at, person AS user_id,
    user_id IS NOT NULL AS signed_in, device_id, CASE WHEN device IS NOT NULL
      THEN left(sha256(concat_ws(chr(10), device, sitting, coalesce(person, ''))), 32) END AS session_id,
    item_id, clean AS query, quantity, price, currency, order_id, user_agent, network,
    CASE WHEN crawler THEN 'user_agent' ELSE timing END AS bot
  FROM judged LEFT JOIN stitched ON judged.rowid = stitched.row LEFT JOIN machines USING (device)
    LEFT JOIN agents USING (user_agent) LEFT JOIN queries USING (query)
  WHERE reason IS NULL AND judged.rowid NOT IN (SELECT row FROM repeats)
) TO (getvariable('out') || '/events') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT);

COPY (
  SELECT coalesce(judged.reason, repeats.reason) AS reason, raw
  FROM judged LEFT JOIN repeats ON judged.rowid = repeats.row WHERE coalesce(judged.reason, repeats.reason) IS NOT NULL
) TO (getvariable('out') || '/rejects') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT);
