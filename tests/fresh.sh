#!/usr/bin/env bash
# The promise of the README on a machine that has nothing: a minimal Debian in build/fresh-root, a fresh clone of this
# repository's HEAD in it, and there `make deps`, `make all`, `make test`, or the targets that are given here.
#
#   tests/fresh.sh [TARGET ...]       e.g. tests/fresh.sh deps all
#
# Needs root, debootstrap and the package mirror that this machine uses itself. Without them it says so and skips
# (exit status 0). RELEASE=trixie tries another release. Nothing outside build/fresh-root is changed.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
top=$PWD
root=$top/build/fresh-root
release=${RELEASE:-bookworm}
targets=("$@")
[[ $# -gt 0 ]] || targets=(deps all test)

skip() {
    echo "fresh.sh: skipped: $*" >&2
    echo "1..0 # SKIP $*"
    exit 0
}

[[ $(id -u) -eq 0 ]] || skip "it needs root (debootstrap and chroot)"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
mirror=$(apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' 2>/dev/null |
    awk -v r="$release" '$2 == r && $3 == "main" { print $1; exit }') || true
[[ -n $mirror ]] || skip "this machine's apt has no mirror of $release"

unmount() {
    local target
    # deepest first; lazily, so that a straggler in the chroot can't keep this machine's /dev bound
    for target in dev proc; do
        mountpoint -q "$root/$target" && umount -R -l "$root/$target"
    done
    return 0
}
trap unmount EXIT
trap 'exit 130' INT TERM

unmount
rm -rf --one-file-system "$root"
mkdir -p "$root"
echo "fresh.sh: making a minimal $release in ${root#"$top"/}" >&2
nice -n 19 debootstrap --variant=minbase "$release" "$root" "$mirror" >"$top/build/fresh-debootstrap.log" 2>&1 || {
    tail -n 5 "$top/build/fresh-debootstrap.log" >&2
    skip "debootstrap failed: see build/fresh-debootstrap.log"
}
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts" # the installer's; debootstrap leaves it out

git clone --quiet --no-local "$top" "$root/root/lotgate"

inside() {
    nice -n 19 chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive sh -c "cd /root/lotgate && $1"
}

# All that the README takes for granted is make itself.
inside 'apt-get -q update && apt-get -q -y --no-install-recommends install make' >"$top/build/fresh-apt.log" 2>&1 || {
    tail -n 5 "$top/build/fresh-apt.log" >&2
    skip "the new system can't reach its package mirror: see build/fresh-apt.log"
}
for target in "${targets[@]}"; do
    echo "fresh.sh: make $target" >&2
    if ! inside "make $target"; then
        echo "fresh.sh: make $target failed on a fresh $release" >&2
        exit 1
    fi
done
echo "fresh.sh: ${targets[*]}: done on a fresh $release" >&2
