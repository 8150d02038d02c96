/* Who is given which (Gid, Sender ID): joining, leaving, eviction, renewal and rekeying at the manager, and what clients make of
 * the answers. Crashes and failed commits at any time; messages are lost, doubled, late and overtaken.
 *
 * Sources/GroupManager/State: GroupState, AssignedSenderIDs. Sources/GroupManager/Engine: takeTurn, finish, takeBack.
 * Sources/MemberNode/Enrolment: joining, NodeEngine+SenderID. */
#include "common.pml"

#define CLIENTS 2
#define SENDER_IDS 3
#define GIDS 2
#define JOINS 2    /* of client 0; client 1 joins once */
#define REQUESTS 3 /* of client 0, with those it repeats */
#define MISHAPS 1  /* crashes of the manager, commits that fail, messages that come twice; losing and overtaking is free */

mtype = { NOTHING, JOIN, RENEW, LEAVE, EVICT, REKEY }

/* The manager's store: GroupRecord, AssignedSenderIDRecord, StaleSenderIDRecord, MemberRecord, ReplayWindowRecord. */
byte gid;                  /* the epoch in the Gid */
byte secret;               /* which of the Master Secrets drawn until now */
byte assigned;             /* Sender IDs handed out under this Gid: a set */
byte stale;                /* of this version: a set */
byte staleBefore;          /* of the version before: a set */
bool ended;                /* no Gid is left */
typedef Member { bool isMember; byte senderID; byte nonce };
Member member[CLIENTS];
byte window[CLIENTS];      /* numbers of requests that were accepted: a set */

/* The manager's memory: the change set whose commit is open, and what is to be answered when it is durable. */
mtype open = NOTHING;
bool isDurable;
byte openClient, openSenderID, openNonce, openNumber;
byte drawn;                /* Master Secrets, ever */
byte mishaps;

/* What is on its way. What nobody takes is lost. */
chan requests[CLIENTS] = [2] of { mtype, byte /* nonce */, byte /* number */ };
chan answers[CLIENTS] = [1] of { mtype, byte /* number */, byte /* Gid */, byte /* Sender ID */ };
typedef Told { byte gid; byte stale };
Told told[CLIENTS];        /* the rekeying message */

/* What a client holds: its store. */
typedef Held { bool any; byte gid; byte senderID };
Held held[CLIENTS];

#ifdef FAULT_RENEWAL_UNDER_FORMER_GID
byte had[4];               /* NodeEngine.formerIdentities: a client takes none of its own again, but knows those of nobody else */
#endif

/* For the properties alone. */
byte used[GIDS];           /* Sender IDs that somebody numbered from 0 with under each Gid: sets */
byte secretTold[GIDS];     /* 0: the Gid was never told to anybody */
byte joinedWith[CLIENTS];  /* the nonce that a Sender ID was assigned for; 0: none since it was no member */
/* The properties. */
bool used_once = true, own_sender_id = true, freed_stays_taken = true, gid_once = true, join_once = true;

/* Keys leave the manager. */
inline tellKeys() {
    if
    :: secretTold[gid] == 0 -> secretTold[gid] = secret + 1
    :: else -> MUST(gid_once, secretTold[gid] == secret + 1)
    fi
}

/* A client begins to number from 0; with what it has already it numbers on. */
inline use(c, g, s) {
    if
    :: held[c].any && held[c].gid == g && held[c].senderID == s
    :: else ->
        MUST(used_once, !IN(used[g], s));
        ADD(used[g], s);
#ifdef FAULT_RENEWAL_UNDER_FORMER_GID
        ADD(had[c * GIDS + g], s);
#endif
        held[c].any = true; held[c].gid = g; held[c].senderID = s;
        printf("client %d uses (Gid %d, Sender ID %d)\n", c, g, s)
    fi
}

inline give(c, kind, number, g, s) {
    if
    :: full(answers[c]) -> answers[c]?_, _, _, _
    :: nfull(answers[c])
    fi;
    answers[c]!kind, number, g, s
}

/* GroupState.unusedSenderID; SENDER_IDS if none is left. */
inline findSenderID() {
    openSenderID = 0;
    do
    :: openSenderID < SENDER_IDS && IN(assigned, openSenderID) -> openSenderID++
    :: else -> break
    od
}

inline free(c) {
#ifdef FAULT_FREED_AT_LEAVE
    REMOVE(assigned, member[c].senderID);
#endif
    ADD(stale, member[c].senderID)
}

inline assign(c) {
    MUST(freed_stays_taken, !IN(stale, openSenderID));
    ADD(assigned, openSenderID)
}

