import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What is kept from one message to the next is, after any sequence of messages, what would be made anew.
struct KeptPartsTests {
    private let ids = ["", "01", "25", "02aabb", "00000000000001"].compactMap { SenderID(bytes($0)) }
    private let gids: [[UInt8]] = [[], [0x2a], Array(repeating: 7, count: 30)]

    /// Messages like those before in most respects, as in a conversation, and of another shape now and then.
    @Test(arguments: UInt64(0)..<8) func associatedData(seed: UInt64) throws {
        var random = SeededGenerator(seed: 900 + seed)
        let head: [UInt8] = [0x89, 0x01]
        var parts = KeptParts()
        var tails = Dictionary(uniqueKeysWithValues: ids.map { ($0, random.bytes($0.count * 40 + 3)) })
        var author = ids[0]
        var kid = ids[1]
        var groupID = try #require(GroupID([1]))
        var number: UInt64 = 0
        var optionValue: [UInt8] = []
        for _ in 0..<1500 {
            switch Int.random(in: 0..<24, using: &random) {
            case 0: author = try #require(ids.randomElement(using: &random))
            case 1: kid = try #require(ids.randomElement(using: &random))
            case 2: groupID = try #require(gids.randomElement(using: &random).flatMap { GroupID($0) })
            case 3:
                number =
                    UInt64.random(in: 0...0xff_ffff_ffff, using: &random)
                    >> UInt64.random(in: 0...39, using: &random)
            case 4:
                // Another credential of the same member.
                tails[author] = random.bytes(Int.random(in: 1...300, using: &random))
                parts.forget()
            case 5...14: number += 1
            default: break
            }
            if Bool.random(using: &random) {
                optionValue = random.bytes(optionValue.count)
            } else if Int.random(in: 0..<6, using: &random) == 0 {
                optionValue = random.bytes(Int.random(in: 0...60, using: &random))
            }
            let partialIV = try #require(PartialIV(number & 0xff_ffff_ffff))
            let request = RequestBinding(kid: kid, partialIV: partialIV)
            let tail = try #require(tails[author])
            parts.prepareStructure(
                author: author, request: request, groupID: groupID, optionValue: optionValue.span, head: head,
                tail: tail)
            var expected = Scratch()
            expected.fillEncStructure(
                head: head, request: request, groupID: groupID, optionValue: optionValue.span, tail: tail)
            #expect(hex(parts.structure) == hex(expected))
        }
    }

    @Test(arguments: 7...13) func nonces(count: Int) throws {
        let ids = ids.filter { $0.count <= count - 6 }
        var random = SeededGenerator(seed: UInt64(count))
        let commonIV = SecretBytes(copying: random.bytes(13).span)
        var parts = KeptParts()
        for _ in 0..<500 {
            let producer = try #require(ids.randomElement(using: &random))
            let number =
                UInt64.random(in: 0...0xff_ffff_ffff, using: &random) >> UInt64.random(in: 0...39, using: &random)
            let partialIV = try #require(PartialIV(number))
            parts.prepareNonce(commonIV: commonIV, producer: producer, partialIV: partialIV, count: count)
            var expected: [UInt8] = []
            Nonce.write(
                commonIV: commonIV.bytes, producer: producer, partialIV: partialIV, count: count, into: &expected)
            #expect(hex(parts.nonce) == Hex.encode(expected))
        }
    }

    /// A member that has another credential now is not taken for what was kept of it.
    @Test func changesOfMembersAreNotMissed() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try #require(client.senderID)
        let serverID = try #require(server.senderID)
        let credential = try #require(server.credential(of: clientID))
        let other = AuthenticationCredential.ccs(subject: "another name", publicKey: credential.publicKey)
        for (known, isVerified) in [(credential, true), (other, false), (credential, true)] {
            try server.addRecipient(clientID, credential: known)
            let body = try client.protectRequest(.on, to: serverID).0.body
            let verdict = server.verifyRequest(try ProtectedMessage(body.span))
            if case .verified = verdict { #expect(isVerified) } else { #expect(!isVerified) }
            let tail = server.common.aadTail(of: known)
            #expect(Array(server.trace.externalAAD.suffix(tail.count)) == tail)
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
