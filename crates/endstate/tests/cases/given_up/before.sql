CREATE TABLE notes (id integer PRIMARY KEY, text text);
CREATE TABLE marks (id integer PRIMARY KEY);
INSERT INTO notes VALUES (1, 'a');
INSERT INTO marks VALUES (1);