/* What a change set does to the store. */
inline apply() {
    if
    :: open == JOIN && !(member[openClient].isMember && member[openClient].senderID == openSenderID) ->
        if
        :: member[openClient].isMember -> free(openClient)
        :: else
        fi;
        MUST(join_once, joinedWith[openClient] != openNonce);
        joinedWith[openClient] = openNonce;
        assign(openClient);
        member[openClient].isMember = true; member[openClient].senderID = openSenderID;
        member[openClient].nonce = openNonce;
        MUST(own_sender_id, !(member[0].isMember && member[1].isMember && member[0].senderID == member[1].senderID))
    :: open == RENEW -> free(openClient); assign(openClient); member[openClient].senderID = openSenderID
    :: open == LEAVE || open == EVICT ->
        free(openClient);
        member[openClient].isMember = false; member[openClient].senderID = 0; member[openClient].nonce = 0;
        joinedWith[openClient] = 0
    :: open == REKEY ->
        staleBefore = stale; stale = 0;
#ifdef FAULT_EPOCH_WRAPS
        gid = (gid + 1) % GIDS;
#else
        gid++;
#endif
        secret = openNumber;
        assigned = 0;
#ifndef FAULT_ALLOCATOR_EMPTIED
        /* Whoever stays keeps its Sender ID, so it is taken under the new Gid, too. */
        if
        :: member[0].isMember -> ADD(assigned, member[0].senderID)
        :: else
        fi;
        if
        :: member[1].isMember -> ADD(assigned, member[1].senderID)
        :: else
        fi
#endif
    :: else
    fi;
    if
    :: open == JOIN || open == RENEW || open == LEAVE -> ADD(window[openClient], openNumber)
    :: else
    fi
}

/* What is told when a change set is durable. Joining tells all keys, renewing the Sender ID alone. */
inline answer() {
    if
    :: open == JOIN -> tellKeys(); give(openClient, JOIN, openNumber, gid, openSenderID)
    :: open == RENEW -> give(openClient, RENEW, openNumber, 0, openSenderID)
    :: else
    fi
}

inline forget() {
    open = NOTHING; isDurable = false; openClient = 0; openSenderID = 0; openNonce = 0; openNumber = 0
}

/* A verified request becomes a change set, or is refused. */
inline decide(c, kind, n, number) {
    openSenderID = SENDER_IDS;
    if
    :: IN(window[c], number) /* a replay */
#ifndef FAULT_NONCE_FORGOTTEN
    /* GM-0129: the join that made the member, again */
    :: !IN(window[c], number) && kind == JOIN && member[c].isMember && member[c].nonce == n ->
        openSenderID = member[c].senderID; open = JOIN
    :: !IN(window[c], number) && kind == JOIN && !(member[c].isMember && member[c].nonce == n) && !ended ->
#else
    :: !IN(window[c], number) && kind == JOIN && !ended ->
#endif
        findSenderID();
        if
        :: openSenderID < SENDER_IDS -> open = JOIN
        :: else
        fi
    :: !IN(window[c], number) && kind == RENEW && member[c].isMember && !ended ->
        findSenderID();
        if
        :: openSenderID < SENDER_IDS -> open = RENEW
        :: else
        fi
    :: !IN(window[c], number) && kind == LEAVE && member[c].isMember -> open = LEAVE
    :: else /* no member, or the group has ended: refused */
    fi;
    if
    :: open != NOTHING ->
        openClient = c; openNonce = n; openNumber = number;
#ifdef FAULT_ANSWERED_BEFORE_COMMIT
        if
        :: open == JOIN -> tellKeys(); give(c, JOIN, number, gid, openSenderID)
        :: else
        fi
#endif
        printf("manager decides on %e of client %d: Sender ID %d under Gid %d\n", open, c, openSenderID, gid)
    :: else -> forget()
    fi
}

/* The first that waits or the second; it may come once more. */
inline take(c) {
    if
    :: requests[c]?kind, n, number
    :: len(requests[c]) == 2 -> requests[c]?kind, n, number; requests[c]!kind, n, number; requests[c]?kind, n, number
    :: mishaps < MISHAPS -> mishaps++; requests[c]?<kind, n, number>
    fi
}

#define isBehind(c) (member[c].isMember && held[c].any && held[c].gid < gid && told[c].gid < gid)

