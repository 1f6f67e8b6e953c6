-- The demo shop's export (infra/sources/demo.yaml) as texts, one row per line.
-- One parse takes all fields; user, item and search are taken whole too, for whether they are objects at all.
CREATE OR REPLACE TEMP VIEW export AS
WITH lines AS (
  SELECT raw, list_position(getvariable('files'), filename)::SMALLINT AS source_file
  FROM read_csv(getvariable('files'), columns = {'raw': 'VARCHAR'}, auto_detect = false, header = false,
    delim = chr(1), quote = '', escape = '', filename = true, max_line_size = 16777216)
), parsed AS (
  SELECT raw, source_file, CASE WHEN json_valid(raw) AND raw LIKE '{%' AND NOT contains(raw, '\u0000')
    THEN json_extract_string(raw, ['$.id', '$.event', '$.ts', '$.user.id', '$.device', '$.item.id',
      '$.search.q', '$.item.qty', '$.item.price', '$.item.currency', '$.order', '$.ua', '$.ip',
      '$.user', '$.item', '$.search']) END AS field
  FROM lines
)
SELECT raw, source_file, field IS NULL AS broken,
  misshapen(field[14]) OR misshapen(field[15]) OR misshapen(field[16]) AS misread,
  field[1] AS event_id, field[2] AS event_name, field[3] AS event_at, field[4] AS user_id,
  field[5] AS device_id, field[6] AS item_id, field[7] AS query, field[8] AS quantity, field[9] AS price,
  field[10] AS currency, field[11] AS order_id, field[12] AS user_agent, field[13] AS ip
FROM parsed;
