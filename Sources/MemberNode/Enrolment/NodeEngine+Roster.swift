import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Has the whole roster read if it is older than configured.
    func refreshRoster(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        if let readAt = rosterReadAt, readAt.duration(to: now) < configuration.rosterAge { return }
        readRoster(at: now, random: &random, effects: &effects)
    }

    /// Asks the manager who is in the group, unless that is being asked already.
    func readRoster(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard !isReadingRoster, membership != nil else { return }
        (isReadingRoster, rosterAskedAt) = (true, now)
        ask(.roster(aboutStrangers: false), at: now, random: &random, effects: &effects)
    }

    /// Whether the manager may still tell of members that a group request has to wait for. One that is off must not slow down
    /// a group that goes on without it.
    func awaitsRoster(at now: MonotonicInstant) -> Bool {
        guard isReadingRoster, let rosterAskedAt else { return false }
        return rosterAskedAt.advanced(by: leisureWindow + configuration.roundTrip) > now
    }

    /// Asks the manager for everybody but those who are known: so the question that a forged datagram causes brings all
    /// who have really joined, and no identifier that an attacker chose reaches the manager.
    func askAboutStrangers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let askAt = strangers.askAt, askAt <= now, !isReadingRoster, membership != nil else { return }
        strangers.askAt = nil
        (isReadingRoster, rosterAskedAt) = (true, now)
        ask(.roster(aboutStrangers: true), at: now, random: &random, effects: &effects)
    }

    /// Asks for those whom this node does not know yet; if nobody has spoken, for those who matter to it alone. When the power
    /// returns everybody asks at once, and a roster of a thousand members fills eighty blocks: nobody needs to have all of it
    /// again.
    func rosterRequest(_ path: [String], _ membership: MembershipRecord, aboutStrangers: Bool) -> Message {
        let own = membership.senderID.isEmpty ? [] : [membership.senderID]
        var known = (peers.keys.map(\.bytes) + own).sorted { Hex.encode($0) < Hex.encode($1) }
        // A manager does not take requests of any length; then it tells of everybody again.
        if known.count > Self.listedMembers { known = [] }
        let roles = aboutStrangers ? [] : membership.roles.relevantPeers
        guard let request = CredentialsRequest(filter: .matching(including: false, roles: roles, senderIDs: known))
        else { return .request(.get, path) }
        return .request(.fetch, path, .aceGroupcomm, request.encoded())
    }

    /// At most four bytes each.
    private static let listedMembers = 1_500

    /// Draws when to ask about held messages: not all members of a group at once, and ever more rarely while nobody new
    /// is found. Otherwise a handful of forged datagrams would have every node question the manager for ever.
    func scheduleQuestion(at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        guard !held.isEmpty, strangers.askAt == nil, !isReadingRoster else { return }
        strangers.askAt = now.advanced(by: Leisure(window: leisureWindow).draw(using: &random))
    }

    /// Keeps a message until its sender is known.
    func hold(_ message: HeldMessage, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        // One message for each sender and address, so that forgeries do not crowd out who has really joined.
        let isKept = held.contains { $0.kid == message.kid && $0.source == message.source }
        guard link != nil, !isKept, held.count < configuration.maximumHeldMessages,
            // While the manager is being asked its answer may name this one, too.
            isReadingRoster || strangers.restsUntil.map({ $0 <= now }) ?? true
        else {
            counters.heldOverflow += 1
            refuseStranger(message, at: now, effects: &effects)
            return
        }
        held.append(message)
    }

    /// Keeps members that are new before their messages are looked at.
    func takeRoster(
        _ response: Message, aboutStrangers: Bool, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard response.code == .content, let answer = try? CredentialsResponse(decoding: response.payload.span) else {
            rosterFailed(aboutStrangers: aboutStrangers, at: now, effects: &effects)
            return
        }
        // One of another generation would bring back who has left, or names who has Sender IDs that others had before.
        let isPresent = answer.version == nil || answer.version == membership?.version
        guard isPresent, !renewal.isBusy else {
            rosterFailed(aboutStrangers: aboutStrangers, at: now, effects: &effects)
            if let version = answer.version { hear(of: version, at: now, random: &random, effects: &effects) }
            return
        }
        isReadingRoster = false
        rosterReadAt = now
        renewLostSenderID(listed: answer.peers, at: now, random: &random, effects: &effects)
        let records = membership.map { usable(answer.peers, in: $0, known: Set(peers.keys), effects: &effects) } ?? []
        guard !records.isEmpty else {
            if aboutStrangers { strangers.nobodyFound(at: now, configuration: configuration) }
            effects.append(.event(.rosterRead(peers.count)))
            refuseHeld(at: now, effects: &effects)
            endGroupRequests(at: now, effects: &effects)
            return
        }
        strangers = Strangers()
        draft.writes.append(.savePeers(records))
        draft.continuations.append(.learned(records))
    }

    /// Those members that this node can use, and does not know. Only these are kept: a record that cannot be used would keep
    /// the node from starting again, and one that is odd must not hide the others.
    func usable(
        _ found: [ACEGroupcomm.Peer], in membership: MembershipRecord, known: Set<SenderID>,
        effects: inout [NodeEffect]
    ) -> [PeerRecord] {
        var taken = known
        var odd = 0
        let usable: [PeerRecord] = found.compactMap { peer in
            // Itself, perhaps under a Sender ID that it has not heard of.
            guard peer.senderID != membership.senderID, peer.credential != identity?.credential else { return nil }
            let senderID = SenderID(peer.senderID)
            if let senderID, taken.contains(senderID) { return nil }
            guard let senderID, senderID.count <= membership.algorithms.maximumSenderIDCount ?? 0,
                let credential = try? credentials.reader.credential(
                    peer.credential.span, format: membership.credentialFormat),
                isOfItsKind(credential.publicKey, membership)
            else {
                odd += 1
                return nil
            }
            taken.insert(senderID)
            return PeerRecord(peer)
        }
        if odd > 0 { effects.append(.event(.membersUnusable(odd))) }
        return usable
    }

    // GM-0117
    /// Whether a key is of the one kind that the members of the group have.
    private func isOfItsKind(_ key: PublicKey, _ membership: MembershipRecord) -> Bool {
        guard membership.roles == .monitor else { return key.kind == identity?.keyKind }
        return membership.algorithms.signature?.isUsable(with: key.kind) ?? false
    }

    /// New members are durable: use them, and look again at what was held.
    func install(
        _ records: [PeerRecord], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        do {
            try learn(records)
        } catch {
            rosterFailed(aboutStrangers: true, at: now, effects: &effects)
            return
        }
        effects.append(.event(.rosterRead(peers.count)))
        expect(records.filter { $0.roles.contains(.responder) }.compactMap { SenderID($0.senderID) })
        releaseHeld(at: now, random: &random, effects: &effects)
    }

    func rosterFailed(aboutStrangers: Bool, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        isReadingRoster = false
        if aboutStrangers { strangers.nobodyFound(at: now, configuration: configuration) }
        effects.append(.event(.rosterUnavailable))
        refuseHeld(at: now, effects: &effects)
        endGroupRequests(at: now, effects: &effects)
    }

    /// Forgets held messages; their senders stay strangers.
    func refuseHeld(at now: MonotonicInstant, effects: inout [NodeEffect]) {
        for message in takeHeld() { refuseStranger(message, at: now, effects: &effects) }
    }

    /// Looks again at held messages: the roster has grown.
    private func releaseHeld(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        for message in takeHeld() {
            switch message.kind {
            case .request(let request):
                verify(request, mayHold: false, at: now, random: &random, effects: &effects)
            case .response(let exchange, let response):
                takeGroupResponse(
                    response, exchange: exchange, mayHold: false, at: now, random: &random, effects: &effects)
            }
        }
    }

    private func takeHeld() -> [HeldMessage] {
        defer { held.removeAll() }
        strangers.askAt = nil
        return held
    }

    private func refuseStranger(_ message: HeldMessage, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        switch message.kind {
        case .request(let request):
            reject(request, .unknownSender, at: now, effects: &effects)
        case .response(_, let response):
            counters.rejected[.unknownSender, default: 0] += 1
            effects.append(.event(.rejected(.unknownSender, from: response.path.source)))
        }
    }
}

