-- 0002_drop_stats
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- projects: `stats` is dropped, with what it holds
ALTER TABLE "projects" DROP COLUMN "stats";
