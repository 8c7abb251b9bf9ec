CREATE ROLE view_owner;
CREATE TABLE notes (text text);
CREATE VIEW texts AS SELECT text FROM notes;
ALTER VIEW texts OWNER TO view_owner;
