CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO people SELECT i, 'n' || i FROM generate_series(1, 25) AS i;
CREATE TABLE keyless (name text);
