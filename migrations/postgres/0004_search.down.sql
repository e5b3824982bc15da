-- 0004_search, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- comments: the index of words goes, or is made again below
ALTER TABLE "comments" DROP COLUMN IF EXISTS "fasttrack_search";

-- projects: the index of words goes, or is made again below
ALTER TABLE "projects" DROP COLUMN IF EXISTS "fasttrack_search";

-- tasks: the index of words goes, or is made again below
ALTER TABLE "tasks" DROP COLUMN IF EXISTS "fasttrack_search";

-- users: the index of words goes, or is made again below
ALTER TABLE "users" DROP COLUMN IF EXISTS "fasttrack_search";
