-- 0001_initial, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- First what refers from one table that goes to another.
ALTER TABLE "comments" DROP CONSTRAINT "comments_task_id_fkey";

ALTER TABLE "comments" DROP CONSTRAINT "comments_author_id_fkey";

ALTER TABLE "projects" DROP CONSTRAINT "projects_owner_id_fkey";

ALTER TABLE "tasks" DROP CONSTRAINT "tasks_project_id_fkey";

ALTER TABLE "tasks" DROP CONSTRAINT "tasks_assignee_id_fkey";

-- comments: the table goes again, with every row in it
DROP TABLE "comments";

-- projects: the table goes again, with every row in it
DROP TABLE "projects";

-- tasks: the table goes again, with every row in it
DROP TABLE "tasks";

-- users: the table goes again, with every row in it
DROP TABLE "users";
