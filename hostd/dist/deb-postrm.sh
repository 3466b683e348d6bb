#!/bin/sh
# After the files are gone. The ledger stays, and with it the user who owns it.
set -e
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
if [ "$1" = purge ]; then
    rm -f /etc/lotgate/lotgate.json
    rmdir /etc/lotgate 2>/dev/null || true
    if [ -d /var/lib/lotgate ]; then
        echo "lotgate: the records in /var/lib/lotgate are kept; remove them by hand when nobody may ask for them any more"
    fi
fi
