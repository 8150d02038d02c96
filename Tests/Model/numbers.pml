/* What one member does with numbers: Partial IVs are reserved in the store before they are used, received ones are marked in the
 * store before they are acted on, and new keys are in the store before they are used. The member crashes at any time.
 *
 * Sources/MemberNode: saving, reserving, serving. Sources/GroupOSCORE/Generations: install, retained. */
#include "common.pml"

#define GIDS 3
#define NUMBERS 4 /* Partial IVs under one Gid */
#define BLOCK 2   /* so many are reserved at once */
#define PEERS 2   /* Partial IVs of requests that peers make under each Gid; anybody may send each of them again at any time */
#define CRASHES 2

mtype = { NOTHING, RESERVE, INSTALL, MARK }

/* The store. */
byte gid;
byte reservedEnd;
byte window;              /* Partial IVs of requests under this Gid: a set */

/* Memory. */
mtype open = NOTHING;     /* what is being made durable */
byte opened;              /* up to which number; which request */
byte current;             /* the Gid in use */
byte next, limit;         /* the next number to be used, and the first that is not reserved */
byte seen;                /* the window */
bool hasFormer;           /* the context before still receives; its answers take the nonce of their request */
byte formerSeen;
byte crashes;

/* For the properties alone. */
byte sent[GIDS], answered[GIDS];
bool number_once = true, answered_once = true;

inline send() {
    MUST(number_once, !IN(sent[current], next));
    ADD(sent[current], next);
    next++
}

/* An answer without a Partial IV of its own: the nonce is that of the request. */
inline respond(g, p) {
    MUST(answered_once, !IN(answered[g], p));
    ADD(answered[g], p)
}

inline useNewKeys() {
    hasFormer = true; formerSeen = seen;
    current++; next = 0; limit = 0; seen = 0
}

active proctype Member() {
    byte p;
end:
    do
    :: atomic { next < limit -> send() }
    :: atomic { open == NOTHING && next == limit && limit < NUMBERS ->
        open = RESERVE; opened = limit + BLOCK;
#ifdef FAULT_USED_BEFORE_RESERVED
        limit = opened
#endif
        }
    :: atomic { open == NOTHING && gid + 1 < GIDS ->
        open = INSTALL;
#ifdef FAULT_USED_BEFORE_INSTALLED
        useNewKeys()
#endif
        }
    /* A request under the Gid in use. */
    :: atomic { open == NOTHING ->
        if
        :: p = 0
        :: p = 1
        fi;
        if
        :: !IN(seen, p) ->
            ADD(seen, p); open = MARK; opened = p;
#ifdef FAULT_ANSWERED_BEFORE_MARKED
            respond(current, p)
#endif
        :: else /* a replay */
        fi;
        p = 0 }
    /* One under the Gid before. Its window is in memory alone, and so is the context. */
    :: atomic { hasFormer && current > 0 ->
        if
        :: p = 0
        :: p = 1
        fi;
        if
        :: !IN(formerSeen, p) -> ADD(formerSeen, p); respond(current - 1, p)
        :: else
        fi;
        p = 0 }
    :: atomic { hasFormer -> hasFormer = false; formerSeen = 0 }
    /* Durable. */
    :: atomic { open == RESERVE -> reservedEnd = opened; limit = opened; open = NOTHING; opened = 0 }
    :: atomic { open == INSTALL ->
        gid++; reservedEnd = 0; window = 0; open = NOTHING; opened = 0;
#ifndef FAULT_USED_BEFORE_INSTALLED
        useNewKeys();
#endif
        printf("Gid %d in use\n", current) }
    :: atomic { open == MARK ->
        ADD(window, opened);
#ifndef FAULT_ANSWERED_BEFORE_MARKED
        respond(current, opened);
#endif
        open = NOTHING; opened = 0 }
    /* A crash, before or after the store has what is open; then a start. */
    :: atomic { crashes < CRASHES ->
        crashes++;
        if
        :: open == RESERVE -> reservedEnd = opened
        :: open == INSTALL -> gid++; reservedEnd = 0; window = 0
        :: open == MARK -> ADD(window, opened)
        :: true
        fi;
        open = NOTHING; opened = 0; current = gid; next = reservedEnd; limit = reservedEnd; seen = window; formerSeen = 0;
#ifdef FAULT_FORMER_AFTER_RESTART
        hasFormer = gid > 0;
#else
        hasFormer = false;
#endif
        printf("crash; Gid %d in use from %d\n", current, next) }
#ifdef FAULT_INSTALLED_AGAIN
    :: atomic { open == NOTHING -> reservedEnd = 0; next = 0; limit = 0 }
#endif
    od
}
