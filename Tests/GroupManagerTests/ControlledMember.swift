import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import GroupManager
import OSCORE
import TestSupport
import Testing

/// A member that is told of new keys at its control resource.
final class ControlledMember {
    let name: String
    let address: SocketAddress
    let association: TestAssociation
    /// What it answers to a request; `nil` is silence.
    var respond: (Message) -> Message? = { Message(code: $0.code == .delete ? .deleted : .changed) }
    /// Everything that has come, repetitions too.
    private(set) var datagrams: [[UInt8]] = []
    /// The requests in it, each once.
    private(set) var requests: [Message] = []
    /// The latest that it has answered; `nil` if it was silent.
    private(set) var latestAnswer: [UInt8]?
    private var answers: [MessageID: [UInt8]] = [:]

    init(name: String, address: SocketAddress, association: TestAssociation) {
        self.name = name
        self.address = address
        self.association = association
    }

    /// The rekeying messages that it got.
    var keys: [RekeyingMessage] {
        get throws {
            try requests.filter { $0.code == .post }.map { request in
                let payload = request.payload
                return try RekeyingMessage(decoding: payload.span)
            }
        }
    }

    /// Takes a datagram; answers what it sends back.
    func receive(_ datagram: [UInt8]) throws -> [UInt8]? {
        let (header, _) = try DatagramCodec.decode(datagram.span)
        guard header.code.isRequest else { return nil }
        datagrams.append(datagram)
        #expect(header.type == .confirmable)
        if let answer = answers[header.messageID] { return answer }
        guard let request = try association.verify(datagram) else { return nil }
        requests.append(request.message)
        guard let response = respond(request.message) else { return nil }
        let answer = try association.answer(request, in: datagram, with: response)
        answers[header.messageID] = answer
        latestAnswer = answer
        return answer
    }
}

/// Members of g7 around a manager, and the network between them.
final class ControlledGroup {
    let manager: TestManager
    private(set) var members: [ControlledMember] = []
    /// Who listens where.
    var places: [SocketAddress: ControlledMember] = [:]
    /// Whether a datagram gets lost, by its number.
    var loses: (Int) -> Bool = { _ in false }
    /// How many datagrams there were, in both directions.
    private(set) var count = 0
    /// Who was sent something, in order; repetitions too.
    private(set) var told: [String] = []
    /// How many requests were unanswered at most after one input of the manager.
    private(set) var mostUnderWay = 0

