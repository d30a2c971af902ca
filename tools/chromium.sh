#!/bin/sh
# Make sure that the browser tests find Chromium; CHROMIUM names another one.
set -eu
if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "mitai: Chromium is missing; install it (Debian: apt-get install chromium) or name it with CHROMIUM=" >&2
    exit 1
fi
