#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# verify.sh caught|passes PROGRAM: PROGRAM, throttlesim with a wrong engine, must find out by
# `verify` that a real QEMU decides otherwise (exit status 4); with the right one (passes) all must
# agree (0). Skipped (77) where there is no QEMU.
set -u

expected=$1
program=$2
command -v qemu-system-x86_64 >/dev/null || exit 77

directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 1

timeout -k 10 120 "$program" verify --random 40 --seed 1 --jobs 2
status=$?
case $expected:$status in
passes:0 | caught:4) exit 0 ;;
esac
echo "exit status $status; the engine should be one that is $expected"
exit 1
