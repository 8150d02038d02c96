import ACEGroupcomm
import Bytes
import CBOR
import TestSupport
import Testing

/// What members get when the group gets new keys.
struct RekeyingMessageTests {
    private let bytes: [UInt8]

    init() throws {
        bytes = try MessageVector.load().message("rekeying_message")
    }

    private var message: RekeyingMessage {
        RekeyingMessage(
            masterSecret: Array(0x20...0x2f), masterSalt: [], groupID: [0xb1, 0, 1], version: 1,
            expiration: 1_893_456_000, expiresIn: 86_400, staleSenderIDs: [[2]], overlap: nil)
    }

    @Test(.requirement("GM-0305", "GM-0306", "GM-0307", "GM-0308", "GOSC-0311"))
    func theExampleIsReadAndWritten() throws {
        let read = try RekeyingMessage(decoding: bytes.span)
        #expect(read == message)
        // The example is not in deterministic order.
        let written = try #require(try CBORValue(decodingAnyEncoding: message.encoded().span).mapValue)
        let example = try #require(try CBORValue(decodingAnyEncoding: bytes.span).mapValue)
        #expect(CBORValue.map(written).encoded() == CBORValue.map(example).encoded())
        #expect(Set(written.keys) == [7, 8, 9, 10, 11, 12, 34])
        #expect(written[8]?.mapValue?.keys == [2, 6])
        #expect(!SecretScan.finds(message.masterSecret, in: message))
    }

    @Test(.requirement("GM-0308", "GM-0309"))
    func withoutSaltThereIsNoneAndWithoutStaleSenderIDsAnEmptyList() throws {
        var other = message
        other.staleSenderIDs = []
        other.masterSalt = [1, 2, 3, 4, 5, 6, 7, 8]
        other.overlap = 10
        let map = try #require(try CBORValue(decoding: other.encoded().span).mapValue)
        #expect(map[34] == [])
        #expect(map[8]?.mapValue?[5] == .bytes([1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(map[-65539] == 10)
        #expect(try RekeyingMessage(decoding: other.encoded().span) == other)
        #expect(try RekeyingMessage(decoding: bytes.span).masterSalt == [])
    }

    @Test(.requirement("GM-0311"))
    func newcomersComeWithEverythingOrNotAtAll() throws {
        var other = message
        other.newcomers = [Peer(credential: [1, 2], roles: .responder, senderID: [3], name: "lamp-3")]
        let payload = other.encoded()
        #expect(try RekeyingMessage(decoding: payload.span) == other)
        for label in [14, 15] as [Int64] {
            let changed = try payload.changed(label, to: nil)
            #expect(throws: GroupcommError.missing(label)) { try RekeyingMessage(decoding: changed.span) }
        }
        let withoutCredentials = try payload.changed(13, to: nil)
        #expect(throws: GroupcommError.missing(13)) { try RekeyingMessage(decoding: withoutCredentials.span) }
    }

    @Test func whatIsMissingOrOddIsRefused() throws {
        for (label, value, expected) in [
            (7, nil, .missing(7)), (7, 0, .invalid(7)), (8, nil, .missing(8)), (8, 1, .wrongShape),
            (8, [:], .missing(2)), (9, nil, .missing(9)), (9, -1, .wrongType(9)), (10, nil, .missing(10)),
            (11, "x", .wrongType(11)), (12, nil, .missing(12)), (34, nil, .missing(34)), (34, 2, .wrongType(34)),
            (34, [2], .wrongType(34)), (-65539, "x", .wrongType(-65539)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: expected) { try RekeyingMessage(decoding: payload.span) }
        }
        let key = try #require(try CBORValue(decodingAnyEncoding: bytes.span).mapValue?[8]?.mapValue)
        for (label, value, expected) in [
            (2, nil, .missing(2)), (2, .bytes([]), .invalid(2)), (2, "x", .wrongType(2)), (6, nil, .missing(6)),
            (6, .bytes([]), .invalid(6)), (5, 1, .wrongType(5)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            var changed = key
            changed[label] = value
            let payload = try bytes.changed(8, to: .map(changed))
            #expect(throws: expected) { try RekeyingMessage(decoding: payload.span) }
        }
        for count in 0..<bytes.count {
            let prefix = Array(bytes[..<count])
            #expect(throws: GroupcommError.malformed(.truncated)) { try RekeyingMessage(decoding: prefix.span) }
        }
    }
}
