CREATE SCHEMA app;
CREATE TABLE app.orders (id integer, total numeric, CONSTRAINT positive CHECK (total > 0));
COMMENT ON TABLE app.orders IS 'What was asked for';
CREATE TABLE people (id integer, name text);
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE plpgsql AS E'begin\n  return a;\nend\n';
CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
CREATE VIEW numbers AS SELECT 1 AS one;
