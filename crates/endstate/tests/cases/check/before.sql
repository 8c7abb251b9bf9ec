CREATE TABLE iso_agents (id integer, name text UNIQUE);
ALTER TABLE iso_agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON iso_agents USING (name = CURRENT_USER);
CREATE SCHEMA other;
CREATE TABLE other.things (id integer);
