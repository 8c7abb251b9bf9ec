CREATE ROLE rollback_nobody LOGIN;
CREATE TABLE people (id integer PRIMARY KEY, phone text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, placed integer NOT NULL, sent integer NOT NULL);
INSERT INTO people VALUES (1, '0711');
INSERT INTO orders VALUES (1, 1, 2);
