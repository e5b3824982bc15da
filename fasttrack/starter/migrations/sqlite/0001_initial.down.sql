-- 0001_initial, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- notes: the table goes again, with every row in it
DROP TABLE "notes";

-- users: the table goes again, with every row in it
DROP TABLE "users";