    /// - Parameter names: Each with its roles.
    init(
        _ names: [(String, Roles)], seed: UInt64 = 1, group: (inout GroupRecord) -> Void = { _ in },
        without withoutControl: Set<String> = [], settings: (inout ManagerSettings) -> Void = { _ in }
    ) throws {
        manager = try TestManager(seed: seed, settings: settings)
        try manager.createGroup()
        try manager.createGroup("other")
        var random = SeededGenerator(seed: seed ^ 0xc0)
        let now = manager.wallClock.seconds
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].groupID = [0xb1, 0, 0]
            snapshot.groupIDPrefixes.append(GroupIDPrefixRecord(prefix: [0xb1], groupName: "g7", since: 0))
            group(&snapshot.groups[index])
            for (number, (name, roles)) in names.enumerated() {
                let client = Self.client(name, number, roles, now: now, random: &random)
                let address = SocketAddress(.loopback, port: UInt16(20_000 + number))
                snapshot.clients.append(client)
                snapshot.members.append(
                    MemberRecord(
                        groupName: "g7", name: name, nodeName: name, client: client.client, roles: roles.rawValue,
                        senderID: roles == .monitor ? nil : [UInt8(number >> 8), UInt8(number & 0xff)],
                        credential: roles == .monitor ? nil : [UInt8(number & 0xff), 1], scope: [], clientNonce: [1],
                        controlURI: withoutControl.contains(name) ? nil : "coap://\(address)/ace-group/g7/node",
                        joinedAt: now - 100, keyVersion: snapshot.groups[index].version))
                let member = ControlledMember(
                    name: name, address: address, association: try Self.association(client, address))
                members.append(member)
                places[address] = member
            }
        }
    }

    private static func client(
        _ name: String, _ number: Int, _ roles: Roles, now: UInt64, random: inout SeededGenerator
    ) -> ClientRecord {
        let secret = random.eightBytes() + random.eightBytes()
        return ClientRecord(
            recipientID: [7, UInt8(number >> 8), UInt8(number & 0xff)], senderID: [1],
            client: ClientIdentity(stored: "as.example\nsub:\(name)"), inputMaterialID: random.eightBytes(),
            masterSecret: SecretField(copying: secret.span), masterSalt: random.eightBytes(), idContext: nil,
            algorithm: AEADAlgorithm.aesCCM_16_64_128.rawValue, hkdf: HKDFAlgorithm.hkdfSHA256.rawValue,
            tokenID: random.eightBytes(), scope: Fixture.content([("g7", roles.rawValue)]), expiry: now + 86_400,
            kdcChallenge: random.eightBytes(),
            replayWindow: ReplayWindowRecord(size: 32, highest: nil, words: [0], isValid: true), reservedSequenceEnd: 0)
    }

    private static func association(_ client: ClientRecord, _ address: SocketAddress) throws -> TestAssociation {
        try TestAssociation(
            secret: [UInt8](copying: client.masterSecret.bytes), salt: client.masterSalt, senderID: client.recipientID,
            recipientID: client.senderID, address: address, firstMessageID: 7)
    }

    subscript(name: String) -> ControlledMember {
        get throws { try #require(members.first { $0.name == name }) }
    }

    /// Gives the group new keys.
    func rekey() throws {
        let answer = try #require(manager.administer(.post, "gosc/groups/g7/rekey"))
        try #require(answer.code == .changed)
        try deliver(manager.sentByAdministration)
    }

    /// Delivers what the manager has sent and what comes back, until nothing is under way.
    func deliver(_ datagrams: [OutgoingDatagram]) throws {
        var waiting = datagrams
        while !waiting.isEmpty {
            mostUnderWay = max(mostUnderWay, waiting.count)
            var answers: [([UInt8], from: SocketAddress)] = []
            for datagram in waiting {
                guard let member = places[datagram.destination] else { continue }
                told.append(member.name)
                guard arrives(), let answer = try member.receive(datagram.bytes), arrives() else { continue }
                answers.append((answer, from: datagram.destination))
            }
            waiting = answers.isEmpty ? [] : manager.deliver(answers)
        }
    }

    private func arrives() -> Bool {
        defer { count += 1 }
        return !loses(count)
    }

    /// Lets time pass, with the network at work.
    func pass(_ duration: Duration) throws {
        let end = manager.now.advanced(by: duration)
        while let next = manager.engine.nextDeadline, next <= end {
            try deliver(manager.pass(max(manager.now.duration(to: next), .zero)))
        }
        try deliver(manager.pass(manager.now.duration(to: end)))
    }

    /// Starts the manager again; whatever was under way is lost.
    func restart() throws {
        try manager.restart()
    }

    /// What became of distributions.
    var outcomes: [ManagerEvent] {
        manager.events.filter { if case .rekeyingCompleted = $0 { true } else { false } }
    }

    /// The names of those that have the present keys, durably.
    var confirmed: [String] {
        let version = manager.store.groups["g7"]?.record.version
        return manager.store.snapshot.members.filter { $0.keyVersion == version }.map(\.name).sorted()
    }

    /// How a distribution ends.
    static func outcome(_ version: UInt64, _ confirmed: Int, _ stragglers: [String] = []) -> ManagerEvent {
        .rekeyingCompleted(group: "g7", version: version, confirmed: confirmed, stragglers: stragglers)
    }
}
