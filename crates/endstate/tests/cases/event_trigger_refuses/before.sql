CREATE TABLE t (id int);
CREATE SCHEMA guard;
CREATE FUNCTION guard.no_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF tg_tag = 'ALTER TABLE' THEN RAISE EXCEPTION 'not on this server'; END IF; END $$;
CREATE EVENT TRIGGER "No DDL" ON ddl_command_start EXECUTE FUNCTION guard.no_ddl();
