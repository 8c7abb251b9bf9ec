CREATE ROLE archive_nobody LOGIN;
CREATE TABLE notes (id integer PRIMARY KEY, text text);
INSERT INTO notes VALUES (1, 'a');
