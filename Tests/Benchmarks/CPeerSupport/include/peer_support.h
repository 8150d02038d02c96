#ifndef GOSC_PEER_SUPPORT_H
#define GOSC_PEER_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// What both pairs of the endpoint benchmark measure with, so that they measure the same.

/// Nanoseconds of CLOCK_MONOTONIC.
uint64_t peer_now(void);

/// Binds this process to one processor and has it end together with its parent; false if that fails.
bool peer_settle(int processor);

/// Prints the line by which a server says that it serves at a port.
void peer_print_port(uint16_t port);

/// The measurement of one client: a time to warm up, then a window. One at a time.
struct peer_window {
    uint64_t begins;
    uint64_t ends;
};

/// Begins a measurement.
///
/// `server` is the process whose CPU time counts beside our own.
struct peer_window peer_begin(pid_t server, unsigned warm_up_milliseconds, unsigned milliseconds);

/// A response has come to a request that left at `sent`. Answers whether to go on with a further request.
bool peer_count(uint64_t sent);

/// Prints what was measured: responses, nanoseconds of time, CPU time of client and server, median and 99th percentile
/// of the latency; false if there is nothing.
bool peer_print(void);

#endif
