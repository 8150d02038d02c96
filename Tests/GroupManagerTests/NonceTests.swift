import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// No key of the manager is used twice with one nonce for different contents, whatever happens to its store.
struct NonceTests {
    ///
    /// With a crowd, contexts are put aside all the time, also while a commit is open.
    @Test(.requirement("GM-0035", "GM-0493", "GM-0495"), arguments: UInt64(1)...8, [false, true])
    func noNonceIsUsedTwice(seed: UInt64, isCrowded: Bool) throws {
        var random = SeededGenerator(seed: seed)
        let manager = try TestManager(seed: seed &* 31) { if isCrowded { $0.liveAssociations = 2 } }
        try manager.createGroup()
        let journeys = try (0..<(isCrowded ? 12 : 3)).map { index in
            Journey(
                try TestNode(
                    try manager.invite("n\(index)"), seed: seed &* 100 &+ UInt64(index),
                    address: SocketAddress(.loopback, port: UInt16(40_000 + index))))
        }
        var delivered: [(datagram: [UInt8], from: SocketAddress)] = []
        var failures = 0
        var requests = ManagerRequests()
        for _ in 0..<300 {
            let journey = try #require(journeys.randomElement(using: &random))
            let address = journey.node.address
            // What the manager has asked since, in the order in which it left; some of it is answered.
            for (datagram, answer) in try requests.verify(manager.history, journeys)
            where Bool.random(using: &random) {
                _ = manager.deliver(answer, from: datagram.destination)
            }
            func send(_ datagram: [UInt8]) -> [OutgoingDatagram] {
                delivered.append((datagram, address))
                return manager.deliver(datagram, from: address)
            }
            switch Int.random(in: 0..<22, using: &random) {
            case 0: try manager.restart()
            case 1: _ = manager.pass(.seconds(Int.random(in: 1..<40, using: &random)))
            case 2, 3:
                // Somebody repeats what he has seen, some of it in another frame.
                guard let (datagram, source) = delivered.randomElement(using: &random) else { continue }
                _ = manager.deliver(datagram, from: source)
            case 4:
                guard let association = journey.node.association else { continue }
                let path =
                    Bool.random(using: &random)
                    ? "ace-group/g7" : "ace-group/g7/nodes/\(journey.node.invitation.nodeName)"
                _ = try send(association.protect(TestNode.message(.get, path) { $0.observe = 0 }))
            case 5:
                // A crash with a commit open, which may be durable or not.
                guard journey.node.association != nil else { continue }
                manager.holdsCommits = true
                let step = try #require(Journey.Step.allCases.randomElement(using: &random))
                _ = try send(journey.datagram(step))
                for other in journeys.shuffled(using: &random).prefix(isCrowded ? 4 : 0)
                where other.node.association != nil {
                    let datagram = try other.datagram(.token)
                    delivered.append((datagram, other.node.address))
                    _ = manager.deliver(datagram, from: other.node.address)
                }
                manager.holdsCommits = false
                let isDurable = Bool.random(using: &random)
                if isDurable { _ = manager.finishCommit() }
                if !isDurable || !isCrowded || Bool.random(using: &random) { try manager.restart() }
            case 6, 7:
                // Members are told of new keys.
                manager.failsNextCommit = Int.random(in: 0..<4, using: &random) == 0
                _ = manager.administer(.post, "gosc/groups/g7/rekey")
                manager.failsNextCommit = false
            default:
                var step = try #require(Journey.Step.allCases.randomElement(using: &random))
                if journey.node.association == nil { step = .token }
                manager.failsNextCommit = Int.random(in: 0..<4, using: &random) == 0
                let isFailing = manager.failsNextCommit
                let sent = try send(journey.datagram(step))
                manager.failsNextCommit = false
                failures += isFailing ? 1 : 0
                guard let answer = try journey.association(for: step).openOwn(sent).first else { continue }
                #expect(answer.code.class != 5 || answer.code == .serviceUnavailable)
                if step == .token, answer.code == .created { try journey.take(step, answer, manager) }
                if answer.code == .unauthorized { try journey.upload(manager) }
            }
        }
        var ledger = NonceLedger()
        for case .send(let datagram) in manager.history {
            if try !ManagerRequests.isRequest(datagram) { try note(datagram, journeys, &ledger) }
        }
        _ = try requests.verify(manager.history, journeys)
        #expect(ledger.violations == [], "seed \(seed)")
        #expect(requests.isEachOfItsOwnNumber && requests.count > 3)
        #expect(ledger.count > 60 && failures > 10, "the test has to reach what it tests")
    }

