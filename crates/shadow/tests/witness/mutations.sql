-- Each of these changes what a user owns, and so must be seen. They run on base.sql, each alone.

-- name: schema added
CREATE SCHEMA more;

-- name: schema dropped
DROP SCHEMA extensions CASCADE;

-- name: schema owner
ALTER SCHEMA app OWNER TO app_writer;

-- name: schema renamed
ALTER SCHEMA app RENAME TO application;

-- name: schema grant
GRANT CREATE ON SCHEMA app TO app_reader;

-- name: schema public, grant
GRANT ALL ON SCHEMA public TO app_reader;

-- name: schema public, comment
COMMENT ON SCHEMA public IS 'ours';

-- name: extension added
CREATE EXTENSION pg_trgm SCHEMA extensions;

-- name: extension moved
ALTER EXTENSION citext SET SCHEMA public;

-- name: extension version
UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'citext';

-- name: extension comment
COMMENT ON EXTENSION citext IS 'ours';

-- name: member added to an extension
ALTER EXTENSION citext ADD TABLE app.scratch;

-- name: member taken from an extension
ALTER EXTENSION hstore DROP FUNCTION extensions.hstore(text, text);

-- name: grant on a member of an extension
REVOKE EXECUTE ON FUNCTION extensions.hstore(text, text) FROM PUBLIC;

-- name: dependency on an extension
ALTER FUNCTION app.add(text) NO DEPENDS ON EXTENSION citext;

-- name: row level security on a table of an extension
CREATE TABLE app.member (a int); ALTER EXTENSION citext ADD TABLE app.member;
ALTER TABLE app.member ENABLE ROW LEVEL SECURITY;

-- name: enum value added at the end
ALTER TYPE app.role ADD VALUE 'guest';

-- name: enum value added before
ALTER TYPE app.role ADD VALUE 'guest' BEFORE 'admin';

-- name: enum value renamed
ALTER TYPE app.role RENAME VALUE 'customer' TO 'client';

-- name: type renamed
ALTER TYPE app.role RENAME TO user_role;

-- name: type owner
ALTER TYPE app.role OWNER TO app_owner;

-- name: type grant
REVOKE USAGE ON TYPE app.role FROM PUBLIC;

-- name: type comment
COMMENT ON TYPE app.role IS 'x';

-- name: type schema
ALTER TYPE app.role SET SCHEMA public;

-- name: row type grant
GRANT USAGE ON TYPE app.users TO app_reader; REVOKE USAGE ON TYPE app.users FROM PUBLIC;

-- name: domain default
ALTER DOMAIN app.email SET DEFAULT 'x@y';

-- name: domain not null
ALTER DOMAIN app.email SET NOT NULL;

-- name: domain null
ALTER DOMAIN app.required DROP NOT NULL;

-- name: domain constraint dropped
ALTER DOMAIN app.email DROP CONSTRAINT email_at;

-- name: domain constraint not validated
ALTER DOMAIN app.email ADD CONSTRAINT short CHECK (length(VALUE) < 9) NOT VALID;

-- name: domain constraint renamed
ALTER DOMAIN app.email RENAME CONSTRAINT email_at TO at;

-- name: domain constraint comment
COMMENT ON CONSTRAINT email_at ON DOMAIN app.email IS NULL;

-- name: composite attribute added
ALTER TYPE app.address ADD ATTRIBUTE zip text CASCADE;

-- name: composite attribute type
ALTER TABLE app.orders DROP home; ALTER TYPE app.address ALTER ATTRIBUTE street TYPE varchar(9) CASCADE;
ALTER TABLE app.orders ADD home app.address;

-- name: composite attribute collation
ALTER TABLE app.orders DROP home; ALTER TYPE app.address ALTER ATTRIBUTE city TYPE text COLLATE "POSIX" CASCADE;
ALTER TABLE app.orders ADD home app.address;

-- name: composite attribute comment
COMMENT ON COLUMN app.address.city IS NULL;

-- name: range subtype difference
DROP TYPE app.span CASCADE; CREATE TYPE app.span AS RANGE (SUBTYPE = float8);
ALTER TABLE app.users ADD period app.span, ADD CONSTRAINT users_period_excl EXCLUDE USING gist (period WITH &&);

-- name: multirange name
-- since: 14
DROP TYPE app.span CASCADE; CREATE TYPE app.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi, MULTIRANGE_TYPE_NAME = app.spans);
ALTER TABLE app.users ADD period app.span, ADD CONSTRAINT users_period_excl EXCLUDE USING gist (period WITH &&);

