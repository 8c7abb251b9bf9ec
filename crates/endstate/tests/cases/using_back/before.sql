CREATE TABLE events (at integer);
