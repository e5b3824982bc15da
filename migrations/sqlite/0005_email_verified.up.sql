-- 0005_email_verified
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- users: what keeps the index of words is in the way
DROP TRIGGER IF EXISTS "fasttrack_search_users_insert";

DROP TRIGGER IF EXISTS "fasttrack_search_users_update";

DROP TRIGGER IF EXISTS "fasttrack_search_users_delete";

-- users: a new column `email_verified`, 0 for the rows that are there
ALTER TABLE "users" ADD COLUMN "email_verified" INTEGER NOT NULL DEFAULT 0 CHECK ("email_verified" IN (0, 1));

-- users: the index of words is kept on
CREATE TRIGGER "fasttrack_search_users_insert" AFTER INSERT ON "users"
BEGIN INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_update" AFTER UPDATE OF "id", "display_name", "email" ON "users"
WHEN OLD."id" IS NOT NEW."id" OR OLD."display_name" IS NOT NEW."display_name" OR OLD."email" IS NOT NEW."email"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_delete" AFTER DELETE ON "users"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); END;
