#!/bin/sh
# Run once by the database image on an empty volume: the product's own role and database. The role is
# no superuser; the extension is therefore installed here.
set -eu
secret=/run/secrets/muckwatch_database__password
[ -s "$secret" ] || { echo "10-muckwatch.sh: $secret is missing or empty" >&2; exit 1; }
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat "$secret")" <<'SQL'
CREATE ROLE muckwatch LOGIN PASSWORD :'password';
CREATE DATABASE muckwatch OWNER muckwatch;
\connect muckwatch
CREATE EXTENSION IF NOT EXISTS timescaledb;
SQL
