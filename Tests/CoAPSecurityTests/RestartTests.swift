import Bytes
import CoAP
import CoAPSecurity
import OSCORE
import TestSupport
import Testing

@testable import CoAPEngine

/// What the protection of an endpoint writes down before it goes on, and what it trusts after a restart.
struct RestartTests {
    private static func association(_ sender: UInt8, _ recipient: UInt8, _ disk: TestDisk) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(1...16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: disk.end, store: disk)
    }

    private static func number(of message: Message) throws -> UInt64 {
        let value = try #require(message.options.oscore)
        let option = try OSCOREOption(value.span)
        let number = option.partialIV
        return try #require(number).value
    }

    private static func protect(
        _ protection: inout EndpointSecurity, _ association: OSCOREAssociation
    ) throws -> Message {
        let protected = try protection.protectRequest(Message(code: .get), for: association.peer).0
        return try Message(code: protected.code, body: protected.body.span)
    }

    private static func incoming(_ message: Message) -> IncomingRequest {
        let address = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
        return IncomingRequest(
            handle: RequestHandle(number: 1),
            path: DatagramPath(source: SocketAddress(address, port: 5683), destination: address), code: message.code,
            body: message.body, token: .empty, type: .confirmable, byteCount: 100)
    }

    @Test(.requirement("OSC-0075", "OSC-0108"))
    func everyNumberIsReservedBeforeItIsUsed() throws {
        let disk = TestDisk()
        let association = try Self.association(1, 2, disk)
        var protection = try EndpointSecurity(associations: [association])
        for _ in 0..<300 {
            let message = try Self.protect(&protection, association)
            #expect(try Self.number(of: message) < disk.end)
        }
        // With a full disk it goes on as far as it has reserved, and not further.
        disk.fill()
        var last: UInt64 = 0
        for _ in 0..<1_000 {
            guard let message = try? Self.protect(&protection, association) else { break }
            last = try Self.number(of: message)
        }
        #expect(last == disk.end - 1)
        // The next run begins where this one could not go.
        let next = TestDisk()
        try next.reserve(below: disk.end)
        var restarted = try EndpointSecurity(associations: [try Self.association(1, 2, next)])
        let message = try Self.protect(&restarted, association)
        #expect(try Self.number(of: message) >= disk.end)
    }

    @Test(.requirement("OSC-0075"))
    func whatAnEarlierRunHasAcceptedIsNotAcceptedAgain() throws {
        let disk = TestDisk()
        let ours = try Self.association(2, 1, disk)
        let theirs = try Self.association(1, 2, TestDisk())
        var client = try EndpointSecurity(associations: [theirs])
        let message = try Self.protect(&client, theirs)
        var random = SeededGenerator(seed: 1)
        let now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var server = try EndpointSecurity(associations: [ours])
        guard case .verified = server.verifyRequest(Self.incoming(message), at: now, random: &random) else {
            Issue.record("the first run takes it")
            return
        }
        var restarted = try EndpointSecurity(associations: [try Self.association(2, 1, disk)])
        guard case .refused(let answer) = restarted.verifyRequest(Self.incoming(message), at: now, random: &random)
        else {
            Issue.record("the second run asks whether it is new")
            return
        }
        #expect(answer.options.oscore != nil)
    }

    /// Only the Echo value says that the request is new. If that value came twice, so would the nonce of the request.
    @Test(.requirement("OSC-0075"))
    func whatEchoHasProvedIsAnsweredWithANumberOfItsOwn() throws {
        let disk = TestDisk()
        try disk.reserve(below: 256)
        let theirs = try Self.association(1, 2, TestDisk())
        let network = SecuredNetwork()
        let client = SecuredNode(1, try EndpointSecurity(associations: [theirs]))
        let server = SecuredNode(2, try EndpointSecurity(associations: [try Self.association(2, 1, disk)]))
        server.serve("hello", .text("hello"))
        network.add(client)
        network.add(server)
        var numbers: [UInt64?] = []
        network.onTheWay = { passing in
            if passing.source == server.address,
                let (header, offset) = try? DatagramCodec.decode(passing.datagram.bytes.span),
                let message = try? Message(
                    code: header.code, body: passing.datagram.bytes.span.extracting(droppingFirst: offset)),
                let value = message.options.oscore, let option = try? OSCOREOption(value.span)
            {
                numbers.append(option.partialIV?.value)
            }
            return [passing]
        }
        for _ in 0..<2 {
            let id = try client.start(
                TestGroup.toOne(Message(code: .get), "hello", server, theirs.peer), at: network.now)
            network.run(for: .seconds(1))
            #expect(client.responses[id]?.map(\.message.code) == [.content])
        }
        // The challenge, the answer to what it has proved, and an ordinary answer.
        #expect(numbers == [256, 257, nil])
    }
}
