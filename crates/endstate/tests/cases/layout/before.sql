CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id integer PRIMARY KEY, mood mood);
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'The application';
CREATE TABLE app.orders (id integer PRIMARY KEY, by integer REFERENCES users);
CREATE TABLE app.items (id integer, of integer REFERENCES app.orders);
CREATE VIEW app.open AS SELECT id FROM app.orders;
CREATE FUNCTION app.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA empty;
