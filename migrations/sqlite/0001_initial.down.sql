-- 0001_initial, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- comments: the table goes again, with every row in it
DROP TABLE "comments";

-- projects: the table goes again, with every row in it
DROP TABLE "projects";

-- tasks: the table goes again, with every row in it
DROP TABLE "tasks";

-- users: the table goes again, with every row in it
DROP TABLE "users";
