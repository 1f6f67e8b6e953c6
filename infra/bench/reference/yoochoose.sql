-- A day of YooChoose clicks (infra/sources/yoochoose.yaml) as texts, one row per line below the header.
CREATE OR REPLACE TEMP VIEW export AS
WITH lines AS (
  SELECT raw, 1::SMALLINT AS source_file, string_split(raw, chr(9)) AS field
  FROM read_csv(getvariable('files'), columns = {'raw': 'VARCHAR'}, auto_detect = false, header = true,
    delim = chr(1), quote = '', escape = '', max_line_size = 16777216)
)
SELECT raw, source_file, len(field) <> 3 AS broken, false AS misread, sha256(raw) AS event_id,
  'view_item' AS event_name,
  make_timestamp((field[3]::DECIMAL(20, 6) * 1000000)::BIGINT)::VARCHAR AS event_at,
  NULL::VARCHAR AS user_id, field[1] AS device_id, field[2] AS item_id, NULL::VARCHAR AS query,
  NULL::VARCHAR AS quantity, NULL::VARCHAR AS price, NULL::VARCHAR AS currency,
  NULL::VARCHAR AS order_id, NULL::VARCHAR AS user_agent, NULL::VARCHAR AS ip
FROM lines;