-- name: base type receive function
CREATE FUNCTION app.number_recv(internal) RETURNS app.number LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
ALTER TYPE app.number SET (RECEIVE = app.number_recv);

-- name: shell type dropped
DROP TYPE app.undefined;

-- name: function body
CREATE OR REPLACE FUNCTION app.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT b + a';

-- name: function volatility
ALTER FUNCTION app.add(int, int) STABLE;

-- name: function strict
ALTER FUNCTION app.add(int, int) STRICT;

-- name: function security
ALTER FUNCTION app.current_user_id() SECURITY INVOKER;

-- name: function leakproof
ALTER FUNCTION app.add(int, int) LEAKPROOF;

-- name: function parallel
ALTER FUNCTION app.add(int, int) PARALLEL SAFE;

-- name: function cost
ALTER FUNCTION app.add(int, int) COST 7;

-- name: function rows
ALTER FUNCTION app.listing() ROWS 7;

-- name: function support
ALTER FUNCTION app.add(int, int) SUPPORT pg_catalog.generate_series_int4_support;

-- name: function setting
ALTER FUNCTION app.current_user_id() SET work_mem = '9MB';

-- name: function setting dropped
ALTER FUNCTION app.current_user_id() RESET search_path;

-- name: function default argument
CREATE OR REPLACE FUNCTION app.add(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';

-- name: function argument name
DROP FUNCTION app.with_transform(int); CREATE FUNCTION app.with_transform(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';

-- name: function transform
CREATE OR REPLACE FUNCTION app.with_transform(a int) RETURNS int LANGUAGE sql TRANSFORM FOR TYPE int AS 'SELECT a';

-- name: function result
DROP FUNCTION app.add(text); CREATE FUNCTION app.add(a text) RETURNS varchar LANGUAGE sql IMMUTABLE AS 'SELECT a';

-- name: function owner
ALTER FUNCTION app.add(int, int) OWNER TO app_owner;

-- name: function renamed
ALTER FUNCTION app.add(int, int) RENAME TO plus;

-- name: function grant to all
GRANT EXECUTE ON FUNCTION app.current_user_id() TO PUBLIC;

-- name: function comment
COMMENT ON FUNCTION app.current_user_id() IS 'x';

-- name: function overload dropped
DROP FUNCTION app.add(text);

-- name: parsed function body
-- since: 14
CREATE OR REPLACE FUNCTION app.parsed(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 2; END;

-- name: procedure body
CREATE OR REPLACE PROCEDURE app.work(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := 2; END';

-- name: aggregate start
CREATE OR REPLACE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1', PARALLEL = safe);

-- name: aggregate final function
CREATE OR REPLACE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = safe, FINALFUNC = int4abs);

-- name: table added
CREATE TABLE app.fresh (a int);

-- name: table dropped
DROP TABLE app.scratch;

-- name: table renamed
ALTER TABLE app.scratch RENAME TO draft;

-- name: table schema
ALTER TABLE app.scratch SET SCHEMA public;

-- name: table owner
ALTER TABLE app.orders OWNER TO app_owner;

-- name: table comment
COMMENT ON TABLE app.users IS 'whoever';

-- name: table grant
GRANT DELETE ON app.users TO app_writer;

-- name: table revoke
REVOKE INSERT ON app.users FROM app_writer;

-- name: table revoke from the owner
REVOKE TRUNCATE ON app.users FROM app_owner;

-- name: table grant option
REVOKE GRANT OPTION FOR SELECT ON app.users FROM app_reader;

-- name: table grantor
SET LOCAL ROLE app_reader; GRANT SELECT ON app.users TO app_writer; RESET ROLE;

-- name: maintain privilege
-- since: 17
GRANT MAINTAIN ON app.users TO app_writer;

-- name: table option
ALTER TABLE app.users SET (fillfactor = 70);

-- name: table option reset
ALTER TABLE app.users RESET (autovacuum_vacuum_threshold);

-- name: toast option
ALTER TABLE app.users SET (toast.autovacuum_enabled = true);

-- name: table logged
ALTER TABLE app.scratch SET LOGGED;

-- name: table replica identity
ALTER TABLE app.users REPLICA IDENTITY FULL;

-- name: table replica identity index
ALTER TABLE app.events REPLICA IDENTITY USING INDEX events_pkey;

-- name: table access method
-- since: 15
ALTER TABLE app.scratch SET ACCESS METHOD app_heap;

-- name: partitioned table access method
-- since: 17
ALTER TABLE app.events SET ACCESS METHOD app_heap;

-- name: table of type
ALTER TABLE app.typed NOT OF;

-- name: inheritance
ALTER TABLE app.child NO INHERIT app.parent;

-- name: inheritance order
CREATE TABLE app.other (); ALTER TABLE app.child INHERIT app.other;

-- name: row level security
ALTER TABLE app.users DISABLE ROW LEVEL SECURITY;

-- name: row level security forced
ALTER TABLE app.users FORCE ROW LEVEL SECURITY;

-- name: table clustered
ALTER TABLE app.users CLUSTER ON users_pkey;

-- name: column added
ALTER TABLE app.users ADD extra text;

-- name: column dropped
ALTER TABLE app.users DROP notes CASCADE;

-- name: column renamed
ALTER TABLE app.users RENAME name TO title;

-- name: column type
ALTER TABLE app.scratch ALTER a TYPE bigint;

-- name: column type modifier
ALTER TABLE app.users ALTER score TYPE numeric(7,2);

-- name: column collation
ALTER TABLE "Odd.Name" ALTER "select" TYPE text COLLATE "C";

-- name: column default
ALTER TABLE app.users ALTER role SET DEFAULT 'admin';

-- name: column default dropped
ALTER TABLE app.users ALTER name DROP DEFAULT;

-- name: column not null
ALTER TABLE app.scratch ALTER a SET NOT NULL;

-- name: column null
ALTER TABLE app.scratch ALTER b DROP NOT NULL;

-- name: column identity
ALTER TABLE app.users ALTER id SET GENERATED BY DEFAULT;

-- name: column identity dropped
ALTER TABLE app.users ALTER id DROP IDENTITY;

-- name: column no longer generated
ALTER TABLE app.users ALTER shout DROP EXPRESSION;

-- name: column generated otherwise
-- since: 17
ALTER TABLE app.users ALTER shout SET EXPRESSION AS (lower(name));

-- name: virtual column generated otherwise
-- since: 18
ALTER TABLE app.computed ALTER b SET EXPRESSION AS (a + 2);

-- name: column storage
ALTER TABLE app.users ALTER notes SET STORAGE MAIN;

-- name: column compression
-- since: 14
ALTER TABLE app.users ALTER notes SET COMPRESSION DEFAULT;

-- name: column statistics
ALTER TABLE app.users ALTER notes SET STATISTICS 400;

-- name: column option
ALTER TABLE app.users ALTER score SET (n_distinct = -0.4);

-- name: column comment
COMMENT ON COLUMN app.users.name IS 'called';

-- name: column grant
GRANT UPDATE (role) ON app.users TO app_reader;

-- name: column revoke
REVOKE UPDATE (name) ON app.users FROM app_reader;

-- name: column inherited
ALTER TABLE app.parent ADD c int;

-- name: view column default
ALTER VIEW app.names ALTER name DROP DEFAULT;

-- name: check changed
ALTER TABLE app.users DROP CONSTRAINT score_positive, ADD CONSTRAINT score_positive CHECK (score >= 0);
COMMENT ON CONSTRAINT score_positive ON app.users IS 'no less';

-- name: check renamed
ALTER TABLE app.users RENAME CONSTRAINT score_positive TO positive;

-- name: check not validated
ALTER TABLE app.users ADD CONSTRAINT named CHECK (name <> '') NOT VALID;

-- name: check validated
UPDATE pg_constraint SET convalidated = false WHERE conname = 'score_positive';

-- name: check no inherit
ALTER TABLE app.parent DROP CONSTRAINT b_long, ADD CONSTRAINT b_long CHECK (length(b) > 1);

-- name: constraint comment
COMMENT ON CONSTRAINT score_positive ON app.users IS NULL;

-- name: key deferred
ALTER TABLE app.orders ALTER CONSTRAINT orders_user_id_fkey DEFERRABLE INITIALLY DEFERRED;

-- name: key not deferrable
ALTER TABLE app.users DROP CONSTRAINT users_email_key, ADD CONSTRAINT users_email_key UNIQUE (email);

-- name: foreign key action
ALTER TABLE app.users DROP CONSTRAINT users_manager_fkey,
    ADD CONSTRAINT users_manager_fkey FOREIGN KEY (manager) REFERENCES app.users ON DELETE CASCADE;

-- name: foreign key columns set null
-- since: 15
ALTER TABLE app.users DROP CONSTRAINT users_manager_fkey,
    ADD CONSTRAINT users_manager_fkey FOREIGN KEY (manager) REFERENCES app.users ON DELETE SET NULL (manager);

-- name: foreign key match
ALTER TABLE app.users DROP CONSTRAINT users_manager_fkey,
    ADD CONSTRAINT users_manager_fkey FOREIGN KEY (manager) REFERENCES app.users MATCH FULL ON DELETE SET NULL;

-- name: foreign key to another index
CREATE UNIQUE INDEX again ON app.users (id); ALTER TABLE app.orders DROP CONSTRAINT orders_user_id_fkey;
UPDATE pg_constraint SET conindid = 'app.again'::regclass WHERE conname = 'users_manager_fkey';

-- name: foreign key triggers disabled
ALTER TABLE app.orders DISABLE TRIGGER ALL;

-- name: foreign key to partitions dropped
ALTER TABLE app.event_notes DROP CONSTRAINT event_notes_fkey;

-- name: primary key dropped
ALTER TABLE "Odd.Name" DROP CONSTRAINT "Odd.Name_pkey";

-- name: exclusion operator
ALTER TABLE app.users DROP CONSTRAINT users_period_excl,
    ADD CONSTRAINT users_period_excl EXCLUDE USING gist (period WITH =);

-- name: not null renamed
-- since: 18
ALTER TABLE app.modern RENAME CONSTRAINT modern_a_there TO modern_a_not_null;

-- name: not null not validated
-- since: 18
ALTER TABLE app.modern ADD CONSTRAINT modern_b NOT NULL c NOT VALID;

-- name: not null no inherit
-- since: 18
ALTER TABLE app.modern ALTER CONSTRAINT modern_a_there NO INHERIT;

-- name: foreign key enforced
-- since: 18
ALTER TABLE app.modern ALTER CONSTRAINT modern_d_fkey ENFORCED;

-- name: check enforced
-- since: 18
ALTER TABLE app.modern DROP CONSTRAINT modern_c_check, ADD CONSTRAINT modern_c_check CHECK (c > 0);

-- name: index dropped
DROP INDEX app.users_name_idx;

-- name: index renamed
ALTER INDEX app.users_name_idx RENAME TO by_name;

-- name: index predicate
DROP INDEX app.users_notes_idx;
CREATE INDEX users_notes_idx ON app.users USING gin (to_tsvector('simple', notes)) WITH (fastupdate = off, gin_pending_list_limit = 128) WHERE id > 5;

-- name: index order
DROP INDEX app.users_manager_idx; CREATE UNIQUE INDEX users_manager_idx ON app.users (manager NULLS FIRST, id);

-- name: index columns exchanged
DROP INDEX app.users_manager_idx; CREATE UNIQUE INDEX users_manager_idx ON app.users (id, manager);

-- name: index not unique
DROP INDEX app.users_manager_idx; CREATE INDEX users_manager_idx ON app.users (manager, id);

-- name: index nulls distinct
-- since: 15
DROP INDEX app.users_score_idx; CREATE UNIQUE INDEX users_score_idx ON app.users (score);

-- name: index operator class
DROP INDEX public.text_idx; CREATE INDEX text_idx ON "Odd.Name" ("select" text_pattern_ops);

-- name: index method
DROP INDEX app.totals_role_idx; CREATE INDEX totals_role_idx ON app.totals USING hash (role);

-- name: index option
ALTER INDEX app.users_notes_idx SET (fastupdate = on);

-- name: index included column
DROP INDEX app.users_name_idx; CREATE INDEX users_name_idx ON app.users USING btree (lower(name) DESC, role) WHERE role <> 'admin';
ALTER INDEX app.users_name_idx ALTER COLUMN 1 SET STATISTICS 300; COMMENT ON INDEX app.users_name_idx IS 'by name';

-- name: index expression
DROP INDEX app.users_name_idx; CREATE INDEX users_name_idx ON app.users USING btree (upper(name) DESC, role) INCLUDE (email) WHERE role <> 'admin';
ALTER INDEX app.users_name_idx ALTER COLUMN 1 SET STATISTICS 300; COMMENT ON INDEX app.users_name_idx IS 'by name';

-- name: index collation
DROP INDEX public.text_idx; CREATE INDEX text_idx ON "Odd.Name" ("select" COLLATE "C");

-- name: index operator class option
CREATE INDEX more_idx ON app.users USING gist (to_tsvector('simple', notes) tsvector_ops (siglen = 100));

-- name: index statistics
ALTER INDEX app.users_name_idx ALTER COLUMN 1 SET STATISTICS 200;

-- name: index invalid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.users_name_idx'::regclass;

-- name: index comment
COMMENT ON INDEX app.users_name_idx IS NULL;

-- name: index on partitions
CREATE INDEX events_id_idx ON app.events (id);

-- name: statistics kinds
DROP STATISTICS app.users_stats; CREATE STATISTICS app.users_stats (dependencies) ON role, manager FROM app.users;
COMMENT ON STATISTICS app.users_stats IS 'together';

-- name: statistics target
ALTER STATISTICS app.users_stats SET STATISTICS 50;

-- name: statistics owner
ALTER STATISTICS app.users_stats OWNER TO app_owner;

-- name: statistics expression
-- since: 14
CREATE STATISTICS app.more ON (lower(name)), role FROM app.users;

-- name: statistics comment
COMMENT ON STATISTICS app.users_stats IS NULL;

-- name: partition detached
ALTER TABLE app.events DETACH PARTITION app.events_2024;

-- name: partition attached
ALTER TABLE app.events ATTACH PARTITION app.future FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- name: partition bounds
ALTER TABLE app.events DETACH PARTITION app.events_2024;
ALTER TABLE app.events ATTACH PARTITION app.events_2024 FOR VALUES FROM ('2023-01-01') TO ('2025-01-01');

-- name: partition key
DROP TABLE app.event_notes; CREATE TABLE app.event_notes (event int, at date, CONSTRAINT event_notes_fkey FOREIGN KEY (event, at) REFERENCES app.events)
    PARTITION BY HASH (event);

-- name: partition left half detached
-- since: 14
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'app.events_2024'::regclass;

-- name: default partition
ALTER TABLE app.events_2025 DETACH PARTITION app.events_2025_b;

-- name: trigger dropped
DROP TRIGGER users_touch ON app.users;

-- name: trigger disabled
ALTER TABLE app.users DISABLE TRIGGER users_touch;

-- name: trigger always
ALTER TABLE app.users ENABLE ALWAYS TRIGGER users_touch;

-- name: trigger of a partition disabled
ALTER TABLE app.events_2024 DISABLE TRIGGER events_touch;

-- name: trigger function
DROP TRIGGER users_all ON app.users;
CREATE TRIGGER users_all AFTER UPDATE ON app.users REFERENCING OLD TABLE AS before EXECUTE FUNCTION app.touch_other();

-- name: trigger transition table
DROP TRIGGER users_all ON app.users;
CREATE TRIGGER users_all AFTER UPDATE ON app.users REFERENCING OLD TABLE AS earlier EXECUTE FUNCTION app.touch();

-- name: trigger condition
DROP TRIGGER users_touch ON app.users;
CREATE TRIGGER users_touch BEFORE UPDATE OF name ON app.users FOR EACH ROW EXECUTE FUNCTION app.touch('argument');
COMMENT ON TRIGGER users_touch ON app.users IS 'touches';

-- name: trigger argument
DROP TRIGGER users_touch ON app.users;
CREATE TRIGGER users_touch BEFORE UPDATE OF name ON app.users FOR EACH ROW WHEN (OLD.name <> NEW.name)
    EXECUTE FUNCTION app.touch('arguments');
COMMENT ON TRIGGER users_touch ON app.users IS 'touches';

-- name: trigger renamed
ALTER TRIGGER users_touch ON app.users RENAME TO users_a;

-- name: trigger comment
COMMENT ON TRIGGER users_touch ON app.users IS NULL;

-- name: event trigger disabled
ALTER EVENT TRIGGER app_ddl DISABLE;

-- name: event trigger tags
DROP EVENT TRIGGER app_ddl; CREATE EVENT TRIGGER app_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION app.on_ddl();
COMMENT ON EVENT TRIGGER app_ddl IS 'watches';

-- name: event trigger function
DROP EVENT TRIGGER app_ddl; CREATE EVENT TRIGGER app_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION app.on_ddl_other();
COMMENT ON EVENT TRIGGER app_ddl IS 'watches';

-- name: event trigger comment
COMMENT ON EVENT TRIGGER app_ddl IS NULL;

-- name: policy dropped
DROP POLICY own ON app.users;

-- name: policy roles
ALTER POLICY own ON app.users TO app_reader;

-- name: policy using
ALTER POLICY own ON app.users USING (id <> app.current_user_id());

-- name: policy check
ALTER POLICY write ON app.users WITH CHECK (true);

-- name: policy permissive
DROP POLICY write ON app.users; CREATE POLICY write ON app.users FOR UPDATE USING (true) WITH CHECK (role <> 'admin');

-- name: policy command
DROP POLICY write ON app.users; CREATE POLICY write ON app.users AS RESTRICTIVE USING (true) WITH CHECK (role <> 'admin');

-- name: policy renamed
ALTER POLICY own ON app.users RENAME TO mine;

-- name: policy comment
COMMENT ON POLICY own ON app.users IS NULL;

-- name: rule dropped
DROP RULE names_insert ON app.names;

-- name: rule changed
CREATE OR REPLACE RULE names_insert AS ON INSERT TO app.names DO ALSO NOTHING;

-- name: rule disabled
UPDATE pg_rewrite SET ev_enabled = 'D' WHERE rulename = 'names_insert';

-- name: rule comment
COMMENT ON RULE names_insert ON app.names IS NULL;

-- name: view definition
CREATE OR REPLACE VIEW app.names WITH (security_barrier = true) AS SELECT id, name FROM app.users WHERE id > 0 WITH LOCAL CHECK OPTION;

-- name: view check option
ALTER VIEW app.names SET (check_option = 'cascaded');

-- name: view security barrier
ALTER VIEW app.names RESET (security_barrier);

-- name: view security invoker
-- since: 15
ALTER VIEW app.names SET (security_invoker = true);

-- name: view column renamed
ALTER VIEW app.names RENAME COLUMN name TO title;

-- name: view owner
ALTER VIEW app.names OWNER TO app_owner;

-- name: materialized view definition
DROP MATERIALIZED VIEW app.totals; CREATE MATERIALIZED VIEW app.totals AS SELECT role, count(id) AS n FROM app.users GROUP BY role;
CREATE INDEX totals_role_idx ON app.totals (role);

-- name: materialized view without rows
REFRESH MATERIALIZED VIEW app.totals WITH NO DATA;

-- name: sequence increment
ALTER SEQUENCE app.numbers INCREMENT 6;

-- name: sequence type
ALTER SEQUENCE app.loose AS smallint;

-- name: sequence cycle
ALTER SEQUENCE app.numbers NO CYCLE;

-- name: sequence owned
ALTER SEQUENCE app.loose OWNED BY app.orders.id;

-- name: sequence not owned
ALTER SEQUENCE app.orders_id_seq OWNED BY NONE;

-- name: sequence of an identity
ALTER TABLE app.users ALTER id SET START 20;

-- name: sequence grant
GRANT SELECT ON SEQUENCE app.numbers TO app_reader;

-- name: sequence unlogged
-- since: 15
ALTER SEQUENCE app.loose SET UNLOGGED;

-- name: operator owner
ALTER OPERATOR app.<< (app.number, app.number) OWNER TO app_owner;

-- name: operator estimator
ALTER OPERATOR app.<< (app.number, app.number) SET (RESTRICT = NONE);

-- name: operator commutator
DROP OPERATOR app.>> (app.number, app.number);
CREATE OPERATOR app.>> (FUNCTION = app.compare_other, LEFTARG = app.number, RIGHTARG = app.number);

-- name: operator function
DROP OPERATOR app.>> (app.number, app.number);
CREATE OPERATOR app.>> (FUNCTION = app.compare, LEFTARG = app.number, RIGHTARG = app.number, COMMUTATOR = OPERATOR(app.<<));

-- name: operator comment
COMMENT ON OPERATOR app.<< (app.number, app.number) IS NULL;

-- name: operator family operator
ALTER OPERATOR FAMILY app.number_family USING btree ADD OPERATOR 5 app.>> (app.number, app.number);

-- name: operator family operator of PostgreSQL
ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD OPERATOR 5 app.>> (app.number, app.number);

-- name: operator family function
ALTER OPERATOR FAMILY app.number_family USING btree ADD FUNCTION 4 (app.number, app.number) pg_catalog.btequalimage(oid);

-- name: operator family owner
ALTER OPERATOR FAMILY app.number_family USING btree OWNER TO app_owner;

-- name: operator class renamed
ALTER OPERATOR CLASS app.text_class USING btree RENAME TO texts;

-- name: operator class default
DROP OPERATOR CLASS app.number_class USING btree; CREATE OPERATOR CLASS app.number_class FOR TYPE app.number USING btree FAMILY app.number_family
    AS OPERATOR 1 app.<<, FUNCTION 1 app.order(app.number, app.number);

-- name: operator class owner
ALTER OPERATOR CLASS app.text_class USING btree OWNER TO app_owner;

-- name: access method
CREATE ACCESS METHOD app_heap_2 TYPE TABLE HANDLER heap_tableam_handler;

-- name: access method dropped
DROP ACCESS METHOD app_heap;

-- name: language renamed
ALTER LANGUAGE app_language RENAME TO app_language_2;

-- name: language trusted
CREATE OR REPLACE LANGUAGE app_language HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;

-- name: language grant
REVOKE USAGE ON LANGUAGE app_language FROM app_reader;

-- name: language of an extension, grant
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;

-- name: cast context
DROP CAST (app.role AS app.number); CREATE CAST (app.role AS app.number) WITH INOUT AS IMPLICIT;

-- name: cast dropped
DROP CAST (app.number AS int);

-- name: transform dropped
DROP TRANSFORM FOR int LANGUAGE sql;

-- name: transform one way
CREATE OR REPLACE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));

-- name: conversion default
DROP CONVERSION app.latin; CREATE DEFAULT CONVERSION app.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- name: conversion owner
ALTER CONVERSION app.latin OWNER TO app_owner;

-- name: collation locale
DROP COLLATION app.plain; CREATE COLLATION app.plain (LOCALE = 'POSIX');
COMMENT ON COLLATION app.plain IS 'bytes';

-- name: collation owner
ALTER COLLATION app.plain OWNER TO app_owner;

-- name: collation comment
COMMENT ON COLLATION app.plain IS NULL;

-- name: text search mapping
ALTER TEXT SEARCH CONFIGURATION app.configuration DROP MAPPING FOR word;

-- name: text search mapping order
ALTER TEXT SEARCH CONFIGURATION app.configuration ALTER MAPPING FOR word WITH simple, app.dictionary;

-- name: text search configuration owner
ALTER TEXT SEARCH CONFIGURATION app.configuration OWNER TO app_owner;

-- name: text search dictionary option
ALTER TEXT SEARCH DICTIONARY app.dictionary (accept = true);

-- name: text search parser
CREATE TEXT SEARCH PARSER app.parser_2 (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);

-- name: text search parser headline
DROP TEXT SEARCH PARSER app.parser CASCADE; CREATE TEXT SEARCH PARSER app.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH CONFIGURATION app.configuration (PARSER = app.parser);
ALTER TEXT SEARCH CONFIGURATION app.configuration ADD MAPPING FOR asciiword, word WITH app.dictionary, simple;
COMMENT ON TEXT SEARCH CONFIGURATION app.configuration IS 'searches';

-- name: text search template
ALTER TEXT SEARCH TEMPLATE app.template RENAME TO template_2;

-- name: text search comment
COMMENT ON TEXT SEARCH CONFIGURATION app.configuration IS NULL;

-- name: wrapper option
ALTER FOREIGN DATA WRAPPER app_wrapper OPTIONS (SET debug 'false');

-- name: wrapper secret option dropped
ALTER FOREIGN DATA WRAPPER app_wrapper OPTIONS (DROP password);

-- name: wrapper renamed
ALTER FOREIGN DATA WRAPPER app_wrapper RENAME TO app_wrapper_2;

-- name: wrapper owner
UPDATE pg_foreign_data_wrapper SET fdwowner = 'app_owner'::regrole WHERE fdwname = 'app_wrapper';

-- name: wrapper option added
ALTER FOREIGN DATA WRAPPER app_wrapper OPTIONS (ADD more 'x');

-- name: server version
ALTER SERVER app_server VERSION '2';

-- name: server option
ALTER SERVER app_server OPTIONS (SET host 'elsewhere');

-- name: server owner
GRANT USAGE ON FOREIGN DATA WRAPPER app_wrapper TO app_owner; ALTER SERVER app_server OWNER TO app_owner;

-- name: server grant
REVOKE USAGE ON FOREIGN SERVER app_server FROM app_writer;

-- name: user mapping
DROP USER MAPPING FOR PUBLIC SERVER app_server;

-- name: user mapping option
ALTER USER MAPPING FOR app_reader SERVER app_server OPTIONS (DROP username);

-- name: foreign table option
ALTER FOREIGN TABLE app.remote OPTIONS (SET table_name 'y');

-- name: foreign table column option
ALTER FOREIGN TABLE app.remote ALTER id OPTIONS (SET column_name 'n');

-- name: foreign table column default
ALTER FOREIGN TABLE app.remote ALTER name DROP DEFAULT;

-- name: publication operations
ALTER PUBLICATION app_changes SET (publish = 'insert');

-- name: publication table
ALTER PUBLICATION app_changes DROP TABLE app.orders;

-- name: publication owner
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO app_owner', current_database()); END $$;
ALTER PUBLICATION app_changes OWNER TO app_owner;

-- name: publication by root
ALTER PUBLICATION app_changes SET (publish_via_partition_root = true);

-- name: publication columns
-- since: 15
ALTER PUBLICATION app_part SET TABLE app.orders (id) WHERE (id > 10);

-- name: publication rows
-- since: 15
ALTER PUBLICATION app_part SET TABLE app.orders (id, user_id) WHERE (id > 11);

-- name: publication schema
-- since: 15
ALTER PUBLICATION app_schema SET TABLES IN SCHEMA public;

-- name: publication generated columns
-- since: 18
ALTER PUBLICATION app_changes SET (publish_generated_columns = stored);

-- name: publication comment
COMMENT ON PUBLICATION app_changes IS NULL;

-- name: subscription publications
ALTER SUBSCRIPTION app_source SET PUBLICATION one WITH (refresh = false);

-- name: subscription commit
-- since: 14
ALTER SUBSCRIPTION app_source SET (synchronous_commit = local);

-- name: subscription binary
-- since: 14
ALTER SUBSCRIPTION app_source SET (binary = true);

-- name: subscription on error
-- since: 15
ALTER SUBSCRIPTION app_source SET (disable_on_error = true);

-- name: subscription origin
-- since: 16
ALTER SUBSCRIPTION app_source SET (origin = none);

-- name: subscription password
-- since: 16
ALTER SUBSCRIPTION app_source SET (password_required = false);

-- name: subscription slot
ALTER SUBSCRIPTION app_source SET (slot_name = NONE);

-- name: subscription comment
COMMENT ON SUBSCRIPTION app_source IS NULL;

-- name: default privileges granted
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app GRANT INSERT ON TABLES TO app_reader;

-- name: default privileges of a schema gone
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app REVOKE SELECT ON TABLES FROM app_reader;

-- name: default privileges for all schemas
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;

-- name: default privileges on types
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner REVOKE USAGE ON TYPES FROM PUBLIC;

-- name: default privileges on schemas
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT USAGE ON SCHEMAS TO app_reader;

-- name: default privileges on large objects
-- since: 18
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT SELECT ON LARGE OBJECTS TO app_reader;

-- name: database setting
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant = ''two''', current_database()); END $$;

-- name: database setting gone
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET app.jwt_secret', current_database()); END $$;

-- name: role setting in the database
DO $$ BEGIN EXECUTE format('ALTER ROLE app_reader IN DATABASE %I SET statement_timeout = ''6s''', current_database()); END $$;

