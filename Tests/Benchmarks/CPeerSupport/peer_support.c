#define _GNU_SOURCE
#include "peer_support.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

// Enough for ten seconds of the fastest that a core can do; what is beyond it is counted, but has no latency.
enum { latency_limit = 1 << 22 };

static struct {
    struct peer_window window;
    clockid_t server;
    bool has_begun;
    bool has_ended;
    uint64_t client_cpu;
    uint64_t server_cpu;
    uint64_t began;
    uint64_t ended;
    uint64_t responses;
    uint32_t *latencies;
} measured;

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t peer_now(void) { return nanoseconds(CLOCK_MONOTONIC); }

bool peer_settle(int processor) {
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(processor, &processors);
    return sched_setaffinity(0, sizeof processors, &processors) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

void peer_print_port(uint16_t port) {
    printf("%u\n", (unsigned)port);
    fflush(stdout);
}

struct peer_window peer_begin(pid_t server, unsigned warm_up_milliseconds, unsigned milliseconds) {
    // Touched now, so that no page fault falls into the window.
    measured.latencies = calloc(latency_limit, sizeof *measured.latencies);
    if (measured.latencies == NULL || clock_getcpuclockid(server, &measured.server) != 0) abort();
    for (size_t index = 0; index < latency_limit; index += 1024) measured.latencies[index] = 1;
    measured.window.begins = peer_now() + warm_up_milliseconds * UINT64_C(1000000);
    measured.window.ends = measured.window.begins + milliseconds * UINT64_C(1000000);
    return measured.window;
}

bool peer_count(uint64_t sent) {
    uint64_t now = peer_now();
    if (now < measured.window.begins) return true;
    if (!measured.has_begun) {
        measured.has_begun = true;
        measured.began = now;
        measured.client_cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        measured.server_cpu = nanoseconds(measured.server);
        return true;
    }
    if (measured.has_ended) return false;
    if (measured.responses < latency_limit) measured.latencies[measured.responses] = (uint32_t)(now - sent);
    measured.responses++;
    if (now < measured.window.ends) return true;
    measured.has_ended = true;
    measured.ended = now;
    measured.client_cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - measured.client_cpu;
    measured.server_cpu = nanoseconds(measured.server) - measured.server_cpu;
    return false;
}

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

bool peer_print(void) {
    size_t count = measured.responses < latency_limit ? measured.responses : latency_limit;
    if (!measured.has_ended || count == 0) return false;
    qsort(measured.latencies, count, sizeof *measured.latencies, compare);
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 "\n", measured.responses,
        measured.ended - measured.began, measured.client_cpu, measured.server_cpu, measured.latencies[count / 2],
        measured.latencies[count * 99 / 100]);
    return fflush(stdout) == 0;
}
