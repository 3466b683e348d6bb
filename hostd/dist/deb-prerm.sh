#!/bin/sh
# Before the files go: the service ends its jobs in the ledger. An upgrade lets it run until the new one is there.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now lotgate.service
fi
