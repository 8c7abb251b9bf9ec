-- None of these leaves behind what a user could see, but for rows, column order and secrets. They run on base.sql, each alone.

-- name: nothing
SELECT 1;

-- name: column added and dropped
ALTER TABLE app.users ADD extra text DEFAULT 'x' NOT NULL; ALTER TABLE app.users DROP extra;

-- name: last column dropped and added
ALTER TABLE app.scratch DROP b; ALTER TABLE app.scratch ADD b int NOT NULL;

-- name: grant on a table that spells out the default
GRANT SELECT ON app.orders TO app_reader; REVOKE SELECT ON app.orders FROM app_reader;

-- name: grant on a function that spells out the default
GRANT EXECUTE ON FUNCTION app.add(int, int) TO app_reader; REVOKE EXECUTE ON FUNCTION app.add(int, int) FROM app_reader;

-- name: grant on a type that spells out the default
GRANT USAGE ON TYPE app.span TO app_reader; REVOKE USAGE ON TYPE app.span FROM app_reader;

-- name: grant on a schema that spells out the default
GRANT USAGE ON SCHEMA extensions TO app_reader; REVOKE USAGE ON SCHEMA extensions FROM app_reader;

-- name: grant on a column and back
GRANT SELECT (id) ON app.orders TO app_reader; REVOKE SELECT (id) ON app.orders FROM app_reader;

-- name: grant on a function of PostgreSQL and back
GRANT EXECUTE ON FUNCTION pg_catalog.now() TO app_reader; REVOKE EXECUTE ON FUNCTION pg_catalog.now() FROM app_reader;

-- name: grant on a member of an extension and back
GRANT EXECUTE ON FUNCTION extensions.citext_eq(extensions.citext, extensions.citext) TO app_reader;
REVOKE EXECUTE ON FUNCTION extensions.citext_eq(extensions.citext, extensions.citext) FROM app_reader;

-- name: order of grants
REVOKE ALL ON app.users FROM app_writer, app_reader;
GRANT SELECT ON app.users TO app_reader WITH GRANT OPTION; GRANT UPDATE (name) ON app.users TO app_reader;
GRANT UPDATE, SELECT, INSERT ON app.users TO app_writer;

