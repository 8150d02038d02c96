// Server and client on libcoap, as fast as its interface permits:
//
//     LibcoapPeer server PROCESSOR BURST
//     LibcoapPeer client PROCESSOR BURST PORT SERVER-PROCESS OUTSTANDING non|con WARM-UP-MS MS
//
// libcoap reads one datagram each time that a socket is found readable. With BURST above 1 it is told so again while
// something came of it: many datagrams for one call of epoll_wait, which is not how its manual does it, but faster.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <coap3/coap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "peer_support.h"

enum { slot_limit = 64, event_limit = 10 };

static unsigned burst;
// Messages that a handler was called for.
static uint64_t handled;

static void turn(coap_context_t *context, int timeout) {
    struct epoll_event events[event_limit];
    int count = epoll_wait(coap_context_get_coap_fd(context), events, event_limit, timeout);
    if (count <= 0) return;
    uint64_t before;
    unsigned left = burst;
    do {
        before = handled;
        coap_io_do_epoll(context, events, (size_t)count);
    } while (--left > 0 && handled != before);
}

static coap_address_t loopback(uint16_t port) {
    coap_address_t address;
    coap_address_init(&address);
    address.size = sizeof address.addr.sin6;
    address.addr.sin6.sin6_family = AF_INET6;
    address.addr.sin6.sin6_addr = in6addr_loopback;
    address.addr.sin6.sin6_port = htons(port);
    return address;
}

// The server

static const uint8_t answer[] = {'2', '2', '.', '3', ' ', 'C'};

static void serve(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
    const coap_string_t *query, coap_pdu_t *response) {
    (void)resource, (void)session, (void)request, (void)query;
    handled++;
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
    coap_add_data(response, sizeof answer, answer);
}

/// A port that is free now: libcoap does not say which one it was given.
static uint16_t free_port(void) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET6, SOCK_DGRAM, 0);
    if (bind(descriptor, (struct sockaddr *)&address, length) != 0
        || getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        exit(EXIT_FAILURE);
    close(descriptor);
    return ntohs(address.sin6_port);
}

static int run_server(coap_context_t *context) {
    uint16_t port = free_port();
    coap_address_t address = loopback(port);
    if (coap_new_endpoint(context, &address, COAP_PROTO_UDP) == NULL) return EXIT_FAILURE;
    coap_resource_t *resource = coap_resource_init(coap_make_str_const("temperature"), 0);
    coap_register_handler(resource, COAP_REQUEST_GET, serve);
    coap_add_resource(context, resource);
    peer_print_port(port);
    for (;;) turn(context, -1);
}

// The client

static struct {
    coap_session_t *session;
    coap_pdu_type_t type;
    unsigned outstanding;
    unsigned open;
    uint64_t sent[slot_limit];
    uint32_t generation[slot_limit];
} client;

static void ask(uint32_t slot) {
    coap_pdu_t *request = coap_new_pdu(client.type, COAP_REQUEST_CODE_GET, client.session);
    uint32_t token[2] = {slot, ++client.generation[slot]};
    coap_add_token(request, sizeof token, (const uint8_t *)token);
    coap_add_option(request, COAP_OPTION_URI_PATH, 11, (const uint8_t *)"temperature");
    client.sent[slot] = peer_now();
    coap_send(client.session, request);
}

static coap_response_t take(
    coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, const coap_mid_t id) {
    (void)session, (void)sent, (void)id;
    handled++;
    coap_bin_const_t token = coap_pdu_get_token(received);
    uint32_t name[2];
    if (token.length != sizeof name) return COAP_RESPONSE_FAIL;
    memcpy(name, token.s, sizeof name);
    if (name[0] >= slot_limit || client.generation[name[0]] != name[1]) return COAP_RESPONSE_OK;
    if (peer_count(client.sent[name[0]])) {
        ask(name[0]);
    } else {
        client.open--;
    }
    return COAP_RESPONSE_OK;
}

static int run_client(coap_context_t *context, char **words) {
    coap_address_t address = loopback((uint16_t)atoi(words[0]));
    client.outstanding = (unsigned)atoi(words[2]);
    client.type = strcmp(words[3], "con") == 0 ? COAP_MESSAGE_CON : COAP_MESSAGE_NON;
    if (client.outstanding < 1 || client.outstanding > slot_limit) return EXIT_FAILURE;
    coap_register_response_handler(context, take);
    client.session = coap_new_client_session(context, NULL, &address, COAP_PROTO_UDP);
    if (client.session == NULL) return EXIT_FAILURE;
    coap_session_set_nstart(client.session, slot_limit);

    struct peer_window window = peer_begin(atoi(words[1]), (unsigned)atoi(words[4]), (unsigned)atoi(words[5]));
    client.open = client.outstanding;
    for (uint32_t slot = 0; slot < client.outstanding; slot++) ask(slot);
    // Lost datagrams would leave it waiting: a second more is enough for everything that still comes.
    while (client.open > 0 && peer_now() < window.ends + UINT64_C(1000000000)) turn(context, 100);
    return peer_print() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **words) {
    bool is_client = count == 10 && strcmp(words[1], "client") == 0;
    bool is_server = count == 4 && strcmp(words[1], "server") == 0;
    if (!is_client && !is_server) return 64;
    if (!peer_settle(atoi(words[2]))) return EXIT_FAILURE;
    burst = (unsigned)atoi(words[3]);
    coap_startup();
    coap_set_log_level(LOG_EMERG);
    coap_context_t *context = coap_new_context(NULL);
    if (context == NULL) return EXIT_FAILURE;
    return is_client ? run_client(context, words + 4) : run_server(context);
}
