-- 0005_email_verified, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- users: what keeps the index of words is in the way
DROP TRIGGER IF EXISTS "fasttrack_search_users_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_users_update";

DROP TRIGGER IF EXISTS "fasttrack_search_users_delete";

-- users: the table is made anew beside the old one, since in place it cannot change:
--   `email_verified` goes again, with what it holds
CREATE TABLE "users__new" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "password" TEXT NOT NULL,
  "display_name" TEXT NOT NULL DEFAULT '',
  "role" TEXT NOT NULL DEFAULT 'user' CHECK ("role" IN ('user', 'admin')),
  "is_active" INTEGER NOT NULL DEFAULT 1 CHECK ("is_active" IN (0, 1)),
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

-- The rows, with their ids.
INSERT INTO "users__new" ("id", "email", "password", "display_name", "role", "is_active", "created_at", "updated_at")
SELECT "id", "email", "password", "display_name", "role", "is_active", "created_at", "updated_at"
FROM "users";

-- The counter of ids, so that none is given out twice.
DELETE FROM sqlite_sequence WHERE name = 'users__new';

INSERT INTO sqlite_sequence (name, seq)
SELECT 'users__new', seq FROM sqlite_sequence WHERE name = 'users';

-- The new table takes the place of the old one.
DROP TABLE "users";

ALTER TABLE "users__new" RENAME TO "users";

-- users: the indexes that its lists go along
CREATE UNIQUE INDEX "users_email_unique" ON "users" (lower("email"));

CREATE INDEX "users_by_email" ON "users" ("email");

CREATE INDEX "users_by_role" ON "users" (CASE "role" WHEN 'user' THEN 0 WHEN 'admin' THEN 1 END);

CREATE INDEX "users_by_is_active" ON "users" ("is_active");

CREATE INDEX "users_by_created_at" ON "users" ("created_at");

-- users: the index of words is kept on
CREATE TRIGGER "fasttrack_search_users_insert" AFTER INSERT ON "users"
BEGIN INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_update" AFTER UPDATE OF "id", "display_name", "email" ON "users"
WHEN OLD."id" IS NOT NEW."id" OR OLD."display_name" IS NOT NEW."display_name" OR OLD."email" IS NOT NEW."email"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_delete" AFTER DELETE ON "users"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); END;
