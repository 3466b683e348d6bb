#!/usr/bin/env bash
# A narrated tour that ends by itself: a delivery comes in, a laser job is held at the gate until its lot is
# declared, and the record that is left behind answers what went into the part. make demo
set -eu
cd "$(dirname "$0")/../.."
lotgate=${LOTGATE:-build/lotgate}
data=$(mktemp -d)
export XDG_DATA_HOME=$data
daemon=
cleanup() {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$data"
}
trap cleanup EXIT
touch "$data/sent"
trap 'exit 130' INT TERM

if [ -t 1 ]; then bold=$'\e[1m' blue=$'\e[36m' plain=$'\e[0m'; else bold='' blue='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# show ARGUMENT...: the command line as one would type it
show() {
    local word line=lotgate
    for word; do
        case $word in *[\ +]*) word="\"$word\"" ;; esac
        line="$line $word"
    done
    printf '%s$ %s%s\n' "$blue" "$line" "$plain"
}
run() {
    show "$@"
    "$lotgate" --data "$data/shop" "$@"
}
# wait_for TEXT COMMAND...: until the command's output holds TEXT, at most 30 seconds
wait_for() {
    local text=$1 i
    shift
    for ((i = 0; i < 300; i++)); do
        if "$@" 2>/dev/null | grep -q -- "$text"; then return 0; fi
        sleep 0.1
    done
    printf 'lotgate demo: waited 30 seconds for "%s" in vain; this is what lotgate and the sender said:\n' "$text" >&2
    cat "$data/log" "$data/sent" >&2 2>/dev/null || true
    return 1
}
state() { "$lotgate" --data "$data/shop" machine show laser1 --json; }

say "A workshop with one simulated laser. lotgate stands on the line between the sender and the machine."
# A configuration of its own: a lotgate that runs already keeps its ports.
cat >"$data/lotgate.json" <<'EOF'
{ "http": { "listen": "127.0.0.1:0" },
  "machines": [ { "id": "laser1", "board": "sim-laser", "device": "sim:laser", "serial_number": "SIM-LASER-1",
                  "sender": { "tcp": "127.0.0.1:0" } } ] }
EOF
"$lotgate" serve -c "$data/lotgate.json" --data "$data/shop" >"$data/log" 2>&1 &
daemon=$!
wait_for '"locked"' state
sed 's/^/  /' "$data/log"

say "1. A delivery: five sheets of cast acrylic. The number on the material equals the one on the certificate."
run supplier add ACME "Acme Plastics" --email qa@acme.example --phone "+49 30 1234"
run material add ACR "Acrylic, cast, 3 mm" --form sheet --thickness 3mm --density 1.19
run operator add OP1 "Kim Lee" --badge 4711
run lot receive ACR --supplier ACME --supplier-lot 88-1204 --heat 88-1204 --cert-heat 88-1204 --quantity 5sheet | tee "$data/lot"
lot=$(tail -n 1 "$data/lot")
run lot release "$lot" --by OP1

say "2. The operator presses Start in the sender. The first cutting line is held: nobody has said what lies in the machine."
awk 'BEGIN { print "; a rosette"; print "G21"; print "G90"; print "M4 S0"; print "G0 X60 Y40"
    for (i = 0; i <= 360; i += 3) { a = i * 3.14159265 / 180; r = 30 * cos(4 * a)
        printf "G1 X%.3f Y%.3f S600 F6000\n", 30 + r * cos(a), 40 + r * sin(a) }
    print "M5"; print "G0 X0 Y0"; print "M2" }' >"$data/rosette.nc"
show send laser1 rosette.nc
"$lotgate" --data "$data/shop" send laser1 "$data/rosette.nc" >"$data/sent" 2>&1 &
sender=$!
wait_for '"held"' state
run machine list

say "3. One scan. The declaration is durable before the first byte of work leaves for the machine."
run declare laser1 "$lot=1sheet" --operator OP1
wait "$sender"
sed 's/^/  /' "$data/sent"
wait_for '"completed"' "$lotgate" --data "$data/shop" job list --machine laser1 --json

say "4. A year later: what went into this part?"
run job list --machine laser1
run record show MFG-0001

say "5. And has anybody changed it since?"
run ledger verify
say "That was all. make run starts lotgate for you; the README shows how to connect your sender."
