CREATE TABLE people (id integer PRIMARY KEY, name text);
CREATE TABLE letters (id integer PRIMARY KEY, of integer REFERENCES people, text text);
CREATE TABLE places (id integer PRIMARY KEY, name text);
CREATE TABLE members (id integer PRIMARY KEY);
CREATE TABLE settings (id integer PRIMARY KEY, value text);
