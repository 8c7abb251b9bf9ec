-- What PostgreSQL 18 brought.
CREATE TABLE app.stays (
  room int, during daterange, price int NOT NULL CHECK (price > 10), twice int GENERATED ALWAYS AS (1 / (price - 11)) VIRTUAL,
  PRIMARY KEY (room, during WITHOUT OVERLAPS)
);
CREATE TABLE app.cleanings (
  room int, during daterange, FOREIGN KEY (room, PERIOD during) REFERENCES app.stays (room, PERIOD during)
);
CREATE TABLE app.unenforced (v int, CHECK (v > 5) NOT ENFORCED, t int REFERENCES app.tree NOT ENFORCED);
