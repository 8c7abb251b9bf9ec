CREATE TABLE events (id integer PRIMARY KEY, kind text NOT NULL, source text);
INSERT INTO events VALUES (1, 'error', NULL), (2, 'note', 'b'), (3, 'note', NULL);
