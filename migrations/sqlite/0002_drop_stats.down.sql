-- 0002_drop_stats, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- projects: `stats` comes back; what it held cannot
ALTER TABLE "projects" ADD COLUMN "stats" TEXT CHECK ("stats" IS NULL OR json_valid("stats"));
