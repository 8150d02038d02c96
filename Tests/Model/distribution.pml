/* How a rekeying comes to the members: one commit, then a POST to each member until it answers 2.04 or the time is over; whoever
 * missed one catches up. Crashes on both sides, failed commits, loss, messages twice, late and overtaken, a second rekeying and
 * an eviction in the middle, a join that is not answered yet.
 *
 * Sources/GroupManager: ManagerWrite.rekeyGroup, MemberRecord.keyVersion. Sources/GroupOSCORE/Generations: install, CatchUp.
 * Sources/MemberNode: the control resource. */
#include "common.pml"

#define MEMBERS 2        /* members do not speak with each other here, so one of each kind is enough */
#define STAYING 0        /* is a member, or joins while all this goes on */
#define EVICTED 1        /* is evicted by the operator, at some time */
#define ALL_VERSIONS 3   /* from 1: two rekeyings */
#define MISHAPS 2        /* crashes, commits that fail, messages lost or doubled, together */

/* The manager's store. A key is named by its version: keys of one version are as random as those of any other, so whoever has not
 * received a version cannot derive it. */
byte version = 1;                      /* GroupRecord.version */
byte members;                          /* MemberRecord: a set */
byte keyVersion[MEMBERS];              /* MemberRecord.keyVersion: what a member is known to have */

/* The manager's memory. */
bool managerUp = true;
byte givenUp;                          /* the stragglers of this distribution: a set */

/* What is on its way: sets of versions, so any order. */
byte posts[MEMBERS], confirmations[MEMBERS], materials[MEMBERS]; /* none of the first two for version 1: all have it or join */

/* A member's store. */
byte own[MEMBERS];                     /* the version of its keys; 0: it is no member, and asks to join */
bool isOut[MEMBERS];                   /* it was told that it is evicted */

/* A member's memory. */
bool up[MEMBERS];
byte inUse[MEMBERS];                   /* the version that it protects and verifies with; 0: none */
bool catchesUp[MEMBERS];
byte toldOf[MEMBERS];                  /* the highest version that it has heard of while it catches up */
bool asks[MEMBERS];                    /* at its start: which version is the newest? */

byte mishaps;

/* For the properties alone. */
byte evictedAt = ALL_VERSIONS;         /* the version of that time */
bool only_forward = true, newer_only = true, durable_first = true, evicted_is_out = true, known_is_true = true;

#define mishap mishaps < MISHAPS -> mishaps++

/* Whether a member is sure to come to a version by itself, when nothing more goes wrong. */
#define willHave(m, v) (own[m] >= (v) || catchesUp[m] || own[m] == 0 || !up[m] || asks[m])

ltl all_come_to_the_newest { <>[] (IN(members, STAYING) && up[STAYING] && inUse[STAYING] == version) }

/* Keys arrive at a member. */
inline see(m, v) {
    MUST(durable_first, (v) <= version);
    MUST(evicted_is_out, m != EVICTED || (v) <= evictedAt)
}

inline install(m, v) {
    MUST(only_forward, (v) >= own[m]);
    MUST(newer_only, (v) > own[m]);
    own[m] = v; inUse[m] = v
}

/* The manager learns what a member has. */
inline learn(m, v) {
    if
    :: IN(members, m) && keyVersion[m] < (v) -> keyVersion[m] = v
    :: else
    fi
}

