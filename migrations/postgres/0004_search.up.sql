-- 0004_search
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- comments: words are found in `body`
ALTER TABLE "comments" ADD COLUMN "fasttrack_search" tsvector
  GENERATED ALWAYS AS ("fasttrack_words"(200000, ARRAY["body"])) STORED;

CREATE INDEX "fasttrack_search_comments" ON "comments" USING gin ("fasttrack_search");

-- projects: words are found in `description`, `name`
ALTER TABLE "projects" ADD COLUMN "fasttrack_search" tsvector
  GENERATED ALWAYS AS ("fasttrack_words"(100000, ARRAY["description", "name"])) STORED;

CREATE INDEX "fasttrack_search_projects" ON "projects" USING gin ("fasttrack_search");

-- tasks: words are found in `description`, `title`
ALTER TABLE "tasks" ADD COLUMN "fasttrack_search" tsvector
  GENERATED ALWAYS AS ("fasttrack_words"(100000, ARRAY["description", "title"])) STORED;

CREATE INDEX "fasttrack_search_tasks" ON "tasks" USING gin ("fasttrack_search");

-- users: words are found in `display_name`, `email`
ALTER TABLE "users" ADD COLUMN "fasttrack_search" tsvector
  GENERATED ALWAYS AS ("fasttrack_words"(100000, ARRAY["display_name", "email"])) STORED;

CREATE INDEX "fasttrack_search_users" ON "users" USING gin ("fasttrack_search");
