/* A group whose Gids come again (gid_reuse): who has joined under a Gid is evicted in the commit that uses it again, and is no
 * reason for new keys when it comes back. Members join, join again, and leave. Client 0 joins where rekey_on_join is set.
 *
 * Sources/GroupManager: RekeyingProcedure, GroupState.elders, JoinProcedure. */
#include "common.pml"

#ifdef FAULT_TWO_EPOCHS
#define GIDS 2
#else
#define GIDS 3
#endif
#define CLIENTS 2
#define REKEYINGS 6
#define NONE 255

/* The manager's store: GroupRecord with its LatestRekeying, MemberRecord. Each version has a Master Secret of its own. */
byte gid;                  /* the epoch in the Gid */
byte version;
byte elders;               /* whom the latest rekeying has evicted: a set */
typedef Member { bool isMember; byte birth }
Member member[CLIENTS];

/* For the properties alone. */
byte former = NONE;        /* the epoch before, which may still receive */
byte gone;                 /* what `elders` should be */
typedef Joined { byte gid; byte version }
Joined joined[CLIENTS];    /* the keys that each has joined with last */
byte next;
/* The properties. */
bool no_elder = true, elders_only = true, former_not_again = true, elder_no_reason = true;

/* Whether somebody would have keys under the Gid that it has joined under with others. */
#define isElder(m) (member[m].isMember && joined[m].gid == gid && joined[m].version != version)

inline evict(m) {
    if
    :: member[m].isMember && member[m].birth == next ->
        MUST(elders_only, joined[m].gid == next);
        member[m].isMember = false; member[m].birth = 0; ADD(elders, m); ADD(gone, m);
        printf("client %d is evicted as an elder\n", m)
    :: else
    fi
}

inline begin() { next = (gid + 1) % GIDS; elders = 0; gone = 0 }

#ifdef FAULT_ELDERS_STAY
#define EVICT(m)
#else
#define EVICT(m) evict(m);
#endif

inline commit() {
    MUST(former_not_again, next != former);
    former = gid; gid = next; version++;
    printf("committed: version %d under Gid %d\n", version, gid);
    MUST(no_elder, !isElder(0) && !isElder(1))
}

inline take(m) {
    joined[m].gid = gid; joined[m].version = version;
    member[m].isMember = true; member[m].birth = gid;
    printf("client %d joins under Gid %d\n", m, gid)
}

active proctype Manager() {
end:
    do
    :: atomic { version < REKEYINGS ->
        begin();
#ifdef FAULT_EVICTED_LATER
        commit(); EVICT(0) EVICT(1)
#else
        EVICT(0) EVICT(1) commit();
#endif
        next = 0 }
    :: atomic { !member[0].isMember ->
#ifdef FAULT_ELDERS_IN_MEMORY
        if
        :: elders = 0 /* it has crashed meanwhile */
        :: true
        fi;
#endif
        if
        :: !IN(elders, 0) && version < REKEYINGS ->
            MUST(elder_no_reason, !IN(gone, 0));
            begin(); EVICT(1) commit(); next = 0
        :: else
        fi;
        take(0) }
    :: atomic { !member[1].isMember -> take(1) }
    /* Once more, without having left. */
    :: atomic { member[1].isMember ->
#ifdef FAULT_BIRTH_KEPT
        joined[1].gid = gid; joined[1].version = version
#else
        take(1)
#endif
        }
    :: atomic { member[1].isMember -> member[1].isMember = false; member[1].birth = 0; printf("client 1 leaves\n") }
    od
}
