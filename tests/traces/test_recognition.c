// SPDX-License-Identifier: GPL-2.0-or-later
// A file of each format is recognised as that and as nothing else, alone and with a damaged line.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/format.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const struct trace_format *format;
    const char *text;
} samples[] = {
    {&trace_format_csv, "time_ns,op,offset,bytes\n5,read,4096,512\n"},
    {&trace_format_csv, "# made\n\nmember,latency_ns,op,bytes,offset,time_ns\n"},
    {&trace_format_msr, "128166372003061629,hm,0,Read,383496192,32768,1331\n"},
    {&trace_format_msr, "1,a,0,Write,0,512,1\n2,a,0,Read,0,512,1"},
    {&trace_format_msr, "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\r\n"
                        "128166372003061629,usr,1,Write,0,512,1\r\n"},
    {&trace_format_alibaba, "3,R,4096,8192,1577808000000123\n"},
    {&trace_format_alibaba,
     "device_id,opcode,offset,length,timestamp\n3,W,0,512,1577808000000123\n"},
    {&trace_format_tencent, "1538323199,105352008,584,1,1576\n1538323199,8,16,0,1577\n"},
    {&trace_format_systor, "1455592863.022189,0.000412,R,3,4096,8192\n"},
    {&trace_format_systor, "1455592863,,W,3,4096,8192\n"},
    {&trace_format_systor, "Timestamp,Response,IOType,LUN,Offset,Size\n"},
    {&trace_format_spc, "0,303567,3584,w,0.000000\n1,20941264,8192,W,0.551706,Alpha/NT\n"},
    {&trace_format_spc, "0, 303567, 3584, r, 5, 0\n"},
    {&trace_format_disksim, "13.191135 30 0 5 1\n17.8 20 576560 6 1\n"},
    {&trace_format_disksim, "0\t1\t2\t3\t0\n0.5\t1\t2\t3\t1\n"},
    {&trace_format_mqsim, "938513000 4 264719034 16 0\n938828000 3 197570570 16 1\n"},
    {&trace_format_blkreplay, "Some words, and more\n\n start ; sector; length ; op ; "
                              "replay_delay=0 ; replay_duration=0\n 0.0 ; 1 ; 8 ; W ; 0.0 ; 0.0\n"},
    {&trace_format_hfplayer, "#DUMP_OFFSET.I,ELAPSED_USECS.D,CMD.S,LUN_SSID.I,OP.I,LBA.I,NBLKS.I,"
                             "LATENCY_USECS.D\n0,0.000,RD_IN,5,0,11,8,40.236\n"},
    {&trace_format_iolog, "fio version 3 iolog\n30 /dev/a add\n"},
    {&trace_format_blkparse, "  8,0    1        1     0.000000000   697  Q   W 223490 + 8 [kjd]\n"},
    {&trace_format_biosnoop,
     "TIME(s)     COMM           PID    DISK      T SECTOR     BYTES  LAT(ms)\n"
     "0.000000    jbd2/dm-0-8    418    sda       W 8         512    0.27\n"},
    {&trace_format_biosnoop, "STARTs ENDs COMM PID TYPE DEV BLOCK BYTES LATms\n"
                             "1.000001 1.000002 a 1 R 8,0 8 512 0.00\n"},
    {&trace_format_biosnoop, "TIMESTAMP    COMM           PID     DISK    T    SECTOR     BYTES   "
                             "LAT(ms)\n"},
    {&trace_format_ftrace, "[17:09:17.031519329] (+0.000001000) host block_rq_issue: { cpu_id = 0 "
                           "}, { dev = 265289728, sector = 8, nr_sector = 8, rwbs = 33 }\n"},
    {&trace_format_ftrace, "dd 313 [000] 273.355898: block:block_io_start: 8,0 W 4096 () 8 + 8 "
                           "none,0,0 [dd]\n"},
    {&trace_format_qemu, "Booting\n12345@1700000000.123456:virtio_blk_handle_write vdev 0x55d0 req "
                         "0x55e0 sector 2048 nsectors 8\n"},
    {&trace_format_ftrace, "fio-789 [000] ..... 4455.092003: block_rq_issue: 259,0 WS 65536 () "
                           "64 + 128 none,0,0 [fio]\n"},
};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

