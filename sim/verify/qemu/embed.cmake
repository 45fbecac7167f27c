# SPDX-License-Identifier: GPL-2.0-or-later
# A file as an array of bytes:
#   cmake -D INPUT=... -D OUTPUT=... -D HEADER=... -D NAME=... [-D FOLDER=...] -P embed.cmake
# FOLDER: of a text, which is taken out of what it includes.
if(FOLDER)
    file(READ ${INPUT} text)
    string(REPLACE "#include \"${FOLDER}/" "#include \"" text "${text}")
    string(HEX "${text}" bytes)
else()
    file(READ ${INPUT} bytes HEX)
endif()
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..)," "\\1,\n" bytes "${bytes}")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "@HEADER@"

const unsigned char @NAME@[] = {
@bytes@};
const size_t @NAME@_size = @size@;
]] @ONLY)
