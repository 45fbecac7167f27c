#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The library that goes into QEMU asks for no libc younger than those that older QEMUs bring.
#
# usage: test_library.sh LIBRARY
set -eu
oldest=2.17 # the first on arm64; on x86-64 it is 2.14 that is needed
command -v objdump >/dev/null || exit 77
objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -u >versions.$$
trap 'rm -f versions.$$' EXIT
[ -s versions.$$ ] || {
    echo "$1 asks for no libc at all?" >&2
    exit 1
}
youngest=$({ sed 's/GLIBC_//' versions.$$ && echo $oldest; } | sort -V | tail -n 1)
[ "$youngest" = $oldest ] || {
    echo "$1 needs glibc $youngest; $oldest at most is expected" >&2
    exit 1
}
