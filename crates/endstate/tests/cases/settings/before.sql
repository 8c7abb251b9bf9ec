CREATE TABLE legacy (id integer PRIMARY KEY, at timestamptz DEFAULT now());
CREATE INDEX legacy_at ON legacy (at);
CREATE TABLE users (id integer, old_name text, extra integer);
CREATE VIEW report AS SELECT id FROM users;
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
