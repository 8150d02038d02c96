import Bytes
import CoAP
import CryptoPrimitives
import OSCORE
import Testing

@testable import GroupOSCORE

extension GroupContext {
    /// Verifies a deterministic request that must be accepted.
    func asked(_ message: Message, sourceLocation: SourceLocation = #_sourceLocation) throws -> DeterministicRequest {
        let body = message.body
        guard case .verified(let request) = verifyDeterministicRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified: \(try judgedDeterministic(message))", sourceLocation: sourceLocation)
            throw BenchError.notVerified
        }
        return request
    }

    /// What verifying a deterministic request says, in a word.
    func judgedDeterministic(_ message: Message) throws -> String {
        let body = message.body
        switch verifyDeterministicRequest(try ProtectedMessage(body.span)) {
        case .verified: return "verified"
        case .unsafeDeterministic: return "unsafe"
        case .rejected(let failure): return "\(failure)"
        }
    }

    /// Verifies a response that must be accepted.
    func answeredDeterministic(
        _ message: Message, to binding: DeterministicRequestBinding
    ) throws -> GroupOSCORE.VerifiedResponse {
        let body = message.body
        return try verifyDeterministicResponse(try ProtectedMessage(body.span), to: binding).get()
    }

    /// A request encrypted under the key of any hash, with the options of another request around it: what only a member
    /// can make.
    func encrypted(_ request: Message, under hash: [UInt8], like other: Message) throws -> Message {
        // Leaves plaintext, nonce and AAD of the request in the buffers.
        _ = try protectDeterministicRequest(request, to: nil)
        let key = try deterministicKey(requestHash: hash.span)
        var cipher = try AEADCipher.make(.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8), key: key.bytes)
        var forged = other
        let plain = request.body
        forged.payload = try [UInt8](capacity: plain.count + 100) { output in
            try cipher.seal(buffers.plaintext, nonce: buffers.nonce, aad: buffers.structure, into: &output)
        }
        return forged
    }
}
