CREATE TABLE notes (id integer PRIMARY KEY, phone text, text text);
INSERT INTO notes VALUES (1, 'tel 1', 'a'), (2, 'tel 2', 'b'), (3, 'tel 3', 'c');
