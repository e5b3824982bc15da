-- 0005_email_verified
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- users: a new column `email_verified`, FALSE for the rows that are there
ALTER TABLE "users" ADD COLUMN "email_verified" boolean NOT NULL DEFAULT FALSE;