-- name: revoke from all and grant again
REVOKE EXECUTE ON FUNCTION app.add(int, int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.add(int, int) TO PUBLIC;

-- name: default privileges there and back
ALTER DEFAULT PRIVILEGES FOR ROLE app_writer IN SCHEMA app GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_writer IN SCHEMA app REVOKE SELECT ON TABLES FROM app_reader;

-- name: default privileges for all schemas there and back
ALTER DEFAULT PRIVILEGES FOR ROLE app_writer REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE app_writer GRANT EXECUTE ON FUNCTIONS TO PUBLIC;

-- name: order of enum values with fractions
DROP TYPE app.letters; CREATE TYPE app.letters AS ENUM ('a', 'b', 'c');

-- name: order of table options
ALTER TABLE app.users RESET (fillfactor, autovacuum_vacuum_threshold);
ALTER TABLE app.users SET (autovacuum_vacuum_threshold = 100); ALTER TABLE app.users SET (fillfactor = 80);

-- name: order of index options
DROP INDEX app.users_notes_idx;
CREATE INDEX users_notes_idx ON app.users USING gin (to_tsvector('simple', notes)) WITH (gin_pending_list_limit = 128, fastupdate = off);

-- name: order of function settings
ALTER FUNCTION app.current_user_id() RESET ALL;
ALTER FUNCTION app.current_user_id() SET work_mem = '8MB'; ALTER FUNCTION app.current_user_id() SET search_path = '';

-- name: order of server options
ALTER SERVER app_server OPTIONS (DROP host); ALTER SERVER app_server OPTIONS (ADD host 'example');

-- name: order of policy roles
ALTER POLICY own ON app.users TO app_writer, app_reader;

-- name: order of event trigger tags
DROP EVENT TRIGGER app_ddl; CREATE EVENT TRIGGER app_ddl ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION app.on_ddl();
COMMENT ON EVENT TRIGGER app_ddl IS 'watches';

-- name: order of publications of a subscription
ALTER SUBSCRIPTION app_source SET PUBLICATION two, one WITH (refresh = false);

-- name: order of columns of a publication
-- since: 15
ALTER PUBLICATION app_part SET TABLE app.orders (user_id, id) WHERE (id > 10);

-- name: order of statistics kinds
DROP STATISTICS app.users_stats; CREATE STATISTICS app.users_stats (ndistinct, dependencies) ON role, manager FROM app.users;
COMMENT ON STATISTICS app.users_stats IS 'together';

-- name: secret value
ALTER SERVER app_server OPTIONS (SET connstr 'other');
ALTER USER MAPPING FOR app_reader SERVER app_server OPTIONS (SET password 'other');

-- name: index dropped and made
DROP INDEX app.users_manager_idx; CREATE UNIQUE INDEX users_manager_idx ON app.users (manager, id);

-- name: index rebuilt
REINDEX TABLE app.users;

-- name: foreign key dropped and added
ALTER TABLE app.orders DROP CONSTRAINT orders_user_id_fkey;
ALTER TABLE app.orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.users DEFERRABLE;

-- name: column renamed and back
ALTER TABLE app.users RENAME name TO title; ALTER TABLE app.users RENAME title TO name;

-- name: table moved and back
ALTER TABLE app.users SET SCHEMA public; ALTER TABLE public.users SET SCHEMA app;

-- name: index on a column that has been renamed, built anew
DROP INDEX app.renamed_idx; CREATE INDEX renamed_idx ON app.renamed (after);

-- name: table rewritten
ALTER TABLE app.users SET LOGGED;
ANALYZE app.users;

-- name: rows
INSERT INTO app.parent VALUES (1, 'xx'); INSERT INTO app.scratch VALUES (1, 2); SELECT nextval('app.numbers'); ANALYZE;

-- name: rule and subclass that were
CREATE TABLE app.scratch_child () INHERITS (app.scratch); DROP TABLE app.scratch_child;
CREATE RULE gone AS ON INSERT TO app.scratch DO ALSO NOTHING; DROP RULE gone ON app.scratch;
CREATE TRIGGER gone BEFORE INSERT ON app.scratch EXECUTE FUNCTION app.touch(); DROP TRIGGER gone ON app.scratch;

-- name: our own schema
CREATE TABLE endstate_archive.more (id serial PRIMARY KEY, b text CHECK (b <> ''));
COMMENT ON COLUMN endstate_archive.more.b IS 'x'; GRANT SELECT ON endstate_archive.more TO app_reader;
CREATE POLICY p ON endstate_archive.more; COMMENT ON POLICY p ON endstate_archive.more IS 'x';
CREATE SCHEMA endstate_lock; COMMENT ON SCHEMA endstate_lock IS 'x'; GRANT USAGE ON SCHEMA endstate_lock TO app_reader;

-- name: temporary table
CREATE TEMPORARY TABLE passing (id serial PRIMARY KEY, b text); GRANT SELECT ON passing TO app_reader;
COMMENT ON TABLE passing IS 'x'; CREATE INDEX ON passing (b);

-- name: password of a role
ALTER ROLE app_writer PASSWORD 'other';

-- name: role that nothing here names
CREATE ROLE app_stranger; ALTER ROLE app_unused CREATEDB; COMMENT ON ROLE app_unused IS 'x';

-- name: comment set and dropped
COMMENT ON TABLE app.orders IS 'x'; COMMENT ON TABLE app.orders IS NULL;

-- name: partition detached and attached
ALTER TABLE app.events DETACH PARTITION app.events_2024;
ALTER TABLE app.events ATTACH PARTITION app.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

-- name: partition dropped and made
ALTER TABLE app.events DETACH PARTITION app.events_2024; DROP TABLE app.events_2024;
CREATE TABLE app.events_2024 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

-- name: array dimensions
ALTER TABLE app.orders ALTER amounts TYPE int[][];

-- name: statistics target reset
ALTER TABLE app.scratch ALTER a SET STATISTICS 10; ALTER TABLE app.scratch ALTER a SET STATISTICS -1;

-- name: function replaced by itself
CREATE OR REPLACE FUNCTION app.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';

-- name: view replaced by itself
CREATE OR REPLACE VIEW app.names WITH (security_barrier = true) AS SELECT id, name FROM app.users WITH LOCAL CHECK OPTION;