/// When the manager may be asked about senders that are not known.
struct Strangers {
    /// When to ask next; `nil` while nobody waits.
    var askAt: MonotonicInstant?
    /// Until when messages of strangers are refused at once, because the last questions found nobody.
    var restsUntil: MonotonicInstant?
    private var fruitless = 0

    mutating func nobodyFound(at now: MonotonicInstant, configuration: NodeConfiguration) {
        let rest = configuration.rosterInterval * (1 << min(fruitless, 16))
        fruitless += 1
        restsUntil = now.advanced(by: min(rest, configuration.maximumRosterInterval))
    }
}

/// A message that waits until the manager has told who its sender is.
struct HeldMessage {
    enum Kind {
        case request(IncomingRequest)
        case response(ExchangeID, IncomingResponse)

        func isResponse(to exchange: ExchangeID) -> Bool {
            if case .response(exchange, _) = self { true } else { false }
        }
    }
    let kind: Kind
    /// The Sender ID that it claims.
    let kid: [UInt8]

    init(_ kind: Kind) {
        self.kind = kind
        let body =
            switch kind {
            case .request(let request): request.body
            case .response(_, let response): response.body
            }
        var kid: [UInt8] = []
        // It was decoded once already, or it would not be held.
        if let message = try? ProtectedMessage(body.span), let found = message.option.kid {
            kid = [UInt8](copying: found)
        }
        self.kid = kid
    }

    var source: SocketAddress {
        switch kind {
        case .request(let request): request.path.source
        case .response(_, let response): response.path.source
        }
    }
}

extension Roles {
    /// Whose credentials a member with these roles needs, as a joiner gets them that asks for nothing else (GM-0095).
    fileprivate var relevantPeers: [Roles] {
        (contains(.requester) ? [.responder] : []) + (isDisjoint(with: [.responder, .monitor]) ? [] : [.requester])
    }
}