-- name: database grant
DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$;

-- name: database owner
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO app_owner', current_database()); END $$;

-- name: database comment
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS NULL', current_database()); END $$;

-- name: database connection limit
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 7', current_database()); END $$;

-- name: large object
SELECT lo_create(12346);

-- name: role attribute
ALTER ROLE app_reader CREATEDB;

-- name: role setting in all databases
ALTER ROLE app_reader SET lock_timeout = '2s';

-- name: role login
ALTER ROLE app_reader LOGIN;

-- name: role membership
REVOKE app_group FROM app_writer;

-- name: role membership with admin option
GRANT app_group TO app_writer WITH ADMIN OPTION;

-- name: role membership without inheritance
-- since: 16
GRANT app_group TO app_writer WITH INHERIT FALSE;

-- name: role comment
COMMENT ON ROLE app_reader IS NULL;

-- name: role renamed
ALTER ROLE app_reader RENAME TO app_viewer;

-- name: parameter grant
-- since: 15
GRANT SET ON PARAMETER log_statement TO app_reader;

-- name: grant on a function of PostgreSQL
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO app_reader;

-- name: grant on a table of PostgreSQL
REVOKE SELECT ON pg_catalog.pg_settings FROM PUBLIC;

-- name: grant on a function of PostgreSQL back
GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) TO PUBLIC;

-- name: grant on a column of PostgreSQL
GRANT SELECT (rolname) ON pg_catalog.pg_authid TO app_reader;

-- name: grant on the information schema
REVOKE SELECT ON information_schema.tables FROM PUBLIC;

-- name: security label
UPDATE pg_seclabel SET label = 'open' WHERE objsubid = 0;

-- name: security label of a column
DELETE FROM pg_seclabel WHERE objsubid = 2;

-- name: security label of the database
DELETE FROM pg_shseclabel;

-- name: function replaced by itself no longer depends on its extension
CREATE OR REPLACE FUNCTION app.add(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a';
