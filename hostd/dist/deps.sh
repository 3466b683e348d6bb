#!/usr/bin/env bash
# Installs what is missing to build (deps.sh build) or to build and test (deps.sh test), with apt.
#
# Quiet and quick when nothing is missing. Uses sudo when not root; where neither root nor network is to be had it
# says what is missing and what that leaves out. The exit status is 1 only when something is missing without which
# the build (or any test at all) is impossible.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=${1:-build}
case $what in
build) lists=("$here/packages-build.txt") ;;
test) lists=("$here/packages-build.txt" "$here/packages-test.txt") ;;
*)
    echo "usage: deps.sh [build|test]" >&2
    exit 2
    ;;
esac

# names, need (core or extra) and reason of every package, in three arrays side by side
names=() needs=() reasons=()
for list in "${lists[@]}"; do
    while read -r name rest; do
        [[ -z $name || $name == '#'* ]] && continue
        need=extra
        [[ $list == */packages-build.txt ]] && need=core
        [[ $rest == '*'* ]] && need=core && rest=${rest#\*} && rest=${rest#"${rest%%[![:space:]]*}"}
        names+=("$name") needs+=("$need") reasons+=("$rest")
    done <"$list"
done

installed() { # is the package, or one that provides it, there?
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps.sh: this is no Debian system; install by hand what corresponds to:" >&2
    printf '  %s\n' "${names[@]}" >&2
    command -v "${CC:-gcc}" make pkg-config >/dev/null &&
        pkg-config --exists libuv libserialport libcjson sqlite3 libsodium libmicrohttpd
    exit $?
fi

# What is missing. No process substitution here: a bare root may lack /dev/fd.
core=() extra=()
for i in "${!names[@]}"; do
    installed "${names[i]}" && continue
    if [[ ${needs[i]} == core ]]; then core+=("${names[i]}"); else extra+=("${names[i]}"); fi
done
[[ ${#core[@]} -eq 0 && ${#extra[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null 2>&1; then
        as_root=(false)
    elif [[ -t 0 ]]; then
        as_root=(sudo)
    else
        as_root=(sudo -n) # nobody is there to type a password
    fi
fi

apt_install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "deps.sh: installing ${core[*]} ${extra[*]}" >&2
if ! apt_install "${core[@]}" "${extra[@]}"; then
    # The lists may be old or absent; after that, one missing package must not keep the others away.
    "${as_root[@]}" apt-get update -q >"$log" 2>&1 || true
    if ! apt_install "${core[@]}" "${extra[@]}"; then
        [[ ${#core[@]} -eq 0 ]] || apt_install "${core[@]}" || true
        for name in "${extra[@]}"; do
            apt_install "$name" || true
        done
    fi
fi

status=0 still=()
for i in "${!names[@]}"; do
    installed "${names[i]}" && continue
    still+=("${names[i]}")
    if [[ ${needs[i]} == core ]]; then
        [[ $status -eq 0 ]] && tail -n 3 "$log" | sed 's/^/  apt: /' >&2
        echo "deps.sh: ${names[i]} is missing and can't be installed here; it is needed for ${reasons[i]}" >&2
        status=1
    else
        echo "deps.sh: ${names[i]} is missing; left out: ${reasons[i]}" >&2
    fi
done
[[ $status -eq 0 ]] || echo "deps.sh: install them as root: apt-get install ${still[*]}" >&2
exit $status