static const struct trace_format *const formats[] = {
    &trace_format_alibaba,    &trace_format_biosnoop,      &trace_format_blkparse,
    &trace_format_blkparse_f, &trace_format_blkreplay,     &trace_format_blktrace,
    &trace_format_columns,    &trace_format_csv,           &trace_format_disksim,
    &trace_format_ftrace,     &trace_format_hfplayer,      &trace_format_iolog,
    &trace_format_mqsim,      &trace_format_msr,           &trace_format_spc,
    &trace_format_qemu,       &trace_format_oraclegeneral, &trace_format_systor,
    &trace_format_tencent,    &trace_format_vscsi,
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

static void check_recognised(const char *text, size_t length, const struct trace_format *expected)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        // From the heap, so that a sanitizer sees reads past the end.
        uint8_t *head = malloc(length + (length == 0));
        assert_non_null(head);
        memcpy(head, text, length);
        bool recognised =
            formats[i]->recognise != NULL && formats[i]->recognise(formats[i]->how, head, length);
        if (recognised != (formats[i] == expected))
            fail_msg("as %s, expected %s: %.*s", formats[i]->name,
                     expected != NULL ? expected->name : "nothing", (int)length, text);
        free(head);
    }
}

static void test_each_as_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        check_recognised(samples[i].text, strlen(samples[i].text), samples[i].format);
        struct trace_config config = {
            .path = "sample", .text = samples[i].text, .text_size = strlen(samples[i].text)};
        struct trace_error error;
        struct trace *trace = trace_open(&config, &error);
        if (trace == NULL)
            fail_msg("%s", error.message);
        assert_string_equal(trace_format(trace), samples[i].format->name);
        trace_close(trace);
    }
}

// The test knows all formats that there are.
static void test_all_formats(void **state)
{
    (void)state;
    size_t count = 0;
    for (; trace_format_at(count) != NULL; count++) {
        size_t known = 0;
        for (size_t i = 0; i < FORMAT_COUNT; i++)
            known += strcmp(formats[i]->name, trace_format_at(count)) == 0;
        assert_int_equal(known, 1);
    }
    assert_int_equal(count, FORMAT_COUNT);
}

// One bad line does not make a file another format, or none: reading says which line it is.
static void test_damaged_line(void **state)
{
    (void)state;
    static const char line[] = "128166372003061629,hm,0,Read,383496192,32768,1331\n";
    for (size_t bad = 0; bad < 3; bad++) {
        char text[400] = "";
        for (size_t i = 0; i < 3; i++)
            strcat(text, i == bad ? "damage\n" : line);
        check_recognised(text, strlen(text), &trace_format_msr);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"\n",
                                        "hello, world\n",
                                        "1,2,3\n",
                                        "version,time,op,size,lbn\n1,5633898,2a,512,42932745\n",
                                        "1 2 3 4\n",
                                        "0.5 a b c d\n",
                                        "# comments only\n",
                                        "start ; sector\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_recognised(texts[i], strlen(texts[i]), NULL);
}

// The start of a file may end anywhere, and what follows is not there yet.
static void test_cut_head(void **state)
{
    (void)state;
    static const char line[] = "1538323199,105352008,584,1,1576\n";
    char *text = calloc(1, TRACE_HEAD_BYTES + 1);
    assert_non_null(text);
    for (size_t i = 0; i < TRACE_HEAD_BYTES; i++)
        text[i] = line[i % (sizeof line - 1)];
    check_recognised(text, TRACE_HEAD_BYTES, &trace_format_tencent);
    memset(text, 'x', TRACE_HEAD_BYTES);
    check_recognised(text, TRACE_HEAD_BYTES, NULL);
    free(text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_each_as_itself), cmocka_unit_test(test_all_formats),
    cmocka_unit_test(test_damaged_line),   cmocka_unit_test(test_nothing),
    cmocka_unit_test(test_cut_head),
};
TEST_GROUP(recognition, tests, NULL, NULL);
