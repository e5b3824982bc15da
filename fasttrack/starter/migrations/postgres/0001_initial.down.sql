-- 0001_initial, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- notes: the index of words goes, or is made again below
ALTER TABLE "notes" DROP COLUMN IF EXISTS "fasttrack_search";

-- users: the index of words goes, or is made again below
ALTER TABLE "users" DROP COLUMN IF EXISTS "fasttrack_search";

-- First what refers from one table that goes to another.
ALTER TABLE "notes" DROP CONSTRAINT "notes_owner_id_fkey";

-- notes: the table goes again, with every row in it
DROP TABLE "notes";

-- users: the table goes again, with every row in it
DROP TABLE "users";
