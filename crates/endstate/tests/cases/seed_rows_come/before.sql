CREATE TABLE p (id uuid PRIMARY KEY, code text UNIQUE NOT NULL, n serial, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE q (code text PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE r (code text PRIMARY KEY, note text);
INSERT INTO r VALUES ('own', 'somebody''s own');