    /// Notes a datagram of the manager under the association that it belongs to.
    private func note(_ datagram: OutgoingDatagram, _ journeys: [Journey], _ ledger: inout NonceLedger) throws {
        let bytes = datagram.bytes
        guard bytes.count > 4 else { return }
        let outer = try TestAssociation.message(in: bytes)
        guard outer.options.oscore != nil else { return }
        let (header, _) = try DatagramCodec.decode(bytes.span)
        let own = try TestAssociation.partialIV(in: bytes)
        var owners: [(Int, TestAssociation)] = []
        for (index, journey) in journeys.enumerated() where journey.node.address.port == datagram.destination.port {
            for (number, association) in journey.associations.enumerated()
            where association.partialIVs[header.token] != nil {
                owners.append((index * 1_000 + number, association))
            }
        }
        try #require(!owners.isEmpty, "no association has sent this request")
        // Two associations of one node may have the same Token by chance; which of them it was cannot be seen then.
        guard owners.count == 1 else { return }
        let (name, association) = owners[0]
        let asked = try #require(association.partialIVs[header.token])
        ledger.note(
            NonceLedger.Use(
                context: Array("\(name)".utf8), sender: Array("manager".utf8),
                producer: Array((own == nil ? "node" : "manager").utf8), partialIV: own ?? asked),
            content: outer.payload)
    }

    /// Answers that are not decided on, such as that there is no such resource, need numbers, too.
    @Test(.requirement("GM-0364", "GM-0493"))
    func thereIsAlwaysANumberForAnAnswer() throws {
        let fixture = try Fixture(seed: 332)
        let manager = fixture.manager
        let client = try fixture.member("a")
        for restarts in [false, true] {
            if restarts {
                try manager.restart()
                // The first of a new life finds nothing reserved; that it came is enough to change that.
                _ = try client.ask(manager, .get, "nothing")
            }
            for count in 0..<200 {
                let datagram = try client.link().protect(TestClient.message(.get, "nothing"))
                let sent = manager.deliver(datagram, from: client.address)
                try #require(sent.count == 1)
                #expect(try TestAssociation.message(in: sent[0].bytes).options.oscore != nil, "\(count)")
                #expect(try client.link().openOwn(sent).map(\.code) == [.notFound])
            }
        }
        #expect(try client.ask(manager, .get, "ace-group/g7/num").code == .content)
    }

    /// A restart never goes back: what the manager numbers itself goes on behind all that it may have used.
    @Test(.requirement("GM-0493"))
    func numbersJumpForwardOverARestart() throws {
        let fixture = try Fixture(seed: 331)
        let manager = fixture.manager
        let client = try fixture.member("a")
        var last: UInt64 = 0
        for _ in 0..<4 {
            let observe = try client.link().protect(
                TestClient.message(.get, "ace-group/g7/nodes/a") { $0.observe = 0 })
            _ = manager.deliver(observe, from: client.address)
            let renew = try client.link().protect(TestClient.message(.post, "ace-group/g7/nodes/a"))
            let sent = manager.deliver(renew, from: client.address) + manager.pass(.seconds(1))
            let numbers = try sent.compactMap { try TestAssociation.partialIV(in: $0.bytes) }
                .map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
            #expect(!numbers.isEmpty)
            #expect(numbers.allSatisfy { $0 >= last })
            last = try #require(manager.store.clients.values.first).reservedSequenceEnd
            #expect(numbers.allSatisfy { $0 < last })
            try manager.restart()
        }
    }
}

/// The requests of the manager, each verified by one association of the node that it went to, and by that once.
private struct ManagerRequests {
    private var seen: Set<[UInt8]> = []
    private var effectCount = 0
    /// Whether none was a replay of another one, which it is if it has the number of one before.
    private(set) var isEachOfItsOwnNumber = true

    var count: Int { seen.count }

    static func isRequest(_ datagram: OutgoingDatagram) throws -> Bool {
        guard datagram.bytes.count > 4 else { return false }
        let header = try DatagramCodec.decode(datagram.bytes.span).0
        return header.code.isRequest
    }

    /// What is new in a history, with the answers to it.
    mutating func verify(
        _ history: [ManagerEffect], _ journeys: [Journey]
    ) throws -> [(OutgoingDatagram, answer: [UInt8])] {
        let new = history[effectCount...]
        effectCount = history.count
        var answers: [(OutgoingDatagram, answer: [UInt8])] = []
        for case .send(let datagram) in new {
            if let answer = try answer(to: datagram, journeys) { answers.append((datagram, answer)) }
        }
        return answers
    }

    /// What the node answers; `nil` if it has had the datagram before.
    private mutating func answer(to datagram: OutgoingDatagram, _ journeys: [Journey]) throws -> [UInt8]? {
        guard try Self.isRequest(datagram), seen.insert(datagram.bytes).inserted else { return nil }
        for journey in journeys where journey.node.address == datagram.destination {
            for association in journey.associations.reversed() {
                guard let request = try? association.verify(datagram.bytes) else { continue }
                return try association.answer(request, in: datagram.bytes, with: Message(code: .changed))
            }
        }
        isEachOfItsOwnNumber = false
        return nil
    }
}
