#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# verify.sh caught|passes PROGRAM [SCENARIO]: PROGRAM, throttlesim with a wrong engine, must find
# out by `verify` of random scenarios, or of this one, that a real QEMU decides otherwise (exit
# status 4); with the right one (passes) all must agree (0). Skipped (77) where there is no QEMU.
# What it reports of a difference must, where there is a Python, show it without the simulator.
set -u

expected=$1
program=$2
scenario=${3:-}
command -v qemu-system-x86_64 >/dev/null || exit 77

directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 1

if [ -n "$scenario" ]; then
    timeout -k 10 120 "$program" verify "$scenario" --report report
else
    timeout -k 10 120 "$program" verify --random 40 --seed 1 --jobs 2 --report report
fi
status=$?
case $expected:$status in
passes:0) exit 0 ;;
caught:4)
    [ "$(du -b report | cut -f1)" -lt 100000 ] || exit 1
    { command -v python3 && command -v cc; } >/dev/null || exit 0
    python3 report/replay.py >replayed
    status=$?
    cat replayed
    [ $status -ne 4 ] || ! tail -n 1 replayed | grep -q 'counts as in session.txt$' || exit 0
    ;;
esac
echo "exit status $status; the engine should be one that is $expected"
exit 1
