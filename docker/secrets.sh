#!/bin/sh
# Make the secrets that are missing: docker/secrets.sh [FOLDER beside this script]
# The folder keeps others on this host out. The files in it are readable, because the containers' users,
# which are not its owner, read them where they are mounted.
set -eu
cd "$(dirname "$0")"
folder=${1:-secrets}
mkdir -p "$folder"
chmod 0700 "$folder"
umask 022
make() { # NAME BYTES
    [ -s "$folder/$1" ] || head -c "$2" /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$folder/$1"
}
make secret_key 48
make data_encryption_key 32
make database_password 48
make redis_password 48
