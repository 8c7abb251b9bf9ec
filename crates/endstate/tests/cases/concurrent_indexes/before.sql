CREATE TABLE orders (id bigint PRIMARY KEY, email text);
INSERT INTO orders SELECT i, 'e' || i FROM generate_series(1, 20) AS i;
