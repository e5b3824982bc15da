-- 0005_email_verified, undone
-- What the migration dropped cannot come back; where that matters, it is said.

-- users: `email_verified` goes again, with what it holds
ALTER TABLE "users" DROP COLUMN "email_verified";
