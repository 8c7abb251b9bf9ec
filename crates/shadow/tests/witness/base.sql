-- name: schemas
CREATE SCHEMA app AUTHORIZATION app_owner;
COMMENT ON SCHEMA app IS 'the application';
GRANT USAGE ON SCHEMA app TO app_reader, app_writer;
CREATE SCHEMA extensions;
CREATE SCHEMA endstate_archive;
CREATE TABLE endstate_archive.old (id int);
COMMENT ON TABLE endstate_archive.old IS 'kept by us';

-- name: extensions
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION hstore SCHEMA extensions;

-- name: enum, domain, composite, range, base and shell types
CREATE TYPE app.role AS ENUM ('admin', 'customer', 'operator');
COMMENT ON TYPE app.role IS 'what a user may be';
GRANT USAGE ON TYPE app.role TO app_reader;
CREATE TYPE app.letters AS ENUM ('a', 'c');
ALTER TYPE app.letters ADD VALUE 'b' BEFORE 'c';
CREATE DOMAIN app.email AS text COLLATE "C" DEFAULT 'nobody' CONSTRAINT email_at CHECK (VALUE ~ '@');
COMMENT ON CONSTRAINT email_at ON DOMAIN app.email IS 'has an at';
CREATE DOMAIN app.required AS int NOT NULL;
CREATE TYPE app.address AS (street text, city text COLLATE "C");
COMMENT ON COLUMN app.address.city IS 'where';
CREATE TYPE app.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TYPE app.number;
CREATE FUNCTION app.number_in(cstring) RETURNS app.number LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION app.number_out(app.number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE app.number (INPUT = app.number_in, OUTPUT = app.number_out, LIKE = int4);
CREATE TYPE app.undefined;

-- name: functions, procedures, aggregates
CREATE FUNCTION app.current_user_id() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' SET work_mem = '8MB'
    AS 'SELECT nullif(current_setting(''app.user_id'', true), '''')::bigint';
COMMENT ON FUNCTION app.current_user_id() IS 'who asks';
REVOKE EXECUTE ON FUNCTION app.current_user_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.current_user_id() TO app_reader;
CREATE FUNCTION app.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION app.add(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION app.listing(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE sql ROWS 10 AS 'SELECT 1, ''x''::text';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.touch_other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE app.work(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := 1; END';
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = safe);
CREATE FUNCTION app.with_transform(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION app.compare(app.number, app.number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION app.compare_other(app.number, app.number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
CREATE FUNCTION app.order(app.number, app.number) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION app.on_ddl_other() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
ALTER FUNCTION app.add(text) DEPENDS ON EXTENSION citext;

-- name: function with a parsed body
-- since: 14
CREATE FUNCTION app.parsed(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1; END;

-- name: tables
CREATE TABLE app.users (
    id bigint GENERATED ALWAYS AS IDENTITY (START 10) CONSTRAINT users_pkey PRIMARY KEY,
    email app.email NOT NULL,
    name varchar(50) COLLATE "C" DEFAULT 'x',
    role app.role NOT NULL DEFAULT 'customer',
    manager bigint,
    score numeric(6,2) CONSTRAINT score_positive CHECK (score > 0),
    shout text GENERATED ALWAYS AS (upper(name)) STORED,
    notes text,
    period app.span,
    CONSTRAINT users_email_key UNIQUE (email) DEFERRABLE,
    CONSTRAINT users_manager_fkey FOREIGN KEY (manager) REFERENCES app.users ON DELETE SET NULL,
    CONSTRAINT users_period_excl EXCLUDE USING gist (period WITH &&)
) WITH (fillfactor = 80, toast.autovacuum_enabled = false, autovacuum_vacuum_threshold = 100);
ALTER TABLE app.users ALTER notes SET STORAGE EXTERNAL, ALTER notes SET STATISTICS 500, ALTER score SET (n_distinct = -0.5);
COMMENT ON TABLE app.users IS 'who';
COMMENT ON COLUMN app.users.name IS 'what they are called';
COMMENT ON CONSTRAINT score_positive ON app.users IS 'no less';
GRANT SELECT, INSERT, UPDATE ON app.users TO app_writer;
GRANT SELECT ON app.users TO app_reader WITH GRANT OPTION;
GRANT UPDATE (name) ON app.users TO app_reader;
ALTER TABLE app.users OWNER TO app_owner;
CREATE INDEX users_name_idx ON app.users USING btree (lower(name) DESC, role) INCLUDE (email) WHERE role <> 'admin';
ALTER INDEX app.users_name_idx ALTER COLUMN 1 SET STATISTICS 300;
CREATE UNIQUE INDEX users_manager_idx ON app.users (manager, id);
CREATE INDEX users_notes_idx ON app.users USING gin (to_tsvector('simple', notes)) WITH (fastupdate = off, gin_pending_list_limit = 128);
COMMENT ON INDEX app.users_name_idx IS 'by name';
CREATE STATISTICS app.users_stats (dependencies, ndistinct) ON role, manager FROM app.users;
COMMENT ON STATISTICS app.users_stats IS 'together';
CREATE TABLE app.orders (
    id serial PRIMARY KEY,
    user_id bigint NOT NULL CONSTRAINT orders_user_id_fkey REFERENCES app.users DEFERRABLE,
    code extensions.citext,
    data extensions.hstore,
    amounts int[],
    home app.address,
    UNIQUE (id, user_id)
);
CREATE TABLE app.typed OF app.address;
CREATE UNLOGGED TABLE app.scratch (a int, b int NOT NULL);
CREATE TABLE app.parent (a int, b text CONSTRAINT b_long CHECK (length(b) > 1) NO INHERIT);
CREATE TABLE app.child (c int) INHERITS (app.parent);
CREATE TABLE "Odd.Name" ("Weird ""col" int PRIMARY KEY, "select" text);
CREATE INDEX text_idx ON "Odd.Name" ("select");
CREATE TABLE app.doomed (a int, b int);
ALTER TABLE app.doomed DROP COLUMN a;
GRANT SELECT ON app.doomed TO app_archivist;
CREATE POLICY p ON app.doomed TO app_archivist;
COMMENT ON POLICY p ON app.doomed IS 'passing';
CREATE TABLE app.renamed (before int);
CREATE INDEX renamed_idx ON app.renamed (before);
ALTER TABLE app.renamed RENAME before TO after;

-- name: column compression
-- since: 14
ALTER TABLE app.users ALTER notes SET COMPRESSION pglz;

-- name: nulls not distinct
-- since: 15
CREATE UNIQUE INDEX users_score_idx ON app.users (score) NULLS NOT DISTINCT;

-- name: virtual column, named not null, keys without enforcement and over time
-- since: 18
CREATE TABLE app.modern (
    a int CONSTRAINT modern_a_there NOT NULL,
    c int CONSTRAINT modern_c_check CHECK (c > 0) NOT ENFORCED,
    d int REFERENCES app.orders NOT ENFORCED,
    region int4range,
    during int4range,
    CONSTRAINT modern_key UNIQUE (region, during WITHOUT OVERLAPS)
);
CREATE TABLE app.computed (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL);

-- name: partitions and a foreign key to them
CREATE TABLE app.events (id int NOT NULL, at date NOT NULL, kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE app.events_2024 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE app.events_2025 PARTITION OF app.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY LIST (id);
CREATE TABLE app.events_2025_a PARTITION OF app.events_2025 FOR VALUES IN (1);
CREATE TABLE app.events_2025_b PARTITION OF app.events_2025 DEFAULT;
CREATE INDEX events_kind_idx ON app.events (kind);
CREATE TABLE app.event_notes (event int, at date, CONSTRAINT event_notes_fkey FOREIGN KEY (event, at) REFERENCES app.events)
    PARTITION BY LIST (event);
CREATE TABLE app.event_notes_1 PARTITION OF app.event_notes FOR VALUES IN (1);
CREATE TABLE app.future (id int NOT NULL, at date NOT NULL, kind text);

-- name: triggers
CREATE TRIGGER users_touch BEFORE UPDATE OF name ON app.users FOR EACH ROW WHEN (OLD.name <> NEW.name)
    EXECUTE FUNCTION app.touch('argument');
COMMENT ON TRIGGER users_touch ON app.users IS 'touches';
CREATE CONSTRAINT TRIGGER users_checked AFTER INSERT ON app.users DEFERRABLE FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER users_all AFTER UPDATE ON app.users REFERENCING OLD TABLE AS before EXECUTE FUNCTION app.touch();
CREATE TRIGGER events_touch BEFORE INSERT ON app.events FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE EVENT TRIGGER app_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION app.on_ddl();
COMMENT ON EVENT TRIGGER app_ddl IS 'watches';

-- name: policies
ALTER TABLE app.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.users FOR SELECT TO app_reader, app_writer USING (id = app.current_user_id());
CREATE POLICY write ON app.users AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (role <> 'admin');
COMMENT ON POLICY own ON app.users IS 'their own';

-- name: views and rules
CREATE VIEW app.names WITH (security_barrier = true) AS SELECT id, name FROM app.users WITH LOCAL CHECK OPTION;
ALTER VIEW app.names ALTER name SET DEFAULT 'y';
COMMENT ON COLUMN app.names.name IS 'a name';
GRANT SELECT (name) ON app.names TO app_reader;
CREATE MATERIALIZED VIEW app.totals AS SELECT role, count(*) AS n FROM app.users GROUP BY role;
CREATE INDEX totals_role_idx ON app.totals (role);
CREATE RULE names_insert AS ON INSERT TO app.names DO INSTEAD NOTHING;
COMMENT ON RULE names_insert ON app.names IS 'none';

-- name: sequences
CREATE SEQUENCE app.numbers AS int INCREMENT 5 MINVALUE 1 MAXVALUE 9999 CACHE 10 CYCLE;
GRANT USAGE ON SEQUENCE app.numbers TO app_writer;
CREATE SEQUENCE app.loose;

-- name: operators, families, classes, access methods
CREATE OPERATOR app.<< (FUNCTION = app.compare, LEFTARG = app.number, RIGHTARG = app.number, RESTRICT = scalarltsel);
CREATE OPERATOR app.>> (FUNCTION = app.compare_other, LEFTARG = app.number, RIGHTARG = app.number, COMMUTATOR = OPERATOR(app.<<));
COMMENT ON OPERATOR app.<< (app.number, app.number) IS 'less';
CREATE OPERATOR FAMILY app.number_family USING btree;
CREATE OPERATOR CLASS app.number_class DEFAULT FOR TYPE app.number USING btree FAMILY app.number_family
    AS OPERATOR 1 app.<<, FUNCTION 1 app.order(app.number, app.number);
CREATE OPERATOR CLASS app.text_class FOR TYPE text USING btree AS OPERATOR 1 <, FUNCTION 1 bttextcmp(text, text);
CREATE ACCESS METHOD app_heap TYPE TABLE HANDLER heap_tableam_handler;

-- name: languages, casts, transforms, conversions, collations
CREATE TRUSTED LANGUAGE app_language HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
GRANT USAGE ON LANGUAGE app_language TO app_reader;
CREATE CAST (app.role AS app.number) WITH INOUT AS ASSIGNMENT;
CREATE CAST (app.number AS int) WITHOUT FUNCTION;
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE CONVERSION app.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE COLLATION app.plain (LOCALE = 'C');
COMMENT ON COLLATION app.plain IS 'bytes';

-- name: text search
CREATE TEXT SEARCH TEMPLATE app.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY app.dictionary (TEMPLATE = app.template, accept = false);
CREATE TEXT SEARCH PARSER app.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH CONFIGURATION app.configuration (PARSER = app.parser);
ALTER TEXT SEARCH CONFIGURATION app.configuration ADD MAPPING FOR asciiword, word WITH app.dictionary, simple;
COMMENT ON TEXT SEARCH CONFIGURATION app.configuration IS 'searches';

-- name: foreign data
CREATE FOREIGN DATA WRAPPER app_wrapper OPTIONS (debug 'true', password 's3cret');
CREATE SERVER app_server TYPE 'file' VERSION '1' FOREIGN DATA WRAPPER app_wrapper
    OPTIONS (host 'example', port '1', connstr 's3cret', url 'postgres://u:s3cret@h');
GRANT USAGE ON FOREIGN SERVER app_server TO app_writer;
CREATE USER MAPPING FOR app_reader SERVER app_server OPTIONS (username 's3cret', password 's3cret');
CREATE USER MAPPING FOR PUBLIC SERVER app_server;
CREATE FOREIGN TABLE app.remote (id int OPTIONS (column_name 'nr'), name text DEFAULT 'a') SERVER app_server
    OPTIONS (table_name 'x', api_key 's3cret');

-- name: publications and subscriptions
CREATE PUBLICATION app_changes FOR TABLE app.users, app.orders WITH (publish = 'insert, update');
CREATE PUBLICATION app_everything FOR ALL TABLES;
COMMENT ON PUBLICATION app_changes IS 'out';
CREATE SUBSCRIPTION app_source CONNECTION 'host=nowhere password=s3cret' PUBLICATION one, two
    WITH (connect = false, slot_name = app_slot);
COMMENT ON SUBSCRIPTION app_source IS 'in';

-- name: publications of some columns, some rows and of schemas
-- since: 15
CREATE PUBLICATION app_part FOR TABLE app.orders (id, user_id) WHERE (id > 10);
CREATE PUBLICATION app_schema FOR TABLES IN SCHEMA app;

-- name: default privileges
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app GRANT USAGE ON SEQUENCES TO app_writer;

-- name: the database, settings, roles
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET app.tenant = ''one''', current_database());
    EXECUTE format('ALTER DATABASE %I SET app.jwt_secret = ''s3cret''', current_database());
    EXECUTE format('ALTER ROLE app_reader IN DATABASE %I SET statement_timeout = ''5s''', current_database());
    EXECUTE format('COMMENT ON DATABASE %I IS ''the database''', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO app_writer', current_database());
END $$;
GRANT app_group TO app_reader;

-- name: large objects
SELECT lo_create(12345);
GRANT SELECT ON LARGE OBJECT 12345 TO app_reader;

-- name: what is PostgreSQL's own
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC;
GRANT SELECT ON pg_catalog.pg_authid TO "App Admin";
GRANT EXECUTE ON FUNCTION extensions.hstore(text, text) TO app_reader WITH GRANT OPTION;

-- name: security labels, of which PostgreSQL brings no provider
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
VALUES ('app.users'::regclass, 'pg_class'::regclass, 0, 'dummy', 'secret'),
    ('app.users'::regclass, 'pg_class'::regclass, 2, 'dummy', 'classified');
INSERT INTO pg_shseclabel (objoid, classoid, provider, label)
SELECT oid, 'pg_database'::regclass, 'dummy', 'unclassified' FROM pg_database WHERE datname = current_database();
