#!/bin/sh
# After unpacking: the user, the rules, the unit. An upgrade restarts a service that runs.
set -e
[ "$1" = configure ] || exit 0
if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers /usr/lib/sysusers.d/lotgate.conf
elif ! getent passwd lotgate >/dev/null; then
    adduser --system --group --home /var/lib/lotgate --no-create-home lotgate
    adduser lotgate dialout
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl try-restart lotgate.service
    udevadm control --reload 2>/dev/null || true # none in a container
fi
if [ -z "$2" ] && [ ! -e /etc/lotgate/lotgate.json ]; then
    echo "lotgate: write /etc/lotgate/lotgate.json (see man lotgate.json), then: systemctl enable --now lotgate"
fi
