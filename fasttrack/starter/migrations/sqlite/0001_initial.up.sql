-- 0001_initial
-- It may be edited until it is applied, and not afterwards. It is one transaction, after which every reference
-- has to lead somewhere. A SELECT is a check: rows that it finds stop the migration.

-- notes: a new table
CREATE TABLE "notes" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "body" TEXT NOT NULL DEFAULT '',
  "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE INDEX "notes_owner_id" ON "notes" ("owner_id");

CREATE INDEX "notes_by_title" ON "notes" ("title");

CREATE INDEX "notes_by_created_at" ON "notes" ("created_at");

CREATE INDEX "notes_by_updated_at" ON "notes" ("updated_at");

CREATE INDEX "notes_owner_id_title" ON "notes" ("owner_id", "title");

CREATE INDEX "notes_owner_id_created_at" ON "notes" ("owner_id", "created_at");

CREATE INDEX "notes_owner_id_updated_at" ON "notes" ("owner_id", "updated_at");

-- users: a new table
CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "password" TEXT NOT NULL,
  "display_name" TEXT NOT NULL DEFAULT '',
  "role" TEXT NOT NULL DEFAULT 'user' CHECK ("role" IN ('user', 'admin')),
  "is_active" INTEGER NOT NULL DEFAULT 1 CHECK ("is_active" IN (0, 1)),
  "created_at" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX "users_email_unique" ON "users" (lower("email"));

CREATE INDEX "users_by_email" ON "users" ("email");

CREATE INDEX "users_by_role" ON "users" (CASE "role" WHEN 'user' THEN 0 WHEN 'admin' THEN 1 END);

CREATE INDEX "users_by_is_active" ON "users" ("is_active");

CREATE INDEX "users_by_created_at" ON "users" ("created_at");