proctype Member(byte m) {
    byte v;
end:
    do
    /* The rekeying message, GM-0334, GM-0335. */
    :: atomic { up[m] && !isOut[m] && posts[m] != 0 ->
        if
        :: IN(posts[m], 2) -> v = 2
        :: IN(posts[m], 3) -> v = 3
        fi;
        if
        :: REMOVE(posts[m], v)
        :: mishap /* it comes once more */
        fi;
        see(m, v);
        if
        /* No member yet, and what its join brings may be older: it refuses, and the manager tells it no more of this. */
#ifdef FAULT_JOINER_CONFIRMS
        :: own[m] == 0 -> ADD(confirmations[m], v)
#else
        :: own[m] == 0 -> ADD(givenUp, m)
#endif
        :: own[m] > 0 && catchesUp[m] ->
#ifndef FAULT_TOLD_FORGOTTEN
            toldOf[m] = (toldOf[m] < v -> v : toldOf[m]);
#endif
            ADD(confirmations[m], v)
#ifdef FAULT_EQUAL_INSTALLED
        :: own[m] > 0 && !catchesUp[m] && v == own[m] -> install(m, v); ADD(confirmations[m], v)
        :: own[m] > 0 && !catchesUp[m] && v < own[m] -> ADD(confirmations[m], v)
#else
#ifdef FAULT_OLDER_INSTALLED
        :: own[m] > 0 && !catchesUp[m] && v < own[m] -> install(m, v)
        :: own[m] > 0 && !catchesUp[m] && v == own[m] -> ADD(confirmations[m], v)
#else
        :: own[m] > 0 && !catchesUp[m] && v <= own[m] -> ADD(confirmations[m], v)
#endif
#endif
        :: own[m] > 0 && !catchesUp[m] && v == own[m] + 1 ->
            if
            :: install(m, v); ADD(confirmations[m], v); printf("member %d has version %d\n", m, v)
            :: mishap /* not stored: 5.03, the old keys stay */
            fi
        /* The old keys are gone at once. */
        :: own[m] > 0 && !catchesUp[m] && v > own[m] + 1 ->
            catchesUp[m] = true; inUse[m] = 0; toldOf[m] = v; ADD(confirmations[m], v)
        fi;
        v = 0 }
    /* GET nodes/NODENAME and FETCH stale-sids, or the answer to its join: the keys, then one commit. */
    :: atomic { up[m] && (catchesUp[m] || own[m] == 0) && materials[m] != 0 ->
        if
        :: IN(materials[m], 1) -> v = 1
        :: IN(materials[m], 2) -> v = 2
        :: IN(materials[m], 3) -> v = 3
        fi;
        REMOVE(materials[m], v);
        see(m, v);
        if
        :: v <= own[m] /* late, from before */
        :: v > own[m] ->
            install(m, v); printf("member %d has caught up with version %d\n", m, v);
            if
            :: toldOf[m] > v -> inUse[m] = 0 /* once more */
            :: else -> catchesUp[m] = false; toldOf[m] = 0
            fi
        fi;
        v = 0 }
    /* GET num: at its start, at each check interval, or when nobody's messages can be read any more. A check that finds nothing new
     * changes nothing and is left out. */
    :: atomic { up[m] && managerUp && !isOut[m] && asks[m] ->
        asks[m] = false;
        if
        :: own[m] > 0 && own[m] < version && !catchesUp[m] -> catchesUp[m] = true; inUse[m] = 0
        :: else
        fi }
#ifndef FAULT_NEVER_ASKS
    :: atomic { up[m] && managerUp && !isOut[m] && !catchesUp[m] && own[m] > 0 && own[m] < version ->
        catchesUp[m] = true; inUse[m] = 0 }
#endif
    :: atomic { m != EVICTED && up[m] && mishap; up[m] = false; inUse[m] = 0; catchesUp[m] = false; toldOf[m] = 0; asks[m] = false;
        materials[m] = 0; /* whose answer that is, nobody knows any more */
        printf("member %d crashes\n", m) }
    :: atomic { !up[m] -> up[m] = true; inUse[m] = own[m]; asks[m] = own[m] > 0 }
    :: atomic { posts[m] != 0 && mishap; posts[m] = 0 }
    :: atomic { confirmations[m] != 0 && mishap; confirmations[m] = 0 }
    od
}

