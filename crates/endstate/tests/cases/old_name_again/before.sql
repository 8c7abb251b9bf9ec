CREATE TABLE u (id integer PRIMARY KEY, price numeric);
INSERT INTO u VALUES (1, 3);
