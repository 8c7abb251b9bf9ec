CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE people (id integer PRIMARY KEY, mood mood, phone text);
INSERT INTO people VALUES (1, 'ok', '0711');
