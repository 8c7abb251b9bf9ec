CREATE TABLE plans (code text PRIMARY KEY, price integer NOT NULL);
CREATE TABLE tags (plan text REFERENCES plans ON DELETE CASCADE, tag text, PRIMARY KEY (plan, tag));
CREATE TABLE defaults (country text PRIMARY KEY, plan text NOT NULL REFERENCES plans);
INSERT INTO plans VALUES ('free', 0), ('pro', 9), ('old', 1), ('older', 2);
INSERT INTO tags VALUES ('free', 'x'), ('old', 'y'), ('older', 'y');
INSERT INTO defaults VALUES ('de', 'old'), ('fr', 'free');