/* Who is told now: members that are not known to have the newest. In which order they are told, overlap.pml says. */
#define mustBeTold(m) (IN(members, m) && keyVersion[m] < version && !IN(givenUp, m) && !IN(posts[m], version) \
    && !IN(confirmations[m], version))

#define isAsking(m) (up[m] && !isOut[m] && (catchesUp[m] || own[m] == 0) && !IN(materials[m], version))

proctype Manager() {
    byte m, v;
#ifdef FAULT_LIST_FROM_MEMORY
    byte list = 1 << EVICTED;
#endif
end:
    do
    /* A rekeying: planned, or for the eviction. */
    :: atomic { managerUp && version < ALL_VERSIONS ->
#ifdef FAULT_SENT_BEFORE_COMMIT
        ADD(posts[STAYING], version + 1);
#endif
        if
        :: version++; givenUp = 0; printf("manager commits version %d\n", version)
        :: mishap /* the commit fails, or the manager crashes before */
        fi }
    :: atomic { managerUp && IN(members, EVICTED) && version < ALL_VERSIONS ->
        REMOVE(members, EVICTED); evictedAt = version; keyVersion[EVICTED] = 0;
        printf("member %d is evicted at version %d\n", EVICTED, version) }
    :: atomic { managerUp && mustBeTold(STAYING) -> ADD(posts[STAYING], version) }
#ifdef FAULT_LIST_FROM_MEMORY
    :: atomic { managerUp && IN(list, EVICTED) && keyVersion[EVICTED] < version && !IN(posts[EVICTED], version) ->
        ADD(posts[EVICTED], version) }
#else
    :: atomic { managerUp && mustBeTold(EVICTED) -> ADD(posts[EVICTED], version) }
#endif
    /* The deadline: who has not confirmed is a straggler. */
    :: atomic { managerUp && (mustBeTold(STAYING) || mustBeTold(EVICTED)) && mishap;
        givenUp = members }
    :: atomic { managerUp && (confirmations[0] | confirmations[1]) != 0 ->
        if
        :: confirmations[0] != 0 -> m = 0
        :: confirmations[1] != 0 -> m = 1
        fi;
        if
        :: IN(confirmations[m], 2) -> v = 2
        :: IN(confirmations[m], 3) -> v = 3
        fi;
        REMOVE(confirmations[m], v);
        learn(m, v);
        MUST(known_is_true, !IN(members, m) || isOut[m] || willHave(m, keyVersion[m]));
        m = 0; v = 0 }
    /* GET nodes/NODENAME of a member that catches up, or a join. */
    :: atomic { managerUp && (isAsking(0) || isAsking(1)) ->
        if
        :: isAsking(0) -> m = 0
        :: isAsking(1) -> m = 1
        fi;
        if
        :: m == EVICTED && evictedAt < ALL_VERSIONS -> isOut[m] = true; inUse[m] = 0; catchesUp[m] = false; toldOf[m] = 0
        :: else ->
            ADD(members, m); learn(m, version);
#ifdef FAULT_LATE_ANSWER_TAKEN
            ADD(materials[m], version)
#else
            /* What answers an earlier request of the member, it does not take any more. */
            materials[m] = 1 << version
#endif
        fi;
        m = 0 }
    :: atomic { managerUp && mishap; managerUp = false; givenUp = 0;
        printf("manager crashes\n") }
    :: atomic { !managerUp -> managerUp = true }
    od
}

init {
    atomic {
        up[STAYING] = true;
#ifndef LIVENESS
        own[EVICTED] = 1; inUse[EVICTED] = 1; keyVersion[EVICTED] = 1; up[EVICTED] = true; ADD(members, EVICTED);
        run Member(EVICTED);
#endif
        if
        :: own[STAYING] = 1; inUse[STAYING] = 1; keyVersion[STAYING] = 1; ADD(members, STAYING)
        :: true
        fi;
        run Manager(); run Member(STAYING)
    }
    DO_NOT_END
}
