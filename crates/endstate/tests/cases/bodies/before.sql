SET check_function_bodies = off;
CREATE TABLE things (id bigint);
CREATE FUNCTION old() RETURNS bigint LANGUAGE sql AS 'SELECT gone FROM things';
