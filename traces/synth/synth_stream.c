// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/synth_stream.h"

#include "traces/bit_mix.h"

void synth_stream_init(struct synth_stream *stream, uint64_t seed, const char *name,
                       uint32_t purpose)
{
    uint64_t key = trace_mix(seed + TRACE_MIX_STEP);
    for (const char *c = name; *c != '\0'; c++)
        key = trace_mix((key ^ (unsigned char)*c) + TRACE_MIX_STEP);
    key = trace_mix((key ^ UINT64_C(0x100) ^ (uint64_t)purpose << 32) + TRACE_MIX_STEP);
    for (int i = 0; i < 4; i++)
        stream->state[i] = trace_mix(key += TRACE_MIX_STEP);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t synth_stream_bits(struct synth_stream *stream)
{
    uint64_t *s = stream->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

double synth_stream_share(struct synth_stream *stream)
{
    return ((double)(synth_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}
