-- A day of UCI Online Retail (infra/sources/online_retail.yaml) as texts, one row per line below the header.
CREATE OR REPLACE TEMP VIEW export AS
WITH lines AS (
  SELECT raw, 1::SMALLINT AS source_file
  FROM read_csv(getvariable('files'), columns = {'raw': 'VARCHAR'}, auto_detect = false, header = true,
    delim = chr(1), quote = '', escape = '', max_line_size = 16777216)
), cut AS (
  SELECT raw, source_file, regexp_extract(raw,
    '^([^,]*),([^,]*),("(?:[^"]|"")*"|[^",]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*)$',
    ['invoice', 'stock', 'described', 'pieces', 'moment', 'cost', 'customer', 'country']) AS field
  FROM lines
), named AS (
  SELECT raw, source_file, field.country = '' AS broken, tidy(field.invoice) AS invoice,
    tidy(field.stock) AS spelled, upper(spelled) AS stock, tidy(field.pieces) AS pieces,
    tidy(field.moment) AS moment, tidy(field.cost) AS cost, tidy(field.customer) AS customer, tidy(CASE WHEN field.described LIKE '"%'
      THEN replace(field.described[2:-2], '""', '"') ELSE field.described END) AS described
  FROM cut
)
SELECT raw, source_file, broken, false AS misread,
  sha256(concat_ws('|', invoice, spelled, described, pieces, moment, cost, customer)) AS event_id,
  CASE
    WHEN invoice LIKE 'C%' THEN 'refund'
    WHEN invoice LIKE 'A%' THEN 'bookkeeping'
    WHEN pieces::INTEGER < 0 OR (cost::DOUBLE = 0 AND customer IS NULL) THEN 'stock adjustment'
    ELSE 'purchase' END AS event_name,
  moment AS event_at, regexp_replace(customer, '[.]0$', '') AS user_id, NULL::VARCHAR AS device_id,
  CASE WHEN regexp_matches(stock, '^([0-9]{5}|DCGS)') THEN stock END AS item_id, NULL::VARCHAR AS query,
  abs(pieces::INTEGER)::VARCHAR AS quantity, cost AS price, CASE WHEN cost IS NOT NULL THEN 'GBP' END AS currency,
  invoice AS order_id, NULL::VARCHAR AS user_agent, NULL::VARCHAR AS ip
FROM named;
