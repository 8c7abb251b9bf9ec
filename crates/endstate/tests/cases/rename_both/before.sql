CREATE TABLE iso_agents (id integer); CREATE TABLE users (id integer);
