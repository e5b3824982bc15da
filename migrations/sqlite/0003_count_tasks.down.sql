-- 0003_count_tasks, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- projects: what keeps `todo_tasks`, `begun_tasks` and `done_tasks` is in the way, or made again below
DROP TRIGGER IF EXISTS "tasks_projects_figures_insert";

DROP TRIGGER IF EXISTS "tasks_projects_figures_update";

DROP TRIGGER IF EXISTS "tasks_projects_figures_delete";

-- projects: the table is made anew beside the old one, since in place it cannot change:
--   `todo_tasks` goes again, with what it holds
--   `begun_tasks` goes again, with what it holds
--   `done_tasks` goes again, with what it holds
CREATE TABLE "projects__new" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL DEFAULT '',
  "status" TEXT NOT NULL DEFAULT 'active' CHECK ("status" IN ('active', 'archived')),
  "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE RESTRICT,
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

-- The rows, with their ids.
INSERT INTO "projects__new" ("id", "name", "description", "status", "owner_id", "created_at", "updated_at")
SELECT "id", "name", "description", "status", "owner_id", "created_at", "updated_at"
FROM "projects";

-- The counter of ids, so that none is given out twice.
DELETE FROM sqlite_sequence WHERE name = 'projects__new';

INSERT INTO sqlite_sequence (name, seq)
SELECT 'projects__new', seq FROM sqlite_sequence WHERE name = 'projects';

-- The new table takes the place of the old one.
DROP TABLE "projects";

ALTER TABLE "projects__new" RENAME TO "projects";

-- projects: the indexes that its lists go along
CREATE INDEX "projects_owner_id" ON "projects" ("owner_id");

CREATE INDEX "projects_by_name" ON "projects" ("name");

CREATE INDEX "projects_by_status" ON "projects" (CASE "status" WHEN 'active' THEN 0 WHEN 'archived' THEN 1 END);

CREATE INDEX "projects_by_created_at" ON "projects" ("created_at");

CREATE INDEX "projects_by_updated_at" ON "projects" ("updated_at");

CREATE INDEX "projects_owner_id_name" ON "projects" ("owner_id", "name");

CREATE INDEX "projects_owner_id_status" ON "projects" ("owner_id", CASE "status" WHEN 'active' THEN 0 WHEN 'archived' THEN 1 END);

CREATE INDEX "projects_owner_id_created_at" ON "projects" ("owner_id", "created_at");

CREATE INDEX "projects_owner_id_updated_at" ON "projects" ("owner_id", "updated_at");
