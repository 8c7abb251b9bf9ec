-- What PostgreSQL 14 brought.
CREATE TABLE app.multiranges (
  t_int4 int4multirange NOT NULL, t_ts tsmultirange, t_text int8multirange[], t_float app.float_multirange
);
