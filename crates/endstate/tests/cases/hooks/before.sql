CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, note text);
INSERT INTO people VALUES (1, 'Ann Lee', 'a'), (2, 'Bob', 'b');
