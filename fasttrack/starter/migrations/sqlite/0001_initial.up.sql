-- 0001_initial
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- notes: a new table
CREATE TABLE "notes" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "body" TEXT NOT NULL DEFAULT '',
  "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE INDEX "notes_owner_id" ON "notes" ("owner_id");

CREATE INDEX "notes_by_title" ON "notes" ("title");

CREATE INDEX "notes_by_created_at" ON "notes" ("created_at");

CREATE INDEX "notes_by_updated_at" ON "notes" ("updated_at");

CREATE INDEX "notes_owner_id_title" ON "notes" ("owner_id", "title");

CREATE INDEX "notes_owner_id_created_at" ON "notes" ("owner_id", "created_at");

CREATE INDEX "notes_owner_id_updated_at" ON "notes" ("owner_id", "updated_at");

-- users: a new table
CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "email_verified" INTEGER NOT NULL DEFAULT 0 CHECK ("email_verified" IN (0, 1)),
  "password" TEXT NOT NULL,
  "display_name" TEXT NOT NULL DEFAULT '',
  "role" TEXT NOT NULL DEFAULT 'user' CHECK ("role" IN ('user', 'admin')),
  "is_active" INTEGER NOT NULL DEFAULT 1 CHECK ("is_active" IN (0, 1)),
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX "users_email_unique" ON "users" (lower("email"));

CREATE INDEX "users_by_email" ON "users" ("email");

CREATE INDEX "users_by_role" ON "users" (CASE "role" WHEN 'user' THEN 0 WHEN 'admin' THEN 1 END);

CREATE INDEX "users_by_is_active" ON "users" ("is_active");

CREATE INDEX "users_by_created_at" ON "users" ("created_at");

-- notes: words are found in `body`, `title`
DROP TABLE IF EXISTS "fasttrack_search_notes";

CREATE VIRTUAL TABLE "fasttrack_search_notes" USING fts5("in_body", "in_title",
  content='', columnsize=0, detail=column,
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '⃣︎️'");

INSERT INTO "fasttrack_search_notes" (rowid, "in_body", "in_title")
SELECT "id", substr("body", 1, 100000), substr("title", 1, 100000) FROM "notes";

CREATE TRIGGER "fasttrack_search_notes_insert" AFTER INSERT ON "notes"
BEGIN INSERT INTO "fasttrack_search_notes" (rowid, "in_body", "in_title") VALUES (NEW."id", substr(NEW."body", 1, 100000), substr(NEW."title", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_notes_update" AFTER UPDATE OF "id", "body", "title" ON "notes"
WHEN OLD."id" IS NOT NEW."id" OR OLD."body" IS NOT NEW."body" OR OLD."title" IS NOT NEW."title"
BEGIN INSERT INTO "fasttrack_search_notes" ("fasttrack_search_notes", rowid, "in_body", "in_title") VALUES ('delete', OLD."id", substr(OLD."body", 1, 100000), substr(OLD."title", 1, 100000)); INSERT INTO "fasttrack_search_notes" (rowid, "in_body", "in_title") VALUES (NEW."id", substr(NEW."body", 1, 100000), substr(NEW."title", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_notes_delete" AFTER DELETE ON "notes"
BEGIN INSERT INTO "fasttrack_search_notes" ("fasttrack_search_notes", rowid, "in_body", "in_title") VALUES ('delete', OLD."id", substr(OLD."body", 1, 100000), substr(OLD."title", 1, 100000)); END;

-- users: words are found in `display_name`, `email`
DROP TABLE IF EXISTS "fasttrack_search_users";

CREATE VIRTUAL TABLE "fasttrack_search_users" USING fts5("in_display_name", "in_email",
  content='', columnsize=0, detail=column,
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '⃣︎️'");

INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email")
SELECT "id", substr("display_name", 1, 100000), substr("email", 1, 100000) FROM "users";

CREATE TRIGGER "fasttrack_search_users_insert" AFTER INSERT ON "users"
BEGIN INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_update" AFTER UPDATE OF "id", "display_name", "email" ON "users"
WHEN OLD."id" IS NOT NEW."id" OR OLD."display_name" IS NOT NEW."display_name" OR OLD."email" IS NOT NEW."email"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); INSERT INTO "fasttrack_search_users" (rowid, "in_display_name", "in_email") VALUES (NEW."id", substr(NEW."display_name", 1, 100000), substr(NEW."email", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_users_delete" AFTER DELETE ON "users"
BEGIN INSERT INTO "fasttrack_search_users" ("fasttrack_search_users", rowid, "in_display_name", "in_email") VALUES ('delete', OLD."id", substr(OLD."display_name", 1, 100000), substr(OLD."email", 1, 100000)); END;
