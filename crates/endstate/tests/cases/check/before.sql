CREATE TABLE iso_agents (id integer PRIMARY KEY, name text);
ALTER TABLE iso_agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON iso_agents USING (name = CURRENT_USER);
CREATE SCHEMA other;
CREATE TABLE other.things (id integer);
