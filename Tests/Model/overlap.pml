/* When whom is told, so that requests go on while keys change: responders first, requesters later, and the former context receives
 * for as long as the overlap. None of that when somebody is evicted. Time counts in steps, and a
 * message comes within the step in which it was sent; so a step is as long as a message may take, with all that is sent again.
 *
 * Responder 0 is there all the time; responder 1 is, or is not. How those come to the keys who are not there: distribution.pml.
 * Sources/GroupOSCORE/Generations: GroupGenerations.retained. */
#include "common.pml"

#define OVERLAP 4
#ifdef FAULT_LIMIT_IS_OVERLAP
#define LIMIT OVERLAP
#else
#define LIMIT (OVERLAP / 2) /* after that long, requesters wait no longer for responders; in a rekeying that evicts, 1 */
#endif
#define END 14              /* of the time that is looked at */
#define ALL_VERSIONS 3      /* from 1: two rekeyings */

byte now;
byte version = 1;
byte began;                 /* when it was committed */
byte evicting;              /* the latest version that was made because somebody had to go; 0: none */
byte gone;                  /* whoever has to go has the keys of this version and of those before */
bool isEvictionDue;         /* it waits for a moment, with others: a join may bring new keys meanwhile */
bool confirmed[2];
bool isThere;               /* responder 1 */

/* A responder: the version of its context, of the one before (0: none), and until when that one receives. */
typedef Responder { byte own; byte former; byte until };
Responder responder[2];
byte requester = 1;         /* the version that the requester sends under */

/* What is on its way: a version, or 0. */
byte post[2], postToRequester, request[2];

bool none_refused = true, former_is_gone = true; /* the properties */

#define accepts(r, v) (responder[r].own == (v) || responder[r].former == (v) && now < responder[r].until)

#ifdef FAULT_REQUESTERS_AT_ONCE
#define isRequesterDue (requester < version)
#else
#define isRequesterDue (requester < version \
    && (confirmed[0] && confirmed[1] || now >= began + (evicting == version -> 1 : LIMIT)))
#endif
#define nothingIsUnderWay (post[0] == 0 && post[1] == 0 && postToRequester == 0 && request[0] == 0 && request[1] == 0 \
    && responder[0].own == version && (!isThere || responder[1].own == version) && !isRequesterDue)

#ifdef FAULT_PLANNED_TOO_SOON
#define mayPlan (now > began)
#else
#define mayPlan (version == 1 || now >= began + OVERLAP)
#endif

inline commit() { version++; began = now; confirmed[0] = false; confirmed[1] = false }

proctype Manager() {
end:
    do
    /* Planned: the overlap before has to be over. */
    :: atomic { !isEvictionDue && version < ALL_VERSIONS && now < END - OVERLAP && mayPlan -> commit(); printf("%d: version %d, planned\n", now, version) }
    /* Evicting: waits for nothing. */
    :: atomic { version < ALL_VERSIONS && now < END - OVERLAP ->
        gone = version; isEvictionDue = false; commit(); evicting = version; printf("%d: version %d, evicting\n", now, version) }
    /* Soon behind other keys: a moment later. Whatever the next keys are made for, they are those of the eviction, too. */
    :: atomic { !isEvictionDue && version < ALL_VERSIONS -> gone = version; isEvictionDue = true }
    :: atomic { isEvictionDue && version < ALL_VERSIONS && now < END - OVERLAP ->
        isEvictionDue = false; commit();
#ifndef FAULT_JOIN_SWALLOWS_EVICTION
        evicting = version;
#endif
        printf("%d: version %d, for a join\n", now, version) }
    :: atomic { responder[0].own < version && post[0] < version -> post[0] = version }
    :: atomic { isThere && responder[1].own < version && post[1] < version -> post[1] = version }
    :: atomic { isRequesterDue && postToRequester < version -> postToRequester = version; printf("%d: the requester is told\n", now) }
    od
}

inline install(r) {
    if
    :: evicting == post[r] ->
#ifdef FAULT_EVICTING_WITH_OVERLAP
        responder[r].former = responder[r].own; responder[r].until = now + OVERLAP
#elif defined(FAULT_EARLIER_FORMER_STAYS)
        skip
#else
        responder[r].former = 0; responder[r].until = 0
#endif
    :: else -> responder[r].former = responder[r].own; responder[r].until = now + OVERLAP
    fi;
    responder[r].own = post[r];
    confirmed[r] = (post[r] == version);
    printf("%d: responder %d has version %d\n", now, r, post[r]);
    post[r] = 0;
    /* Whoever was evicted had every version before. */
    MUST(former_is_gone, responder[r].own <= gone
        || (!accepts(r, 1) || 1 > gone) && (!accepts(r, 2) || 2 > gone))
}

inline receive(r) {
    /* A request under keys that the evicted one has, too, may be refused; no other. */
    MUST(none_refused, accepts(r, request[r]) || request[r] < evicting);
    request[r] = 0
}

proctype Responders(byte r) {
end:
    do
    :: atomic { post[r] != 0 -> install(r) }
    :: atomic { request[r] != 0 -> receive(r) }
    od
}

proctype Requester() {
end:
    do
    :: atomic { postToRequester != 0 -> requester = postToRequester; postToRequester = 0 }
    :: atomic { request[0] == 0 && request[1] == 0 && now < END ->
        request[0] = requester;
        request[1] = (isThere -> requester : 0) }
    od
}

proctype Clock() {
end:
    do
    :: atomic { now < END && nothingIsUnderWay -> now++ }
    od
}

init {
    atomic {
        responder[0].own = 1; responder[1].own = 1;
        if
        :: isThere = true
        :: true
        fi;
        run Manager(); run Requester(); run Clock(); run Responders(0); run Responders(1)
    }
}
