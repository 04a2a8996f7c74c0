-- The same on both sides.
CREATE TYPE plan AS ENUM ('free', 'team', 'enterprise');
CREATE TYPE address AS (street text, city text, zip varchar(10));
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%_@_%');
