-- 0003_count_tasks
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- projects: a new column `todo_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "todo_tasks" INTEGER NOT NULL DEFAULT 0;

-- projects: a new column `begun_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "begun_tasks" INTEGER NOT NULL DEFAULT 0;

-- projects: a new column `done_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "done_tasks" INTEGER NOT NULL DEFAULT 0;

-- projects: what keeps `todo_tasks`, `begun_tasks` and `done_tasks`, over the rows of `tasks`
CREATE TRIGGER "tasks_projects_figures_insert" AFTER INSERT ON "tasks"
WHEN (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) <> 0 OR (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) <> 0 OR (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) <> 0
BEGIN UPDATE "projects" SET "todo_tasks" = "todo_tasks" + (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END), "begun_tasks" = "begun_tasks" + (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END), "done_tasks" = "done_tasks" + (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) WHERE "id" = NEW."project_id"; END;

CREATE TRIGGER "tasks_projects_figures_update" AFTER UPDATE OF "project_id", "status" ON "tasks"
WHEN OLD."project_id" IS NOT NEW."project_id" OR (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) <> (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) OR OLD."project_id" IS NOT NEW."project_id" OR (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) <> (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) OR OLD."project_id" IS NOT NEW."project_id" OR (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) <> (CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END)
BEGIN UPDATE "projects" SET "todo_tasks" = "todo_tasks" - CASE WHEN "id" = OLD."project_id" THEN CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END ELSE 0 END + CASE WHEN "id" = NEW."project_id" THEN CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END ELSE 0 END, "begun_tasks" = "begun_tasks" - CASE WHEN "id" = OLD."project_id" THEN CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END ELSE 0 END + CASE WHEN "id" = NEW."project_id" THEN CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END ELSE 0 END, "done_tasks" = "done_tasks" - CASE WHEN "id" = OLD."project_id" THEN CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END ELSE 0 END + CASE WHEN "id" = NEW."project_id" THEN CASE WHEN CASE NEW."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END ELSE 0 END WHERE "id" IN (OLD."project_id", NEW."project_id"); END;

CREATE TRIGGER "tasks_projects_figures_delete" AFTER DELETE ON "tasks"
WHEN (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) <> 0 OR (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) <> 0 OR (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) <> 0
BEGIN UPDATE "projects" SET "todo_tasks" = "todo_tasks" - (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END), "begun_tasks" = "begun_tasks" - (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END), "done_tasks" = "done_tasks" - (CASE WHEN CASE OLD."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) WHERE "id" = OLD."project_id"; END;

UPDATE "projects" SET "todo_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");

UPDATE "projects" SET "begun_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");

UPDATE "projects" SET "done_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");
