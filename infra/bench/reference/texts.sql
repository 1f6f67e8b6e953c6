-- What every export needs to be read.
CREATE OR REPLACE TEMP MACRO white() AS
  ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(12288) || chr(65279);
-- trim() with a list of characters is dear, and next to no text needs it.
CREATE OR REPLACE TEMP MACRO tidy(t) AS CASE
  WHEN t = '' OR contains(white(), left(t, 1)) OR contains(white(), right(t, 1)) THEN nullif(trim(t, white()), '')
  ELSE t END;
CREATE OR REPLACE TEMP MACRO misshapen(t) AS coalesce(t NOT LIKE '{%' AND tidy(t) <> '[]', false);
