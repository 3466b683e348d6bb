#!/usr/bin/env bash
# Makes build/lotgate_VERSION_ARCHITECTURE.deb from what `make install` lays out. make deb
#
# The package is made by dpkg-deb alone; its dependencies are what dpkg-shlibdeps finds in the programs. Installing it
# makes the user `lotgate` and leaves the service off: it starts once /etc/lotgate/lotgate.json is written. Purging it
# leaves /var/lib/lotgate alone: records of manufacture outlive the program that wrote them.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${BUILD:-build}
version=$1
root=$PWD/$build/deb/root

for program in dpkg-deb dpkg-shlibdeps; do
    command -v "$program" >/dev/null && continue
    echo "deb.sh: $program is missing; install it as root: apt-get install dpkg-dev" >&2
    exit 1
done

rm -rf "$build/deb"
mkdir -p "$root/DEBIAN" "$build/deb/debian"
make --no-print-directory -s -o all install DESTDIR="$root" PREFIX=/usr # `make deb` has built it
strip --strip-unneeded "$root/usr/bin/lotgate" "$root/usr/bin/lotgate-sim"
gzip -9n "$root"/usr/share/man/man?/*
install -Dm644 LICENSE "$root/usr/share/doc/lotgate/copyright"
install -dm755 "$root/etc/lotgate"

# dpkg-shlibdeps reads a source package's control file; this is as much of one as it needs.
printf 'Source: lotgate\n\nPackage: lotgate\nArchitecture: any\nDescription: lotgate\n' >"$build/deb/debian/control"
depends=$(cd "$build/deb" && dpkg-shlibdeps -O "$root/usr/bin/lotgate" "$root/usr/bin/lotgate-sim" | sed -n 's/^shlibs:Depends=//p')
[[ -n $depends ]] || { echo "deb.sh: dpkg-shlibdeps found no dependencies" >&2; exit 1; }
architecture=$(dpkg --print-architecture)

cat >"$root/DEBIAN/control" <<END
Package: lotgate
Version: $version
Architecture: $architecture
Maintainer: lotgate <lotgate@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends, systemd | systemd-standalone-sysusers | adduser
Recommends: systemd, udev
Section: misc
Priority: optional
Description: gate on the serial line that lets no job run without a material lot
 lotgate stands between the sender (LightBurn, LaserGRBL, UGS, CNCjs) and a
 laser or CNC router with Grbl firmware. A job streams once a material lot is
 declared, and leaves a manufacture record in a ledger that is only appended to.
END
install -m755 "$PWD/hostd/dist/deb-postinst.sh" "$root/DEBIAN/postinst"
install -m755 "$PWD/hostd/dist/deb-prerm.sh" "$root/DEBIAN/prerm"
install -m755 "$PWD/hostd/dist/deb-postrm.sh" "$root/DEBIAN/postrm"

dpkg-deb --root-owner-group --build "$root" "$build/lotgate_${version}_$architecture.deb" >/dev/null
echo "$build/lotgate_${version}_$architecture.deb"
