CREATE TYPE plan AS ENUM ('free', 'basic', 'pro');
CREATE TABLE accounts (id integer PRIMARY KEY, plan plan NOT NULL, paid text NOT NULL);
INSERT INTO accounts VALUES (1, 'free', ''), (2, 'basic', 'monthly'), (3, 'free', 'never'), (4, 'pro', 'yearly'), (5, 'free', '');
