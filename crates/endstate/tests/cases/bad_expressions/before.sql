CREATE TABLE events (id integer PRIMARY KEY, at bigint, note text);
