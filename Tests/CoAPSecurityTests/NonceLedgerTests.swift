import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import OSCORE
import TestSupport
import Testing

/// No endpoint encrypts two messages under one nonce, whatever happens: restarts, lost and repeated messages, replays to
/// other addresses, observations that change while they begin, disks that fill up.
struct NonceLedgerTests {
    /// What a protected message was encrypted under, as far as anybody can tell who sees it.
    private struct Nonce: Hashable {
        let isGroupMode: Bool
        let number: UInt64
    }

    /// An answer under the nonce of its request names neither; there are no more of these than requests under its Token.
    private struct Question: Hashable {
        let token: Token
        let isGroupMode: Bool
    }

    private struct Ledger {
        private var own: [SocketAddress: [Nonce: [UInt8]]] = [:]
        private var asked: [Question: Set<UInt64>] = [:]
        private var answered: [Question: Set<[UInt8]>] = [:]
        private(set) var count = 0

        mutating func note(_ passing: SecuredNetwork.Passing) throws {
            let bytes = passing.datagram.bytes
            let (header, offset) = try DatagramCodec.decode(bytes.span)
            guard !header.code.isEmpty else { return }
            let message = try Message(code: header.code, body: bytes.span.extracting(droppingFirst: offset))
            guard let value = message.options.oscore else { return }
            let option = try OSCOREOption(value.span)
            let isGroupMode = option.isGroupMode
            count += 1
            if let number = option.partialIV?.value {
                let nonce = Nonce(isGroupMode: isGroupMode, number: number)
                let former = own[passing.source, default: [:]].updateValue(message.payload, forKey: nonce)
                if let former { #expect(former == message.payload, "\(passing.source) has used \(nonce) twice") }
                guard header.code.isRequest else { return }
                for mode in [true, false] {
                    let question = Question(token: header.token, isGroupMode: mode)
                    asked[question, default: []].insert(number)
                }
            } else {
                let question = Question(token: header.token, isGroupMode: isGroupMode)
                answered[question, default: []].insert(message.payload)
                #expect(answered[question]?.count ?? 0 <= (asked[question]?.count ?? 0), "\(question)")
            }
        }
    }

    private let calls = CallCount()

    private func association(_ mine: UInt8, _ other: UInt8, _ disk: TestDisk) throws -> OSCOREAssociation {
        var association = OSCOREAssociation(
            masterSecret: Array(50...65), senderID: try TestGroup.senderID(mine),
            recipientID: try TestGroup.senderID(other), reservedEnd: disk.end, store: disk)
        association.reservedAtOnce = 4
        return association
    }

    private func node(_ number: UInt8, ofGroup: Bool, _ disk: TestDisk, seed: UInt64) throws -> SecuredNode {
        let security: EndpointSecurity
        if ofGroup {
            var member = try TestGroup().member(number, disk)
            member.reservedAtOnce = 4
            security = try EndpointSecurity(groups: [member])
        } else {
            security = try EndpointSecurity(associations: [association(number, 3 - number, disk)])
        }
        // Another text each time: the same one under the same nonce would not show.
        let calls = calls
        let node = SecuredNode(UInt64(number), security, leisure: .milliseconds(300), seed: seed)
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.isObservable = true
        node.serve(
            "t",
            Resource(
                methods: [
                    .get: .immediate { _ in
                        calls.increment()
                        return ResourceResponse(.content, .textPlain, Array("\(calls.value)".utf8))
                    },
                    .put: .immediate { _ in ResourceResponse(.changed) },
                ], properties: properties))
        return node
    }

    @Test(
        .requirement("OSC-0060", "OSC-0069", "GOSC-0169", "GOSC-0215"), arguments: 0..<60 as Range<UInt64>,
        [true, false])
    func isOnceForEachMessage(seed: UInt64, ofGroup: Bool) throws {
        var random = SeededGenerator(seed: seed)
        let network = SecuredNetwork()
        let disks = [TestDisk(), TestDisk()]
        var nodes = try [UInt8(1), 2].map { try node($0, ofGroup: ofGroup, disks[Int($0) - 1], seed: random.next()) }
        for node in nodes { network.add(node, joining: TestGroup.address) }
        network.onTheWay = { passing in
            switch UInt8.random(in: 0..<10, using: &random) {
            case 0, 1: []
            case 2: [passing, passing]
            default: [passing]
            }
        }
        var operations: [(node: Int, id: OperationID)] = []
        for _ in 0..<300 {
            let who = Int.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3:
                var message = Message(code: Bool.random(using: &random) ? .get : .put)
                if message.code == .get, Bool.random(using: &random) { message.options.observe = 0 }
                let other = nodes[1 - who]
                let request: ClientRequest
                if ofGroup, Bool.random(using: &random) {
                    request = TestGroup.toAll(message, "t")
                } else if ofGroup {
                    request = TestGroup.toOne(
                        message, "t", other,
                        try TestGroup.only(UInt8(2 - who), inGroupMode: Bool.random(using: &random)))
                } else {
                    request = TestGroup.toOne(
                        message, "t", other, try association(UInt8(who + 1), UInt8(2 - who), TestDisk()).peer)
                }
                if let id = try? nodes[who].start(request, at: network.now) { operations.append((who, id)) }
            case 4, 5: nodes[who].changed("t", at: network.now)
            case 6:
                if let last = operations.popLast() { nodes[last.node].cancel(last.id, at: network.now) }
            case 7, 8:
                guard let recorded = network.record.randomElement(using: &random) else { continue }
                var bytes = recorded.datagram.bytes
                if Bool.random(using: &random), bytes.count > 4 {
                    (bytes[2], bytes[3]) = (UInt8.random(in: 0...255, using: &random), 0x77)
                }
                let source = Bool.random(using: &random) ? recorded.source : nodes[0].address
                network.inject(
                    SecuredNetwork.Passing(
                        source: source,
                        datagram: OutgoingDatagram(bytes: bytes, destination: recorded.datagram.destination)))
            case 9:
                nodes[who] = try node(UInt8(who + 1), ofGroup: ofGroup, disks[who], seed: random.next())
                operations.removeAll { $0.node == who }
                network.add(nodes[who], joining: TestGroup.address)
            default: network.run(for: .milliseconds(Int64.random(in: 0...20_000, using: &random)))
            }
        }
        network.run(for: .seconds(300))
        var ledger = Ledger()
        for passing in network.record { try ledger.note(passing) }
        #expect(ledger.count > 100)
    }
}
