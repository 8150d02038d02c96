import ACEGroupcomm
import Bytes
import CBOR
import TestSupport
import Testing

/// The payloads between node and manager: whatever is cut short, padded, nested or repeated is refused.
struct WireBadInputTests {
    /// A payload of the vectors with its decoder.
    private struct Payload {
        let name: String
        let bytes: [UInt8]
        let decode: (Span<UInt8>) throws(GroupcommError) -> Void

        func refusal(of bytes: [UInt8]) -> GroupcommError? {
            do throws(GroupcommError) {
                try decode(bytes.span)
                return nil
            } catch {
                return error
            }
        }
    }

    private static func payloads() throws -> [Payload] {
        let vector = try JoinVector.load()
        let request = { (bytes: Span<UInt8>) throws(GroupcommError) in _ = try JoinRequest(decoding: bytes) }
        let problem = { (bytes: Span<UInt8>) throws(GroupcommError) in _ = try ProblemDetails(decoding: bytes) }
        return [
            Payload(name: "join request", bytes: vector.join_request.bytes, decode: request),
            Payload(name: "join request of a monitor", bytes: vector.monitor_join_request.bytes, decode: request),
            Payload(name: "error 0", bytes: vector.error_0.bytes, decode: problem),
            Payload(name: "error 9 with a title", bytes: vector.error_9_with_title.bytes, decode: problem),
        ]
    }

    @Test func noStrictPrefixIsAccepted() throws {
        for payload in try Self.payloads() {
            #expect(payload.refusal(of: payload.bytes) == nil, "\(payload.name)")
            for count in 0..<payload.bytes.count {
                #expect(
                    payload.refusal(of: Array(payload.bytes[..<count])) == .malformed(.truncated),
                    "\(payload.name), \(count) bytes")
            }
            #expect(payload.refusal(of: payload.bytes + [0]) == .malformed(.trailingBytes), "\(payload.name)")
        }
    }

    // All payloads are maps of less than 12 pairs.
    @Test(.requirement("GM-0362", "GM-0363"))
    func longHeadsAreReadAndRepeatedKeysRefused() throws {
        for payload in try Self.payloads() {
            let pairs = payload.bytes.dropFirst()
            let count = payload.bytes[0] & 0x1f
            try #require(payload.bytes[0] >> 5 == 5 && count < 12)
            #expect(payload.refusal(of: [0xb8, count] + pairs) == nil, "\(payload.name)")
            #expect(payload.refusal(of: [0xbf] + pairs + [0xff]) == nil, "\(payload.name)")
            #expect(
                payload.refusal(of: [0xa0 | count * 2] + pairs + pairs) == .malformed(.duplicateKey), "\(payload.name)")
        }
    }

    @Test func nestingAndCountsBeyondReasonAreRefused() throws {
        for payload in try Self.payloads() {
            for head in [0x81, 0xa1, 0xc1] as [UInt8] {
                #expect(
                    payload.refusal(of: Array(repeating: head, count: 50_000)) == .malformed(.tooDeep),
                    "\(payload.name), \(head)")
            }
            for head in [0x5b, 0x7b, 0x9b, 0xbb] as [UInt8] {
                let bomb = [head] + Array(repeating: 0xff, count: 8) + Array(repeating: 0, count: 1000)
                #expect(payload.refusal(of: bomb) == .malformed(.truncated), "\(payload.name), \(head)")
            }
        }
    }

    /// An invitation holds a Master Secret, and people mistype it: what they are told may be written down anywhere.
    @Test func noRefusalOfAnInvitationContainsItsSecret() throws {
        let secret: [UInt8] = (0..<16).map { 0x91 ^ ($0 &* 13) }
        let invitation = Invitation(
            managerAddress: "[2001:db8::1]:5683", masterSecret: secret, clientSenderID: Array(1...7),
            managerSenderID: [0], groupName: "floor-2-lights", nodeName: "lamp-3", roles: [.responder],
            managerCredentialHash: Array(repeating: 7, count: 32), expiry: 1_800_000_000)
        let text = Array(invitation.text)
        var refusals = 0
        for index in text.indices {
            for wrong in [Array(text[..<index]), Array(text[..<index]) + ["7"] + Array(text[(index + 1)...])] {
                do throws(InvitationError) {
                    _ = try Invitation(parsing: String(wrong))
                } catch {
                    refusals += 1
                    #expect(!SecretScan.finds(secret, in: error))
                    #expect(!"\(error)".contains(String(text[20..<30])))
                }
            }
        }
        #expect(refusals > text.count)
    }
}
