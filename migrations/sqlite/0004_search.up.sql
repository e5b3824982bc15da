-- 0004_search
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- comments: words are found in `body`
DROP TABLE IF EXISTS "fasttrack_search_comments";

CREATE VIRTUAL TABLE "fasttrack_search_comments" USING fts5("in_body",
  content='', columnsize=0, detail=column,
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '⃣︎️'");

INSERT INTO "fasttrack_search_comments" (rowid, "in_body")
SELECT "id", substr("body", 1, 200000) FROM "comments";

CREATE TRIGGER "fasttrack_search_comments_insert" AFTER INSERT ON "comments"
BEGIN INSERT INTO "fasttrack_search_comments" (rowid, "in_body") VALUES (NEW."id", substr(NEW."body", 1, 200000)); END;

CREATE TRIGGER "fasttrack_search_comments_update" AFTER UPDATE OF "id", "body" ON "comments"
WHEN OLD."id" IS NOT NEW."id" OR OLD."body" IS NOT NEW."body"
BEGIN INSERT INTO "fasttrack_search_comments" ("fasttrack_search_comments", rowid, "in_body") VALUES ('delete', OLD."id", substr(OLD."body", 1, 200000)); INSERT INTO "fasttrack_search_comments" (rowid, "in_body") VALUES (NEW."id", substr(NEW."body", 1, 200000)); END;

CREATE TRIGGER "fasttrack_search_comments_delete" AFTER DELETE ON "comments"
BEGIN INSERT INTO "fasttrack_search_comments" ("fasttrack_search_comments", rowid, "in_body") VALUES ('delete', OLD."id", substr(OLD."body", 1, 200000)); END;

-- projects: words are found in `description`, `name`
DROP TABLE IF EXISTS "fasttrack_search_projects";

CREATE VIRTUAL TABLE "fasttrack_search_projects" USING fts5("in_description", "in_name",
  content='', columnsize=0, detail=column,
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '⃣︎️'");

INSERT INTO "fasttrack_search_projects" (rowid, "in_description", "in_name")
SELECT "id", substr("description", 1, 100000), substr("name", 1, 100000) FROM "projects";

CREATE TRIGGER "fasttrack_search_projects_insert" AFTER INSERT ON "projects"
BEGIN INSERT INTO "fasttrack_search_projects" (rowid, "in_description", "in_name") VALUES (NEW."id", substr(NEW."description", 1, 100000), substr(NEW."name", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_projects_update" AFTER UPDATE OF "id", "description", "name" ON "projects"
WHEN OLD."id" IS NOT NEW."id" OR OLD."description" IS NOT NEW."description" OR OLD."name" IS NOT NEW."name"
BEGIN INSERT INTO "fasttrack_search_projects" ("fasttrack_search_projects", rowid, "in_description", "in_name") VALUES ('delete', OLD."id", substr(OLD."description", 1, 100000), substr(OLD."name", 1, 100000)); INSERT INTO "fasttrack_search_projects" (rowid, "in_description", "in_name") VALUES (NEW."id", substr(NEW."description", 1, 100000), substr(NEW."name", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_projects_delete" AFTER DELETE ON "projects"
BEGIN INSERT INTO "fasttrack_search_projects" ("fasttrack_search_projects", rowid, "in_description", "in_name") VALUES ('delete', OLD."id", substr(OLD."description", 1, 100000), substr(OLD."name", 1, 100000)); END;

-- tasks: words are found in `description`, `title`
DROP TABLE IF EXISTS "fasttrack_search_tasks";

CREATE VIRTUAL TABLE "fasttrack_search_tasks" USING fts5("in_description", "in_title",
  content='', columnsize=0, detail=column,
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '⃣︎️'");

INSERT INTO "fasttrack_search_tasks" (rowid, "in_description", "in_title")
SELECT "id", substr("description", 1, 100000), substr("title", 1, 100000) FROM "tasks";

CREATE TRIGGER "fasttrack_search_tasks_insert" AFTER INSERT ON "tasks"
BEGIN INSERT INTO "fasttrack_search_tasks" (rowid, "in_description", "in_title") VALUES (NEW."id", substr(NEW."description", 1, 100000), substr(NEW."title", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_tasks_update" AFTER UPDATE OF "id", "description", "title" ON "tasks"
WHEN OLD."id" IS NOT NEW."id" OR OLD."description" IS NOT NEW."description" OR OLD."title" IS NOT NEW."title"
BEGIN INSERT INTO "fasttrack_search_tasks" ("fasttrack_search_tasks", rowid, "in_description", "in_title") VALUES ('delete', OLD."id", substr(OLD."description", 1, 100000), substr(OLD."title", 1, 100000)); INSERT INTO "fasttrack_search_tasks" (rowid, "in_description", "in_title") VALUES (NEW."id", substr(NEW."description", 1, 100000), substr(NEW."title", 1, 100000)); END;

CREATE TRIGGER "fasttrack_search_tasks_delete" AFTER DELETE ON "tasks"
BEGIN INSERT INTO "fasttrack_search_tasks" ("fasttrack_search_tasks", rowid, "in_description", "in_title") VALUES ('delete', OLD."id", substr(OLD."description", 1, 100000), substr(OLD."title", 1, 100000)); END;

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
