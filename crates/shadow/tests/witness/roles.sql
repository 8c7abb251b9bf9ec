-- name: roles, of which a cluster has one set
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE app_reader NOLOGIN CONNECTION LIMIT 5;
CREATE ROLE app_writer NOLOGIN PASSWORD 's3cret';
CREATE ROLE app_group NOLOGIN;
CREATE ROLE "App Admin" NOLOGIN;
CREATE ROLE app_unused NOLOGIN;
CREATE ROLE app_archivist NOLOGIN;
COMMENT ON ROLE app_archivist IS 'of app.doomed alone';
GRANT app_group TO app_writer;
ALTER ROLE app_reader SET lock_timeout = '1s';
ALTER ROLE app_reader SET app.api_key = 's3cret';
COMMENT ON ROLE app_reader IS 'who reads';
-- name: somebody who may do nothing
CREATE ROLE app_nobody LOGIN;
