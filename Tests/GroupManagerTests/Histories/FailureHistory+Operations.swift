import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

extension FailureHistory {
    mutating func operate() throws {
        guard let anybody = members.randomElement(using: &random) else { return }
        let insider = members.filter(\.isMember).randomElement(using: &random) ?? anybody
        switch Int.random(in: 0..<300, using: &random) {
        case 0..<90: try join(anybody)
        case 90..<120: try renew(insider)
        case 120..<160: _ = try readKeys(insider)
        case 160..<185: try leave(insider)
        case 185..<203: try evict(insider)
        case 203..<215: try readmit()
        case 215..<224: try revoke(insider)
        case 224..<240: try rekey()
        case 240..<255: try repeatDatagram(insider)
        case 255..<268: try batch()
        case 268..<284: try wait(.seconds(Int.random(in: 1...15, using: &random)), .waited)
        case 284..<288: try wait(.seconds(Int.random(in: 60...900, using: &random)), .waited)
        case 288..<291: try wait(.seconds(3_700), .tokensEnded)
        case 291..<296:
            backups = backups.suffix(2) + [manager.store.snapshot]
            note(.backedUp)
        default: try restore()
        }
    }

    private mutating func wait(_ duration: Duration, _ happening: Happening) throws {
        try wait(duration)
        note(happening)
    }

    // MARK: - Members

    /// Gets a token and an association where it has none; `false` if there is none to be had now.
    private mutating func enrol(_ member: HistoryMember) throws -> Bool {
        let client = member.client
        guard client.association == nil else { return true }
        if let end = member.tokenEnd, end > manager.wallClock.seconds + 60 {
            if try upload(member) { return true }
            // The manager does not take it any more: it was revoked, or is from before a restore.
            member.tokenEnd = nil
        }
        guard let node = member.node else {
            client.material = OSCOREInputMaterial(
                id: client.bytes(8), masterSecret: client.bytes(16), salt: client.bytes(8))
            client.token = try fixture.token(for: client, client.name, [(member.groupName, 6)])
            member.tokenEnd = manager.wallClock.seconds + 3_600
            return try upload(member)
        }
        guard let answer = try exchange(TestNode.tokenMessage(), over: node.server, of: member) else { return false }
        guard answer.code == .created else {
            // Its invitation opens nothing any more.
            member.isDone = answer.code != .serviceUnavailable
            return false
        }
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        guard case .inputMaterial(let material) = response.confirmation else { return false }
        (node.token, node.material) = (response.accessToken, material)
        member.tokenEnd = manager.wallClock.seconds + 20 * 86_400
        return try upload(member)
    }

    private mutating func upload(_ member: HistoryMember) throws -> Bool {
        let client = member.client
        let (nonce1, recipientID) = (client.bytes(8), client.bytes(5))
        let upload = TokenUpload(
            token: client.token, nonce1: nonce1, clientRecipientID: recipientID, asksForSignInfo: false,
            asksForECDHInfo: false, asksForDHCredentials: false)
        let (datagram, token) = (client.open.frame(client.uploadMessage(upload)), client.open.lastToken)
        guard let answer = try send(datagram, token, of: member), answer.code == .created else { return false }
        let payload = answer.payload
        try client.takeUp(TokenUploadAnswer(decoding: payload.span), nonce1: nonce1, recipientID: recipientID)
        member.takeUp(recipientID)
        return true
    }

    /// Asks until there is an answer that is more than a failure; `nil` for whoever is kept out.
    private mutating func ask(_ member: HistoryMember, _ message: () throws -> Message) throws -> Message? {
        for _ in 0..<60 {
            if try enrol(member), let association = member.client.association {
                let answer = try exchange(message(), over: association, of: member)
                switch answer?.code {
                case nil, .serviceUnavailable?: break
                // The association was never durable, or its token has ended.
                case .unauthorized?: member.client.association = nil
                default: return answer
                }
            } else if member.isDone {
                return nil
            }
            try wait(.milliseconds(Int.random(in: 0...1_500, using: &random)))
        }
        ledger.violate("\(member.client.name) never gets an answer")
        return nil
    }

