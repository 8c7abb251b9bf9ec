CREATE TYPE pair AS (a integer, b integer);
CREATE TABLE notes (id integer PRIMARY KEY, text text, pair pair[]);