proctype Manager() {
    byte n, number, c;
    mtype kind;
end:
    do
    :: atomic { open == NOTHING && (nempty(requests[0]) || nempty(requests[1])) ->
        if
        :: nempty(requests[0]) -> c = 0
        :: nempty(requests[1]) -> c = 1
        fi;
        take(c); decide(c, kind, n, number); c = 0; kind = NOTHING; n = 0; number = 0 }
    /* The operator evicts. */
    :: atomic { open == NOTHING && member[1].isMember -> open = EVICT; openClient = 1;
        printf("operator evicts client 1\n") }
    /* A rekeying: for a departure, for age, at the operator's word. */
    :: atomic { open == NOTHING && drawn < GIDS && !ended ->
        if
#ifndef FAULT_EPOCH_WRAPS
        :: gid + 1 == GIDS -> ended = true
        :: gid + 1 < GIDS ->
#else
        :: true ->
#endif
            open = REKEY; drawn++; openNumber = drawn;
            printf("manager draws Master Secret %d for the next Gid\n", drawn);
#ifdef FAULT_TOLD_BEFORE_COMMIT
            if
            :: member[0].isMember && gid + 1 < GIDS ->
                MUST(gid_once, secretTold[gid + 1] == 0 || secretTold[gid + 1] == drawn + 1);
                secretTold[gid + 1] = drawn + 1
            :: else
            fi
#endif
        fi }
    :: atomic { open != NOTHING && !isDurable -> apply(); isDurable = true; printf("committed: %e\n", open) }
    :: atomic { open != NOTHING && !isDurable && mishaps < MISHAPS -> mishaps++; forget(); printf("commit failed\n") }
    :: atomic { isDurable ->
#ifdef FAULT_ANSWERED_BEFORE_COMMIT
        if
        :: open != JOIN -> answer()
        :: else
        fi;
#else
        answer();
#endif
        forget() }
    /* Members are told of new keys. */
    :: atomic { open == NOTHING && (isBehind(0) || isBehind(1)) ->
        if
        :: isBehind(0) -> c = 0
        :: isBehind(1) -> c = 1
        fi;
        tellKeys(); told[c].gid = gid; told[c].stale = staleBefore; c = 0 }
    :: atomic { open != NOTHING && mishaps < MISHAPS -> mishaps++; forget(); printf("manager crashes\n") }
    od
}

inline ask(c, kind) {
    waiting = kind; asked = next; next++;
    if
    :: full(requests[c]) -> requests[c]?_, _, _
    :: nfull(requests[c])
    fi;
    requests[c]!kind, nonce, asked
}

proctype Client(byte c; byte joins; byte last) {
    byte nonce;              /* N_C of the latest join, durable before it is sent */
    byte next, asked;        /* numbers of requests */
    mtype waiting = NOTHING; /* for the answer to what */
    bool catchesUp;          /* nothing is sent before the manager has said which Gid and Sender ID */
    mtype kind; byte number, g, s;
end:
    do
    :: atomic { waiting == NOTHING && nonce < joins && next < last -> nonce++; ask(c, JOIN) }
    :: atomic { waiting == JOIN && next < last -> ask(c, JOIN) }
    :: atomic { waiting == NOTHING && c == 0 && held[c].any && !catchesUp && next < last -> ask(c, RENEW) }
    :: atomic { waiting == NOTHING && c == 0 && held[c].any && next < last ->
        held[c].any = false; held[c].gid = 0; held[c].senderID = 0; catchesUp = false; ask(c, LEAVE);
        waiting = NOTHING; asked = 0 }
    /* GET nodes/NODENAME: the present Gid and its own Sender ID, from the store. Asked and answered in one step: while it
     * catches up the client does nothing that an answer that is late could interfere with. */
    :: atomic { held[c].any && (catchesUp || held[c].gid < gid) && member[c].isMember ->
        tellKeys(); g = gid; s = member[c].senderID; use(c, g, s); catchesUp = false; g = 0; s = 0 }
    /* Nothing came for a long time, or it was restarted. */
    :: atomic { waiting == RENEW -> waiting = NOTHING; asked = 0 }
    :: atomic { told[c].gid > 0 ->
        g = told[c].gid; s = told[c].stale;
        if
        :: held[c].any && g == held[c].gid + 1 && !catchesUp ->
            if
#ifndef FAULT_OWN_STALE_IGNORED
            /* Another Sender ID was assigned to it, and it has not heard of that. */
            :: IN(s, held[c].senderID) -> catchesUp = true
            :: !IN(s, held[c].senderID) ->
#else
            :: true ->
#endif
                s = held[c].senderID; use(c, g, s)
            fi
        :: else /* no member, or not newer, or it catches up */
        fi;
        told[c].gid = 0; told[c].stale = 0; g = 0; s = 0 }
    :: atomic { nempty(answers[c]) ->
        if
        :: answers[c]?kind, number, g, s
        :: mishaps < MISHAPS -> mishaps++; answers[c]?<kind, number, g, s>
        fi;
        if
        :: number == asked && kind == waiting ->
            waiting = NOTHING;
            if
            /* It has caught up meanwhile; the older keys stay where they are. */
            :: kind == JOIN && held[c].any && g < held[c].gid -> waiting = JOIN
            :: kind == JOIN && !(held[c].any && g < held[c].gid) -> use(c, g, s); catchesUp = false; asked = 0
                :: kind == RENEW ->
                asked = 0;
#ifdef FAULT_RENEWAL_UNDER_FORMER_GID
                g = held[c].gid;
                if
                :: IN(had[c * GIDS + g], s)
                :: else -> use(c, g, s)
                fi
#else
                /* The answer does not say under which Gid: the client reads that, with the Sender ID. */
                catchesUp = true
#endif
            fi
        :: else /* late: nobody waits for it, or it is known */
        fi;
        kind = NOTHING; number = 0; g = 0; s = 0 }
    od
}

init {
    atomic { secretTold[0] = 1; run Manager(); run Client(0, JOINS, REQUESTS); run Client(1, 1, 1) }
}
