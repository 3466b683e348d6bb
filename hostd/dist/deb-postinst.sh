#!/bin/sh
# After unpacking: the user, the rules, the unit. An upgrade restarts a service that runs, but not in the middle of a
# job: that would spoil the part.
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
    udevadm control --reload 2>/dev/null || true # none in a container
    if systemctl --quiet is-active lotgate.service; then
        if machines=$(lotgate machine list --json) && ! echo "$machines" | grep -qE '"state":[[:space:]]*"(running|held)"'; then
            systemctl restart lotgate.service
        else
            echo "lotgate: a job is under way; when it has ended: systemctl restart lotgate"
        fi
    fi
fi
if [ -z "$2" ] && [ ! -e /etc/lotgate/lotgate.json ]; then
    echo "lotgate: write /etc/lotgate/lotgate.json (see man lotgate.json), then: systemctl enable --now lotgate"
fi
