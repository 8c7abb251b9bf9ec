CREATE TABLE people (id integer PRIMARY KEY, mail text);
INSERT INTO people SELECT i, CASE WHEN i % 5 = 0 THEN 'm' || i END FROM generate_series(1, 25) AS i;
CREATE TABLE keyless (name text);
