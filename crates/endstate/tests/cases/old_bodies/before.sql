CREATE TABLE t (id int);
SET check_function_bodies = off;
CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'selec 1';
CREATE FUNCTION older() RETURNS int LANGUAGE plpgsql AS 'begin retrun 1 +; end';
