#!/usr/bin/env bash
# A narrated tour that ends by itself: a delivery comes in, a laser job is held at the gate until its lot is declared, the
# record that is left behind answers what went into the part, and the lot is recalled from the customers. make demo
set -eu
cd "$(dirname "$0")/../.."
lotgate=${LOTGATE:-build/lotgate}
simulator=${LOTGATE_SIM:-build/lotgate-sim}
data=$(mktemp -d)
export XDG_DATA_HOME=$data
daemon='' hooked=''
cleanup() {
    local pid
    for pid in $daemon $hooked; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
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
state() { "$lotgate" --data "$data/shop" machine show "${1:-laser1}" --json; }

# A machine with a card slot, whose firmware holds the hook: a program of its own at the other end of a serial line.
start_hooked_machine() {
    awk 'BEGIN { print "G21"; print "G90"; print "M4 S600"; print "G1 X40 F6000"; print "G1 Y30"; print "G1 X0"; print "G1 Y0"
        print "M5"; print "M2" }' >"$data/frame.nc"
    "$simulator" --flavour mks --hook --serial SIM-LASER-2 --hook-memory "$data/memory" --card "$data/frame.nc" \
        --link "$data/laser2.tty" --log "$data/laser2.log" >"$data/hooked" 2>&1 &
    hooked=$!
    wait_for tty ls "$data"
}

# press_start: the start key at the machine. One that is in motion does not look at it.
press_start() {
    wait_for '"Idle"' state laser2
    printf '%s(the start key at the machine is pressed)%s\n' "$blue" "$plain"
    kill -USR1 "$hooked"
}

hook_act() {
    say "5. A second machine can run files from its card, past the serial line. Its firmware holds lotgate's hook: it is paired once."
    wait_for '"unpaired"' state laser2
    run machine pair laser2 --by OP1
    wait_for '"locked"' state laser2
    say "   Somebody starts a file from the card. The hook blocks it, and lotgate asks for the lot."
    press_start
    wait_for '"held"' state laser2
    run machine show laser2
    say "   One scan, and the start key again: the file runs, and leaves a record like any job."
    run declare laser2 "$lot=1sheet" --operator OP1
    wait_for 'start again' cat "$data/laser2.log"
    press_start
    wait_for '"completed"' "$lotgate" --data "$data/shop" job list --machine laser2 --json
    run job list --machine laser2
    run record show MFG-0002
}

say "A workshop with one simulated laser. lotgate stands on the line between the sender and the machine."
# A configuration of its own: a lotgate that runs already keeps its ports.
cat >"$data/lotgate.json" <<EOF
{ "http": { "listen": "127.0.0.1:0" },
  "machines": [ { "id": "laser1", "board": "sim-laser", "device": "sim:laser", "serial_number": "SIM-LASER-1",
                  "sender": { "tcp": "127.0.0.1:0" } },
                { "id": "laser2", "board": "generic-grbl-laser", "device": "$data/laser2.tty", "serial_number": "SIM-LASER-2",
                  "hook": true, "sender": { "tcp": "127.0.0.1:0" } } ] }
EOF
start_hooked_machine
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

hook_act

say "6. The shop's orders come in as a CSV file. What the job made gets numbers of its own, and leaves for two of them."
cat >"$data/orders.csv" <<'EOF'
order,ordered,name,email,phone,product,title,count
1001,2026-11-20,Ada Byron,ada@x.example,+44 20 1,ROS,Rosette,1
1002,2026-11-21,Bo Diddley,bo@x.example,+1 601 2,ROS,Rosette,1
1003,2026-11-22,Eve Ensler,eve@x.example,+1 212 3,ROS,Rosette,1
EOF
run product add ROS Rosette
show import orders orders.csv --map plain
"$lotgate" --data "$data/shop" import orders "$data/orders.csv" --map plain
run unit make MFG-0001 --product ROS --count 3
run order ship 1001 ROS-0001 --carrier DHL
run order ship 1002 ROS-0002 --carrier DHL

say "7. The supplier writes: that acrylic is not what the certificate says. Who has it, and what is still here?"
run recall "$lot" --open --reason "supplier's notice"
run recall "$lot" --csv
show declare laser1 "$lot"
"$lotgate" --data "$data/shop" declare laser1 "$lot" 2>&1 || true

say "8. And has anybody changed any of it since?"
run ledger verify

say "That was all. make run starts lotgate for you; the README shows how to connect your sender."
