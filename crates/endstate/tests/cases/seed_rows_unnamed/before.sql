CREATE TABLE plans (code text PRIMARY KEY, price int DEFAULT 5, note text DEFAULT 'n', other text DEFAULT 'o');
INSERT INTO plans VALUES ('free', 0, 'mine', 'his'), ('pro', 900, 'mine', 'his');
