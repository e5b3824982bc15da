-- 0004_search, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- comments: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_comments_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_comments_update";

DROP TRIGGER IF EXISTS "fasttrack_search_comments_delete";

DROP TABLE IF EXISTS "fasttrack_search_comments";

-- projects: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_projects_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_projects_update";

DROP TRIGGER IF EXISTS "fasttrack_search_projects_delete";

DROP TABLE IF EXISTS "fasttrack_search_projects";

-- tasks: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_tasks_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_tasks_update";

DROP TRIGGER IF EXISTS "fasttrack_search_tasks_delete";

DROP TABLE IF EXISTS "fasttrack_search_tasks";

-- users: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_users_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_users_update";

DROP TRIGGER IF EXISTS "fasttrack_search_users_delete";

DROP TABLE IF EXISTS "fasttrack_search_users";
