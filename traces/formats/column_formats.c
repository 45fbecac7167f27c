// SPDX-License-Identifier: GPL-2.0-or-later
// The published traces and those of other tools that have one request per line and its parts in
// columns: each is a table by which it is read (columns.h) and written (write/write_columns.c).
#include "traces/columns.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define FORMAT(format, help)                                                                       \
    const struct trace_format trace_format_##format = {.name = #format,                            \
                                                       .known_by = (help),                         \
                                                       .recognise = columns_recognise,             \
                                                       .kind = &trace_reader_columns,              \
                                                       .how = &format##_layout}

static const struct columns_word r_or_w[] = {{"R", TRACE_READ}, {"W", TRACE_WRITE}, {0}};
static const struct columns_word zero_or_one[] = {{"0", TRACE_READ}, {"1", TRACE_WRITE}, {0}};

// MSR Cambridge (SNIA): HOST_DISK.csv. A disk's number is its host's own, so both name the volume.
static const struct columns_column msr_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_FILETIME},
    {.name = "Hostname", .role = COLUMNS_VOLUME},
    {.name = "DiskNumber", .role = COLUMNS_SUBVOLUME},
    {.name = "Type", .role = COLUMNS_OP},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "ResponseTime", .role = COLUMNS_LATENCY, .unit = COLUMNS_TICKS},
};

static const struct columns_word msr_words[] = {{"Read", TRACE_READ}, {"Write", TRACE_WRITE}, {0}};

const struct columns_layout msr_layout = {
    .columns = msr_columns,
    .column_count = COUNT(msr_columns),
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = msr_words,
    .words_help = "Read or Write",
};

FORMAT(msr, "lines of Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime (MSR Cambridge)");

// Alibaba's block traces of 2020: the time is when the server had received the request, and nothing
// tells how long it took.
static const struct columns_column alibaba_columns[] = {
    {.name = "device_id", .role = COLUMNS_VOLUME},
    {.name = "opcode", .role = COLUMNS_OP},
    {.name = "offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "length", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_US},
};

const struct columns_layout alibaba_layout = {
    .columns = alibaba_columns,
    .column_count = COUNT(alibaba_columns),
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = r_or_w,
    .words_help = "R or W",
};

FORMAT(alibaba, "lines of device_id,opcode,offset,length,timestamp (Alibaba block traces)");

// Tencent's cloud block storage (SNIA): whole seconds, so requests are spread within them.
static const struct columns_column tencent_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_WHOLE_SECONDS},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "IOType", .role = COLUMNS_OP},
    {.name = "VolumeID", .role = COLUMNS_VOLUME},
};

const struct columns_layout tencent_layout = {
    .columns = tencent_columns,
    .column_count = COUNT(tencent_columns),
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .spread = true,
    .has_dates = true,
    .words = zero_or_one,
    .words_help = "0 (read) or 1 (write)",
};

FORMAT(tencent, "lines of Timestamp,Offset,Size,IOType,VolumeID (Tencent block traces)");

// SYSTOR '17 (Fujitsu's virtual desktops, SNIA): the response time may be missing.
static const struct columns_column systor_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
    {.name = "Response", .role = COLUMNS_LATENCY, .unit = COLUMNS_S, .decimals = 9},
    {.name = "IOType", .role = COLUMNS_OP},
    {.name = "LUN", .role = COLUMNS_VOLUME},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
};

const struct columns_layout systor_layout = {
    .columns = systor_columns,
    .column_count = COUNT(systor_columns),
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = r_or_w,
    .words_help = "R or W",
};

FORMAT(systor, "lines of Timestamp,Response,IOType,LUN,Offset,Size (SYSTOR '17)");

// The Storage Performance Council's trace file format 1.0.1, as of the UMass traces. Its block
// size is for the trace's description to say; 512 bytes in those that are known. vscsiStats' lines
// look alike, but have a small number in the place of the length.
static const struct columns_column spc_columns[] = {
    {.name = "ASU", .role = COLUMNS_VOLUME},
    {.name = "LBA", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "Opcode", .role = COLUMNS_OP},
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
};

const struct columns_layout spc_layout = {
    .columns = spc_columns,
    .column_count = COUNT(spc_columns),
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .trimmed = true,
    .more = true,
    .has_sectors = true,
    .words = r_or_w,
    .words_help = "R or W",
};

