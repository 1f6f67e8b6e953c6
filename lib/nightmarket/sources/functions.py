"""What an expression of a mapping may call: Spark 3.5's own functions of one record's values, by name.

A list of what is allowed and not of what is forbidden: a function that a session registered, a Hive function,
or one that a later Spark brings is no part of it. A name is one word; Spark's own can also be written
``system.builtin.f``, and that is never needed.

The others are listed with the reason why not, for the sentence that refuses them.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches


def _names(*lines: str) -> frozenset[str]:
    return frozenset(name for line in lines for name in line.split())


ALLOWED = {
    "numbers": _names(
        "abs acos acosh asin asinh atan atan2 atanh bin bround cbrt ceil ceiling conv cos cosh cot csc",
        "degrees div e exp expm1 factorial floor greatest hex hypot least ln log log10 log1p log2 mod",
        "negative pi pmod positive pow power radians rint round sec shiftleft shiftright shiftrightunsigned",
        "sign signum sin sinh sqrt tan tanh try_add try_divide try_multiply try_subtract unhex width_bucket",
        "bit_count bit_get getbit",
    ),
    "days and times": _names(
        "add_months convert_timezone date_add date_diff date_format date_from_unix_date date_part date_sub",
        "date_trunc dateadd datediff datepart day dayofmonth dayofweek dayofyear extract from_unixtime",
        "from_utc_timestamp hour last_day make_date make_dt_interval make_interval make_timestamp",
        "make_timestamp_ltz make_timestamp_ntz make_ym_interval minute month months_between next_day quarter",
        "second timestamp_micros timestamp_millis timestamp_seconds to_date to_timestamp to_timestamp_ltz",
        "to_timestamp_ntz to_unix_timestamp to_utc_timestamp trunc try_to_timestamp unix_date unix_micros",
        "unix_millis unix_seconds unix_timestamp weekday weekofyear year",
    ),
    "texts": _names(
        "ascii base64 bit_length btrim char char_length character_length chr concat concat_ws contains",
        "decode elt encode endswith find_in_set format_number format_string initcap instr lcase left len",
        "length levenshtein locate lower lpad ltrim luhn_check mask octet_length overlay position printf",
        "repeat replace reverse right rpad rtrim sentences soundex space split split_part startswith substr",
        "substring substring_index to_binary to_char to_number to_varchar translate trim try_to_binary",
        "try_to_number ucase unbase64 upper",
    ),
    "regular expressions": _names(
        "like ilike regexp regexp_like rlike regexp_count regexp_extract regexp_extract_all regexp_instr",
        "regexp_replace regexp_substr",
    ),
    "lists": _names(
        "array array_append array_compact array_contains array_distinct array_except array_insert",
        "array_intersect array_join array_max array_min array_position array_prepend array_remove",
        "array_repeat array_size array_sort array_union arrays_overlap arrays_zip cardinality flatten get",
        "sequence size slice sort_array aggregate exists filter forall reduce transform zip_with",
    ),
    "maps and structs": _names(
        "element_at try_element_at map map_concat map_contains_key map_entries map_filter map_from_arrays",
        "map_from_entries map_keys map_values map_zip_with named_struct str_to_map struct transform_keys",
        "transform_values",
    ),
    "JSON, CSV and addresses": _names(
        "from_csv from_json get_json_object json_array_length json_object_keys schema_of_csv schema_of_json",
        "to_csv to_json parse_url url_decode url_encode",
    ),
    "conditions": _names(
        "and or not in between coalesce equal_null if ifnull isnan isnotnull isnull nanvl nullif nvl nvl2",
        "when case",
        # They stop nothing: a record on which an expression raises is rejected.
        "assert_true raise_error",
    ),
    "types": _names(
        "bigint binary boolean cast date decimal double float int smallint string timestamp tinyint typeof",
    ),
    "digests": _names("crc32 hash md5 sha sha1 sha2 xxhash64"),
}

CHANGES = "changes from run to run; a night must give the same rows again"

REFUSED = {
    CHANGES: _names(
        "aes_encrypt curdate current_date current_timestamp current_timezone localtimestamp",
        "monotonically_increasing_id now rand randn random shuffle spark_partition_id uuid",
    ),
    "reads the session or the machine; an expression reads the record alone": _names(
        "current_catalog current_database current_schema current_user input_file_block_length",
        "input_file_block_start grouping__id input_file_name session_user user version",
    ),
    "runs code": _names("java_method reflect try_reflect"),
    "takes a key, and a mapping is no place for one": _names("aes_decrypt try_aes_decrypt"),
    "follows what an XML text points to, files included; export the field by itself": _names(
        "xpath xpath_boolean xpath_double xpath_float xpath_int xpath_long xpath_number xpath_short",
        "xpath_string",
    ),
    "is for many records or for tables; an expression makes one value of one record": _names(
        "any any_value approx_count_distinct approx_percentile array_agg avg bit_and bit_or bit_xor",
        "bitmap_bit_position bitmap_bucket_number bitmap_construct_agg bitmap_count bitmap_or_agg bool_and",
        "bool_or collect_list collect_set corr count count_if count_min_sketch covar_pop covar_samp",
        "cume_dist dense_rank every explode explode_outer first first_value grouping grouping_id",
        "histogram_numeric hll_sketch_agg hll_sketch_estimate hll_union hll_union_agg inline inline_outer",
        "json_tuple kurtosis lag last last_value lead max max_by mean median min min_by mode nth_value ntile",
        "percent_rank percentile percentile_approx posexplode posexplode_outer range rank regr_avgx",
        "regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy row_number",
        "session_window skewness some sql_keywords stack std stddev stddev_pop stddev_samp sum try_avg",
        "try_sum var_pop var_samp variance window window_time",
    ),
}

_ALL = frozenset().union(*ALLOWED.values())
_WHY = {name: reason for reason, names in REFUSED.items() for name in names}

_VARIABLE = re.compile(r"\$\{[^{}]*\}")

OPERATORS = _names(
    "Literal UnresolvedAttribute UnresolvedExtractValue UnresolvedFunction Cast CaseWhen LambdaFunction",
    "UnresolvedNamedLambdaVariable NamedArgumentExpression CreateNamedStruct And Or Not EqualTo",
    "EqualNullSafe GreaterThan GreaterThanOrEqual LessThan LessThanOrEqual In IsNull IsNotNull Add Subtract",
    "Multiply Divide IntegralDivide Remainder UnaryMinus UnaryPositive BitwiseAnd BitwiseNot BitwiseOr",
    "BitwiseXor Concat Like LikeAll LikeAny NotLikeAll NotLikeAny ILike RLike Lower StringTrim",
    "StringTrimLeft StringTrimRight StringTrimBoth Substring StringLocate Overlay TimestampAdd TimestampDiff",
)
"""What Spark's parser makes of SQL's own syntax."""


def variable(text: str) -> str | None:
    """Why a text with ``${…}`` is no expression; None when it has none. Spark would fill in a setting of the
    session, or a variable of the machine, such as a key."""
    found = _VARIABLE.search(text)
    if found is None:
        return None
    return (
        f"{found[0]} would read a setting or a variable of the machine; an expression reads the record alone"
    )


def refusal(name_parts: Iterable[str]) -> str | None:
    """Why a function may not be called, as a sentence without its full stop; None when it may."""
    parts = [part.lower() for part in name_parts]
    name = parts[-1]
    if name in _WHY:
        return f"{name} {_WHY[name]}"
    if len(parts) > 1:
        return f"{'.'.join(parts)}: a function's name is one word"
    if name in _ALL:
        return None
    near = get_close_matches(name, _ALL, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"{name} is none of the functions of Spark that a mapping may call{hint}"