    private mutating func join(_ member: HistoryMember) throws {
        let isRepeated = !member.nonce.isEmpty && Bool.random(using: &random)
        if !isRepeated { member.nonce = member.client.bytes(8) }
        let (group, nonce) = (member.groupName, member.nonce)
        let answer = try ask(member) {
            let request = try member.client.joinRequest(
                group, [.requester, .responder], getCreds: nil, nonce: nonce,
                controlURI: "coap://\(member.address)/ace-group/\(group)/node")
            return TestClient.joinMessage(request.encoded(), path: ["ace-group", group])
        }
        guard let answer else { return }
        guard answer.code == .created || answer.code == .changed else {
            // It was evicted, and whoever has an invitation for good; or its proof was for another challenge.
            if answer.code == .forbidden { member.isDone = member.node != nil || Bool.random(using: &random) }
            member.client.association = nil
            member.isMember = false
            return
        }
        let payload = answer.payload
        let response = try JoinResponse(decoding: payload.span)
        note(answer.code == .created ? .joined : .joinedAgain)
        reveal(response.version, response.key.groupID, response.key.masterSecret, to: member, member.storeBehindAnswer)
        adopt(try #require(response.key.senderID), response.key.groupID, member)
    }

    /// A member takes what it was told for its own.
    private func adopt(_ senderID: [UInt8], _ groupID: [UInt8], _ member: HistoryMember) {
        if !member.isMember || member.senderID != senderID || member.groupID != groupID {
            ledger.tell(senderID, under: groupID, to: member.identity)
        }
        (member.isMember, member.senderID, member.groupID) = (true, senderID, groupID)
    }

    /// Reads the keys and its own Sender ID; `false` if it is not a member.
    mutating func readKeys(_ member: HistoryMember) throws -> Bool {
        guard member.isMember, let nodeName = place(of: member) else { return false }
        let path = "ace-group/\(member.groupName)/nodes/\(nodeName)"
        guard let answer = try ask(member, { TestClient.message(.get, path) }), isInside(member, answer) else {
            return false
        }
        let payload = answer.payload
        let distribution = try KeyDistribution(decoding: payload.span)
        let key = distribution.key
        reveal(distribution.version, key.groupID, key.masterSecret, to: member, member.storeBehindAnswer)
        adopt(try #require(key.senderID), key.groupID, member)
        note(.read)
        return true
    }

    private mutating func renew(_ member: HistoryMember) throws {
        guard member.isMember, let nodeName = place(of: member) else { return }
        let path = "ace-group/\(member.groupName)/nodes/\(nodeName)"
        guard let answer = try ask(member, { TestClient.message(.post, path) }), isInside(member, answer) else {
            return
        }
        // Which Gid it is for the answer does not say: that is read.
        note(.renewed)
        _ = try readKeys(member)
    }

    private mutating func leave(_ member: HistoryMember) throws {
        guard member.isMember, let nodeName = place(of: member) else { return }
        let path = "ace-group/\(member.groupName)/nodes/\(nodeName)"
        guard let answer = try ask(member, { TestClient.message(.delete, path) }) else { return }
        // It has left already where it did not hear of it.
        guard answer.code == .deleted || answer.code == .forbidden || answer.code == .notFound else { return }
        (member.isMember, member.nonce) = (false, [])
        note(.left)
    }

    /// Whether an answer is one for a member; if not, it is none any more.
    private func isInside(_ member: HistoryMember, _ answer: Message) -> Bool {
        if answer.code == .content { return true }
        (member.isMember, member.nonce) = (false, [])
        return false
    }

    private func place(of member: HistoryMember) -> String? {
        manager.store.groups[member.groupName]?.member(member.identity)?.nodeName
    }

    // MARK: - The administrator

    private mutating func evict(_ member: HistoryMember) throws {
        guard let name = manager.store.groups[member.groupName]?.member(member.identity)?.name else { return }
        guard let answer = try administer(.delete, "gosc/groups/\(member.groupName)/members/\(name)"),
            answer.code == .deleted || manager.store.groups[member.groupName]?.evictions[member.identity] != nil
        else { return }
        ledger.bar(member.identity, from: member.groupName)
        if member.node == nil { evicted.append((member, name)) }
        note(.evicted)
    }

    private mutating func readmit() throws {
        guard !evicted.isEmpty else { return }
        let (member, name) = evicted.removeFirst()
        ledger.readmit(member.identity, to: member.groupName)
        // Others may have been evicted under the name.
        let holders = manager.store.groups[member.groupName]?.holders(of: name) ?? []
        let holder = holders.first { $0.client == member.identity }?.name.description ?? name
        _ = try administer(.delete, "gosc/groups/\(member.groupName)/evictions/\(holder)")
        note(.readmitted)
    }

    private mutating func revoke(_ member: HistoryMember) throws {
        guard member.node == nil,
            let record = manager.store.clients.values.first(where: { $0.client == member.identity })
        else { return }
        _ = try administer(.post, "gosc/revocations", RevokeTokenRequest(tokenID: record.tokenID).encoded())
        #expect(manager.store.groups[member.groupName]?.member(member.identity) == nil)
        (member.client.association, member.tokenEnd) = (nil, nil)
        note(.revoked)
    }

    private mutating func rekey() throws {
        let group = Self.groups.randomElement(using: &random) ?? "g7"
        if try administer(.post, "gosc/groups/\(group)/rekey")?.code == .changed { note(.rekeyed) }
    }

    // MARK: - The network and the machine

    /// A datagram comes once more.
    private mutating func repeatDatagram(_ member: HistoryMember) throws {
        guard let datagram = member.latest else { return }
        _ = manager.deliver(datagram, from: member.address)
        try drain()
        note(.repeated)
    }

    /// Two ask at the same moment, and are decided on in one commit.
    private mutating func batch() throws {
        let askers = members.filter { $0.isMember && $0.client.association != nil && place(of: $0) != nil }
        guard askers.count >= 2, let first = askers.randomElement(using: &random),
            let second = askers.filter({ $0 !== first }).randomElement(using: &random)
        else { return }
        let datagrams = try [first, second].map { member in
            let path = "ace-group/\(member.groupName)/nodes/\(place(of: member) ?? "")"
            return (
                try member.protect(TestClient.message(.post, path), over: member.client.link()).bytes,
                from: member.address
            )
        }
        _ = manager.deliver(datagrams)
        try drain()
        note(.batched)
        for member in [first, second] { _ = try readKeys(member) }
    }

    /// The disk is lost, and the manager comes back from a backup, perhaps once more, with what the journal says.
    private mutating func restore() throws {
        guard let backup = backups.randomElement(using: &random) else { return }
        // No two within a second: their versions count seconds.
        try wait(.seconds(2))
        var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        if Bool.random(using: &random) {
            // It stops here, and the operator goes on later: nothing is served meanwhile.
            let pending = procedure.state.snapshot
            #expect(throws: ManagerWriteError.restorePending) { try manager.restart(with: pending) }
            procedure = try RestoreProcedure(pending, at: manager.wallClock.seconds)
        }
        let out = procedure.members.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
        try procedure.complete(
            RestoreDecision(evicted: out.map { "\($0.groupName)/\($0.name)" }, journal: manager.journal + decided),
            random: &manager.random)
        for member in out {
            let evictions = procedure.state.groups[member.groupName]?.evictions.values.map(\.self) ?? []
            decided += evictions.filter { $0.name == member.name }.map { .evicted($0) }
        }
        try manager.restart(with: procedure.state.snapshot)
        ledger.lookAtRestored(manager.store)
        for member in members {
            member.client.association = nil
            let group = manager.store.groups[member.groupName]
            if group?.evictions[member.identity] != nil { ledger.bar(member.identity, from: member.groupName) }
        }
        note(.restored)
    }
}
