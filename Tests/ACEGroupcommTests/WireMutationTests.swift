import ACEGroupcomm
import Bytes
import CBOR
import TestSupport
import Testing

/// Every payload between client, authorization server and manager: whatever happens to it on the way, reading it ends with
/// a value or with an error.
struct WireMutationTests {
    /// A payload with what reads it, and writes it again.
    private struct Payload: Sendable, CustomTestStringConvertible {
        let name: String
        let read: @Sendable (Span<UInt8>) throws(GroupcommError) -> [UInt8]
        var testDescription: String { name }
    }

    private static let payloads: [Payload] = [
        Payload(name: "token_request") { bytes throws(GroupcommError) in try TokenRequest(decoding: bytes).encoded() },
        Payload(name: "token_request_update") { bytes throws(GroupcommError) in
            try TokenRequest(decoding: bytes).encoded()
        },
        Payload(name: "token_response") { bytes throws(GroupcommError) in try TokenResponse(decoding: bytes).encoded()
        },
        Payload(name: "token_error") { bytes throws(GroupcommError) in
            try TokenErrorResponse(decoding: bytes).encoded()
        },
        Payload(name: "creation_hints") { bytes throws(GroupcommError) in try CreationHints(decoding: bytes).encoded()
        },
        Payload(name: "upload_everything") { bytes throws(GroupcommError) in try TokenUpload(decoding: bytes).encoded()
        },
        Payload(name: "upload_answer") { bytes throws(GroupcommError) in
            try TokenUploadAnswer(decoding: bytes).encoded()
        },
        Payload(name: "upload_answer_groups") { bytes throws(GroupcommError) in
            try TokenUploadAnswer(decoding: bytes).encoded()
        },
        Payload(name: "join_error") { bytes throws(GroupcommError) in
            try JoinErrorInformation(decoding: bytes).encoded()
        },
        Payload(name: "join_error_pairwise") { bytes throws(GroupcommError) in
            try JoinErrorInformation(decoding: bytes).encoded()
        },
        Payload(name: "group_names_request") { bytes throws(GroupcommError) in
            try GroupNamesRequest(decoding: bytes).encoded()
        },
        Payload(name: "group_names_answer") { bytes throws(GroupcommError) in
            try GroupNamesAnswer(decoding: bytes).encoded()
        },
        Payload(name: "key_distribution") { bytes throws(GroupcommError) in
            try KeyDistribution(decoding: bytes).encoded()
        },
        Payload(name: "verification_data") { bytes throws(GroupcommError) in
            try SignatureVerificationData(decoding: bytes).encoded()
        },
        Payload(name: "manager_credential_request") { bytes throws(GroupcommError) in
            try ManagerCredentialRequest(decoding: bytes).encoded()
        },
        Payload(name: "manager_credential_answer") { bytes throws(GroupcommError) in
            try ManagerCredentialAnswer(decoding: bytes).encoded()
        },
        Payload(name: "sender_id_answer") { bytes throws(GroupcommError) in
            try SenderIDAnswer(decoding: bytes).encoded()
        },
        Payload(name: "policies_answer") { bytes throws(GroupcommError) in
            try PoliciesAnswer(decoding: bytes).encoded()
        },
        Payload(name: "credential_update") { bytes throws(GroupcommError) in
            try CredentialUpdate(decoding: bytes).encoded()
        },
        Payload(name: "claims") { bytes throws(GroupcommError) in try AccessTokenClaims(decoding: bytes).encoded() },
        Payload(name: "claims_key_id") { bytes throws(GroupcommError) in
            try AccessTokenClaims(decoding: bytes).encoded()
        },
    ]

    private static func refusal(_ payload: Payload, _ bytes: [UInt8]) -> GroupcommError? {
        do throws(GroupcommError) {
            _ = try payload.read(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test(.requirement("GM-0359", "GM-0360", "GM-0362", "GM-0363"), arguments: payloads)
    private func payloadIsReadAsAWholeOrNotAtAll(payload: Payload) throws {
        let bytes = try MessageVector.load().message(payload.name)
        #expect(try payload.read(bytes.span) == bytes, "deterministic")
        for count in 0..<bytes.count {
            #expect(Self.refusal(payload, Array(bytes.prefix(count))) == .malformed(.truncated), "\(count) bytes")
        }
        #expect(Self.refusal(payload, bytes + [0]) == .malformed(.trailingBytes))
        // All are maps of less than 12 pairs.
        let pairs = Array(bytes.dropFirst())
        let count = bytes[0] & 0x1f
        try #require(bytes[0] >> 5 == 5 && count < 12)
        #expect(Self.refusal(payload, [0xa0 | count * 2] + pairs + pairs) == .malformed(.duplicateKey))
        #expect(try payload.read(([0xb8, count] + pairs).span) == bytes, "a long head")
        #expect(try payload.read(([0xbf] + pairs + [0xff]).span) == bytes, "indefinite length")
        #expect(
            try payload.read(([0xa1 + count] + pairs + [0x19, 0x03, 0xe7, 0x00]).span) == bytes, "an unknown label")
        for head in [0x81, 0xa1, 0xc1, 0x9f, 0xbf] as [UInt8] {
            #expect(Self.refusal(payload, Array(repeating: head, count: 100)) == .malformed(.tooDeep))
        }
        for other in [[0x80], [0x01], [0xf6], [0x60], [0x41, 0]] as [[UInt8]] {
            #expect(Self.refusal(payload, other) == .wrongShape)
        }
    }

    @Test(arguments: payloads)
    private func accidentsNeverTrap(payload: Payload) throws {
        let bytes = try MessageVector.load().message(payload.name)
        var random = SeededGenerator(seed: UInt64(bytes.count) << 8 | UInt64(bytes[0]))
        for _ in 0..<2000 {
            let changed = bytes.mutated(using: &random)
            // What was read can be written and read again, and is the same.
            guard let written = try? payload.read(changed.span) else { continue }
            #expect(try payload.read(written.span) == written, "\(Hex.encode(changed))")
        }
    }

    @Test func bareItemsAndScopesNeverTrap() throws {
        let vector = try MessageVector.load()
        var random = SeededGenerator(seed: 0x5c0e)
        let admin = ([[.tagged(21065, "gp[0-9]*"), 31], ["g7", 6], [true, 1]] as CBORValue).encoded()
        for _ in 0..<2000 {
            let scope = admin.mutated(using: &random)
            if let read = try? AuthorizationScope(decoding: scope.span) {
                #expect(try AuthorizationScope(decoding: read.encoded().span) == read)
                _ = (read.permissions(for: "gp12"), read.roles(in: "g7"))
            }
            let stale = vector.stale_sender_ids.bytes.mutated(using: &random)
            _ = try? StaleSenderIDs.decodeAnswer(stale.span)
            _ = try? StaleSenderIDs.decodeRequest(stale.span)
            _ = try? VersionNumber.decode(stale.span)
            _ = try? ActiveStatus.decode(stale.span)
            _ = NothingFound.isNothing(stale.span)
        }
        for count in 0..<admin.count {
            let prefix = Array(admin.prefix(count))
            #expect(throws: GroupcommError.invalid(9)) { try AuthorizationScope(decoding: prefix.span) }
        }
    }
}
