-- 0003_count_tasks, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- projects: what keeps `todo_tasks`, `begun_tasks` and `done_tasks` is in the way, or made again below
DROP TRIGGER IF EXISTS "tasks_projects_figures_insert" ON "tasks";

DROP FUNCTION IF EXISTS "tasks_projects_figures_insert"();

DROP TRIGGER IF EXISTS "tasks_projects_figures_update" ON "tasks";

DROP FUNCTION IF EXISTS "tasks_projects_figures_update"();

DROP TRIGGER IF EXISTS "tasks_projects_figures_delete" ON "tasks";

DROP FUNCTION IF EXISTS "tasks_projects_figures_delete"();

-- projects: `todo_tasks` goes again, with what it holds
ALTER TABLE "projects" DROP COLUMN "todo_tasks";

-- projects: `begun_tasks` goes again, with what it holds
ALTER TABLE "projects" DROP COLUMN "begun_tasks";

-- projects: `done_tasks` goes again, with what it holds
ALTER TABLE "projects" DROP COLUMN "done_tasks";
