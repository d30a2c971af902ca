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
for name in secret_key database_password redis_password; do
    [ -s "$folder/$name" ] || head -c 48 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$folder/$name"
done
