-- 0001_initial, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- notes: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_notes_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_notes_update";

DROP TRIGGER IF EXISTS "fasttrack_search_notes_delete";

DROP TABLE IF EXISTS "fasttrack_search_notes";

-- users: the index of words goes, or is made again below
DROP TRIGGER IF EXISTS "fasttrack_search_users_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_users_update";

DROP TRIGGER IF EXISTS "fasttrack_search_users_delete";

DROP TABLE IF EXISTS "fasttrack_search_users";

-- notes: the table goes again, with every row in it
DROP TABLE "notes";

-- users: the table goes again, with every row in it
DROP TABLE "users";
