#!/usr/bin/env bash
# Puts the commands of the binary into the man page: man.sh [BINARY] >new page. With --write the page is changed in place.
set -eu -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
write=no
[[ ${1:-} == --write ]] && write=yes && shift
binary=${1:-$here/../../build/lotgate}
page=$here/lotgate.1
commands=$("$binary" help --man)
new=$(COMMANDS=$commands awk '
    /^\.\\" end commands/ { inside = 0 }
    !inside { print }
    /^\.\\" begin commands/ { print ENVIRON["COMMANDS"]; inside = 1 }' "$page")
if [[ $write == yes ]]; then
    printf '%s\n' "$new" >"$page"
else
    printf '%s\n' "$new"
fi
