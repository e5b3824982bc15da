-- 0001_initial
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- comments: a new table
CREATE TABLE "comments" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "body" TEXT NOT NULL,
  "task_id" INTEGER NOT NULL REFERENCES "tasks" ("id") ON DELETE CASCADE,
  "author_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE RESTRICT,
  "created_at" TEXT NOT NULL
) STRICT;

CREATE INDEX "comments_task_id" ON "comments" ("task_id");

CREATE INDEX "comments_author_id" ON "comments" ("author_id");

CREATE INDEX "comments_task_id_author_id" ON "comments" ("task_id", "author_id");

CREATE INDEX "comments_task_id_created_at" ON "comments" ("task_id", "created_at");

-- projects: a new table
CREATE TABLE "projects" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL DEFAULT '',
  "status" TEXT NOT NULL DEFAULT 'active' CHECK ("status" IN ('active', 'archived')),
  "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE RESTRICT,
  "stats" TEXT CHECK ("stats" IS NULL OR json_valid("stats")),
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE INDEX "projects_owner_id" ON "projects" ("owner_id");

CREATE INDEX "projects_by_name" ON "projects" ("name");

CREATE INDEX "projects_by_status" ON "projects" (CASE "status" WHEN 'active' THEN 0 WHEN 'archived' THEN 1 END);

CREATE INDEX "projects_by_created_at" ON "projects" ("created_at");

CREATE INDEX "projects_by_updated_at" ON "projects" ("updated_at");

CREATE INDEX "projects_owner_id_name" ON "projects" ("owner_id", "name");

CREATE INDEX "projects_owner_id_status" ON "projects" ("owner_id", CASE "status" WHEN 'active' THEN 0 WHEN 'archived' THEN 1 END);

CREATE INDEX "projects_owner_id_created_at" ON "projects" ("owner_id", "created_at");

CREATE INDEX "projects_owner_id_updated_at" ON "projects" ("owner_id", "updated_at");

-- tasks: a new table
CREATE TABLE "tasks" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "description" TEXT NOT NULL DEFAULT '',
  "status" TEXT NOT NULL DEFAULT 'todo' CHECK ("status" IN ('todo', 'in_progress', 'done')),
  "priority" TEXT NOT NULL DEFAULT 'medium' CHECK ("priority" IN ('low', 'medium', 'high')),
  "project_id" INTEGER NOT NULL REFERENCES "projects" ("id") ON DELETE CASCADE,
  "assignee_id" INTEGER REFERENCES "users" ("id") ON DELETE SET NULL,
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE INDEX "tasks_project_id" ON "tasks" ("project_id");

CREATE INDEX "tasks_assignee_id" ON "tasks" ("assignee_id");

CREATE INDEX "tasks_project_id_title" ON "tasks" ("project_id", "title");

CREATE INDEX "tasks_project_id_status" ON "tasks" ("project_id", CASE "status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END);

CREATE INDEX "tasks_project_id_priority" ON "tasks" ("project_id", CASE "priority" WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END);

CREATE INDEX "tasks_project_id_assignee_id" ON "tasks" ("project_id", "assignee_id");

CREATE INDEX "tasks_project_id_created_at" ON "tasks" ("project_id", "created_at");

CREATE INDEX "tasks_project_id_updated_at" ON "tasks" ("project_id", "updated_at");

-- users: a new table
CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
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
