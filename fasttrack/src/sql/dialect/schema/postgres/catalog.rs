//! What the catalog is asked.

/// Every table, index, trigger and view of the schema that tables are made in. A table is described as JSON, since there is
/// no `CREATE TABLE` to be had; an index and a trigger by the statement that makes it. What belongs to an extension is
/// nobody's table, and an index that makes a constraint hold is part of its table. The column of words is part of their index.
pub(super) const OBJECTS: &str = r#"WITH "own" AS (
  SELECT c."oid", c."relname", c."relkind" FROM pg_catalog.pg_class c
  WHERE c."relnamespace" = (SELECT n."oid" FROM pg_catalog.pg_namespace n WHERE n."nspname" = current_schema())
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
      WHERE d."classid" = 'pg_catalog.pg_class'::regclass AND d."objid" = c."oid" AND d."deptype" = 'e')
), "columns" AS (
  SELECT a."attrelid", json_agg(json_build_object(
    'name', a."attname", 'type', format_type(a."atttypid", a."atttypmod"),
    'collation', (SELECT l."collname" FROM pg_catalog.pg_collation l
      JOIN pg_catalog.pg_type y ON y."oid" = a."atttypid" AND y."typcollation" <> a."attcollation"
      WHERE l."oid" = a."attcollation"),
    'is_required', a."attnotnull",
    'is_generated', a."attidentity" <> '' OR a."attgenerated" <> '',
    'default', (SELECT pg_get_expr(f."adbin", f."adrelid") FROM pg_catalog.pg_attrdef f
      WHERE f."adrelid" = a."attrelid" AND f."adnum" = a."attnum")
  ) ORDER BY a."attnum") AS "list"
  FROM pg_catalog.pg_attribute a WHERE a."attnum" > 0 AND NOT a."attisdropped"
    AND NOT (a."attgenerated" <> '' AND a."attname" = 'fasttrack_search') GROUP BY a."attrelid"
), "constraints" AS (
  SELECT k."conrelid", json_agg(pg_get_constraintdef(k."oid") ORDER BY k."conname") AS "list"
  FROM pg_catalog.pg_constraint k WHERE k."contype" IN ('c', 'f', 'p', 'u', 'x') GROUP BY k."conrelid"
)
SELECT 0, 0::bigint, t."relname"::text, 'table', t."relname"::text, json_build_object(
    'columns', COALESCE(m."list", '[]'::json), 'constraints', COALESCE(k."list", '[]'::json))::text
FROM "own" t LEFT JOIN "columns" m ON m."attrelid" = t."oid" LEFT JOIN "constraints" k ON k."conrelid" = t."oid"
WHERE t."relkind" IN ('r', 'p')
UNION ALL
SELECT 0, 0, i."relname"::text, 'index', t."relname"::text,
  pg_get_indexdef(i."oid") || CASE WHEN x."indisvalid" THEN '' ELSE ' INVALID' END
FROM pg_catalog.pg_index x JOIN "own" t ON t."oid" = x."indrelid" JOIN pg_catalog.pg_class i ON i."oid" = x."indexrelid"
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
  WHERE k."conindid" = i."oid" AND k."contype" IN ('p', 'u', 'x'))
UNION ALL
SELECT 0, 0, g."tgname"::text, 'trigger', t."relname"::text,
  p."prosrc" || CASE WHEN g."tgenabled" = 'D' THEN ' DISABLED' ELSE '' END
FROM pg_catalog.pg_trigger g JOIN "own" t ON t."oid" = g."tgrelid" JOIN pg_catalog.pg_proc p ON p."oid" = g."tgfoid"
WHERE NOT g."tgisinternal"
UNION ALL
SELECT 0, 0, t."relname"::text, 'view', t."relname"::text, '' FROM "own" t WHERE t."relkind" IN ('v', 'm')"#;
