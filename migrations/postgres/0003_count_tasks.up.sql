-- 0003_count_tasks
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- projects: a new column `todo_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "todo_tasks" bigint NOT NULL DEFAULT 0;

-- projects: a new column `begun_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "begun_tasks" bigint NOT NULL DEFAULT 0;

-- projects: a new column `done_tasks`, 0 for the rows that are there
ALTER TABLE "projects" ADD COLUMN "done_tasks" bigint NOT NULL DEFAULT 0;

-- projects: what keeps `todo_tasks`, `begun_tasks` and `done_tasks`, over the rows of `tasks`
CREATE OR REPLACE FUNCTION "tasks_projects_figures_insert"() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN
PERFORM 1 FROM "projects" p WHERE p."id" IN (SELECT d.id FROM (SELECT n."project_id" AS id, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM made n) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0)
ORDER BY p."id" FOR NO KEY UPDATE;
IF FOUND THEN
UPDATE "projects" p SET "todo_tasks" = p."todo_tasks" + x.a0, "begun_tasks" = p."begun_tasks" + x.a1, "done_tasks" = p."done_tasks" + x.a2 FROM (SELECT d.id, sum(d.a0) AS a0, sum(d.a1) AS a1, sum(d.a2) AS a2 FROM (SELECT n."project_id" AS id, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM made n) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0) x WHERE p."id" = x.id;
END IF; RETURN NULL; END$body$;

CREATE TRIGGER "tasks_projects_figures_insert" AFTER INSERT ON "tasks" REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION "tasks_projects_figures_insert"();

CREATE OR REPLACE FUNCTION "tasks_projects_figures_update"() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN
PERFORM 1 FROM "projects" p WHERE p."id" IN (SELECT d.id FROM (SELECT n."project_id" AS id, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM made n UNION ALL SELECT o."project_id" AS id, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM gone o) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0)
ORDER BY p."id" FOR NO KEY UPDATE;
IF FOUND THEN
UPDATE "projects" p SET "todo_tasks" = p."todo_tasks" + x.a0, "begun_tasks" = p."begun_tasks" + x.a1, "done_tasks" = p."done_tasks" + x.a2 FROM (SELECT d.id, sum(d.a0) AS a0, sum(d.a1) AS a1, sum(d.a2) AS a2 FROM (SELECT n."project_id" AS id, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, (CASE WHEN CASE n."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM made n UNION ALL SELECT o."project_id" AS id, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM gone o) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0) x WHERE p."id" = x.id;
END IF; RETURN NULL; END$body$;

CREATE TRIGGER "tasks_projects_figures_update" AFTER UPDATE ON "tasks" REFERENCING OLD TABLE AS gone NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION "tasks_projects_figures_update"();

CREATE OR REPLACE FUNCTION "tasks_projects_figures_delete"() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN
PERFORM 1 FROM "projects" p WHERE p."id" IN (SELECT d.id FROM (SELECT o."project_id" AS id, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM gone o) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0)
ORDER BY p."id" FOR NO KEY UPDATE;
IF FOUND THEN
UPDATE "projects" p SET "todo_tasks" = p."todo_tasks" + x.a0, "begun_tasks" = p."begun_tasks" + x.a1, "done_tasks" = p."done_tasks" + x.a2 FROM (SELECT d.id, sum(d.a0) AS a0, sum(d.a1) AS a1, sum(d.a2) AS a2 FROM (SELECT o."project_id" AS id, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END) AS a0, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END) AS a1, -(CASE WHEN CASE o."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END) AS a2 FROM gone o) d WHERE d.id IS NOT NULL
GROUP BY d.id HAVING sum(d.a0) <> 0 OR sum(d.a1) <> 0 OR sum(d.a2) <> 0) x WHERE p."id" = x.id;
END IF; RETURN NULL; END$body$;

CREATE TRIGGER "tasks_projects_figures_delete" AFTER DELETE ON "tasks" REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION "tasks_projects_figures_delete"();

UPDATE "projects" SET "todo_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 0 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");

UPDATE "projects" SET "begun_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 1 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");

UPDATE "projects" SET "done_tasks" = (SELECT COALESCE(sum(CASE WHEN CASE c."status" WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END = 2 THEN 1 ELSE 0 END), 0) FROM "tasks" AS c WHERE c."project_id" = "projects"."id");