FORMAT(spc, "lines of ASU,LBA,Size,Opcode,Timestamp (SPC, UMass)");

// DiskSim's ASCII traces. MQSim's look the same but for the unit of time and the operations, so
// this is recognised by the decimal point of the milliseconds.
static const struct columns_column disksim_columns[] = {
    {.name = "time", .role = COLUMNS_TIME, .unit = COLUMNS_MS, .decimals = 6},
    {.name = "devno", .role = COLUMNS_VOLUME},
    {.name = "blkno", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "flags", .role = COLUMNS_OP, .unit = COLUMNS_READ_FLAG},
};

const struct columns_layout disksim_layout = {
    .columns = disksim_columns,
    .column_count = COUNT(disksim_columns),
    .separator = ' ',
    .has_points = true,
};

FORMAT(disksim, "lines of time devno blkno size flags, the time in decimal ms (DiskSim ASCII)");

// MQSim's and SSDsim's ASCII traces: like DiskSim's, but in whole nanoseconds, and 1 is a read.
// Whole milliseconds, taken for those, would be requests within nothing.
static const struct columns_column mqsim_columns[] = {
    {.name = "time", .role = COLUMNS_TIME, .unit = COLUMNS_NS},
    {.name = "device", .role = COLUMNS_VOLUME},
    {.name = "lsn", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "type", .role = COLUMNS_OP},
};

static const struct columns_word mqsim_words[] = {{"0", TRACE_WRITE}, {"1", TRACE_READ}, {0}};

const struct columns_layout mqsim_layout = {
    .columns = mqsim_columns,
    .column_count = COUNT(mqsim_columns),
    .separator = ' ',
    .has_gaps = true,
    .words = mqsim_words,
    .words_help = "0 (write) or 1 (read)",
};

FORMAT(mqsim, "lines of time device lsn size type, the time in whole ns (MQSim ASCII)");

// blkreplay's loads: prose, then a line of names, then the requests of one volume. A duration of 0
// is one that was not measured.
#define BLKREPLAY_HEADER "start ; sector ; length ; op ; replay_delay ; replay_duration"

static const struct columns_column blkreplay_columns[] = {
    {.name = "start", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
    {.name = "sector", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "length", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "op", .role = COLUMNS_OP},
    {.name = "replay_delay", .unit = COLUMNS_S, .decimals = 9},
    {.name = "replay_duration",
     .role = COLUMNS_LATENCY,
     .unit = COLUMNS_S,
     .zero_is_unknown = true,
     .decimals = 9},
};

static const struct columns_word blkreplay_words[] = {
    {"R", TRACE_READ},
    {"W", TRACE_WRITE},
    {"RA", TRACE_READ}, // read ahead
    {0},
};

const struct columns_layout blkreplay_layout = {
    .columns = blkreplay_columns,
    .column_count = COUNT(blkreplay_columns),
    .header = COLUMNS_HEADER_PROSE,
    .header_help = BLKREPLAY_HEADER,
    .separator = ';',
    .trimmed = true,
    .spaced = true,
    .words = blkreplay_words,
    .words_help = "R, W or RA",
};

FORMAT(blkreplay, "lines of " BLKREPLAY_HEADER ", under that header (blkreplay)");

// hfplayer's CSV, of NetApp's filers: a header of names, of which six matter here.
static const struct columns_column hfplayer_columns[] = {
    {.name = "ELAPSED_USECS.D", .role = COLUMNS_TIME, .unit = COLUMNS_US, .decimals = 3},
    {.name = "LUN_SSID.I", .role = COLUMNS_VOLUME},
    {.name = "OP.I", .role = COLUMNS_OP},
    {.name = "LBA.I", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "NBLKS.I", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "LATENCY_USECS.D",
     .role = COLUMNS_LATENCY,
     .unit = COLUMNS_US,
     .optional = true,
     .decimals = 3},
};

const struct columns_layout hfplayer_layout = {
    .columns = hfplayer_columns,
    .column_count = COUNT(hfplayer_columns),
    .header = COLUMNS_HEADER_NAMES,
    .separator = ',',
    .words = zero_or_one,
    .words_help = "0 (read) or 1 (write)",
};

FORMAT(hfplayer, "a CSV file whose header names ELAPSED_USECS.D, OP.I, LBA.I (hfplayer)");
