/* A manager that is restored from a backup, while its members went on without it: what it may hand out, to whom, and under which
 * names and numbers. It may be restored twice from the same backup.
 *
 * Sources/GroupManager: GroupRecord, MemberRecord, AssociationRecord, ClientRecord; `gosc manager backup` and `restore`. */
#include "common.pml"

#define CLIENTS 2
#define KEPT 0       /* a member all the time */
#define GONE 1       /* a member or invited at first; evicted by the operator at some time */
#ifdef LIVENESS
#define RESTORES 1
#else
#define RESTORES 2
#endif
#define REKEYINGS 1  /* in each life of the manager */
#define STEP 4       /* more than all rekeyings of a life */

/* The store, and the backup of it. An association is named by the client and by the life of the manager in which it was made: what
 * the manager has drawn for that life goes into its keys. */
typedef Store {
    byte prefix;             /* of the Gid */
    byte epoch;              /* the rest of it */
    byte version;
    byte members;            /* a set */
    byte invited;            /* with an invitation that nobody has used: a set */
    byte pending;            /* nothing for these before the operator has said whether they stay: a set */
    byte numbers[CLIENTS]    /* AssociationRecord.reservedSequenceEnd */
};
Store store, backup;
bool hasBackup;
byte life;                   /* how often it was restored; what is drawn at random or read off the clock differs in each */
byte rekeyings;

/* Kept outside of the store: the log of evictions. */
byte evictions;              /* a set */

/* What a client has: the version of its keys, and its association. */
byte own[CLIENTS];
byte association[CLIENTS];   /* the life that it was made in */

/* For the properties alone. */
byte evicted;                /* a set */
byte decided = 3;            /* whom the operator has decided on since the last restore: a set */
int gids, versions;          /* that were used: sets */
byte numbersUsed[6];         /* of the manager in each association: sets */
bool evicted_stays_out = true, operator_first = true, gid_is_new = true, version_is_new = true, nonce_once = true;

ltl kept_comes_back { <>[] (own[KEPT] == store.version) }

inline useKeys() {
    MUST(gid_is_new, !IN(gids, store.prefix * 4 + store.epoch));
    MUST(version_is_new, !IN(versions, store.version));
    ADD(gids, store.prefix * 4 + store.epoch);
    ADD(versions, store.version)
}

inline copy(to, from) {
    to.prefix = from.prefix; to.epoch = from.epoch; to.version = from.version; to.members = from.members;
    to.invited = from.invited; to.pending = from.pending; to.numbers[0] = from.numbers[0]; to.numbers[1] = from.numbers[1]
}

inline rekey() {
    store.version++; store.epoch++; rekeyings++;
    useKeys()
}

inline restore() {
    copy(store, backup);
    life++; rekeyings = 0; decided = 0;
#ifdef FAULT_PREFIX_KEPT
    store.epoch++;
#else
    store.prefix = life; store.epoch = 0;
#endif
#ifdef FAULT_STEP_FROM_BACKUP
    store.version = backup.version + STEP;
#else
    /* By the clock, so that a second restore does not come to the versions of the first. */
    store.version = STEP * life;
#endif
#ifdef FAULT_NOBODY_PENDING
    store.pending = 0;
#elif defined(FAULT_INVITATIONS_STAY)
    store.pending = store.members;
#else
    store.pending = store.members | store.invited;
#endif
#ifndef FAULT_ASSOCIATIONS_KEPT
    store.numbers[0] = 0; store.numbers[1] = 0;
#endif
#ifdef FAULT_LOG_IN_BACKUP
    evictions = 0;
#endif
    printf("restored, life %d: Gid %d.%d, version %d\n", life, store.prefix, store.epoch, store.version);
    useKeys()
}

proctype Manager() {
end:
    do
    :: atomic { rekeyings < REKEYINGS && store.pending == 0 -> rekey(); printf("rekeyed: version %d\n", store.version) }
    :: atomic { IN(store.members, GONE) && !IN(store.pending, GONE) && rekeyings < REKEYINGS ->
        REMOVE(store.members, GONE); ADD(evicted, GONE); ADD(evictions, GONE); rekey();
        printf("client %d is evicted: version %d\n", GONE, store.version) }
    :: atomic { !hasBackup && life == 0 -> copy(backup, store); hasBackup = true; printf("backup\n") }
    :: atomic { hasBackup && life < RESTORES -> restore() }
#ifdef FAULT_PENDING_IN_MEMORY
    :: atomic { store.pending != 0 -> store.pending = 0; printf("restarted\n") }
#endif
    od
}

/* Says of each client whether it stays: by the log of evictions, or out of its own memory. */
proctype Operator() {
    byte c;
end:
    do
    :: atomic { store.pending != 0 ->
        if
        :: IN(store.pending, KEPT) -> c = KEPT
        :: IN(store.pending, GONE) -> c = GONE
        fi;
        if
        :: IN(evictions, c) -> REMOVE(store.members, c); REMOVE(store.invited, c); REMOVE(store.pending, c)
#ifdef FAULT_UNNAMED_STAY_PENDING
        :: else -> break
#else
        :: else -> REMOVE(store.pending, c)
#endif
        fi;
        ADD(decided, c); c = 0 }
    od
}

#if defined(FAULT_OLD_CONTEXTS_ACCEPTED) || defined(FAULT_ASSOCIATIONS_KEPT)
#define isAccepted(c) true
#else
#define isAccepted(c) (association[c] == life)
#endif

/* Comes back for keys when it has not the newest. */
proctype Client(byte c) {
end:
    do
    /* The manager does not know its association any more: it makes one anew. */
    :: atomic { own[c] != store.version && !isAccepted(c) -> association[c] = life }
    :: atomic { own[c] != store.version && isAccepted(c) && !IN(store.pending, c) && (IN(store.members, c) || IN(store.invited, c)) ->
        REMOVE(store.invited, c); ADD(store.members, c);
        MUST(nonce_once, !IN(numbersUsed[c * 3 + association[c]], store.numbers[c]));
        ADD(numbersUsed[c * 3 + association[c]], store.numbers[c]);
        store.numbers[c]++;
        MUST(operator_first, IN(decided, c));
        MUST(evicted_stays_out, !IN(evicted, c));
        own[c] = (own[c] < store.version -> store.version : own[c]);
        printf("client %d gets version %d in association %d\n", c, store.version, association[c]) }
    od
}

init {
    atomic {
        ADD(store.members, KEPT);
        if
        :: ADD(store.members, GONE)
        :: ADD(store.invited, GONE)
        fi;
        store.version = 1; useKeys();
        run Manager(); run Operator(); run Client(KEPT); run Client(GONE)
    }
    DO_NOT_END
}
