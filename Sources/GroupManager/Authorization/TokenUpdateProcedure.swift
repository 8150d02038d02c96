import ACEGroupcomm
import CoAP
import CoAPEngine

/// POST `/authz-info` over an association (RFC 9203 §4.2): a new token for the same key. Nonces and identifiers are ignored.
struct TokenUpdateProcedure {
    let acceptance: TokenAcceptance
    let client: ClientRecord
    let request: ResourceRequest<ManagedRequest>

    func decide(isFreshNonce: (([UInt8]?) -> Bool)?) -> Decision {
        do throws(UploadRefusal) {
            return try update(isFreshNonce: isFreshNonce)
        } catch {
            return Decision(error.answer, events: [.uploadRefused(from: request.path.source, reason: error)])
        }
    }

    private func update(isFreshNonce: (([UInt8]?) -> Bool)?) throws(UploadRefusal) -> Decision {
        guard request.options.contentFormat == .ace else { throw .contentFormat }
        guard let upload = try? TokenUpload(decoding: request.payload.span) else { throw .malformed }
        let accepted = try acceptance.accept(upload.token, isFreshNonce: isFreshNonce)
        // GM-0038
        let id =
            switch accepted.confirmation {
            case .keyID(let id): id
            case .inputMaterial(let material): material.id
            }
        guard id == client.inputMaterialID, accepted.client == client.client || isUnnamed(accepted.client) else {
            throw .otherKey
        }
        return Decision(
            ResourceResponse(.created),
            writes: [
                .reauthorizeClient(
                    recipientID: client.recipientID, tokenID: accepted.tokenID, scope: accepted.scope,
                    expiry: accepted.expiry)
            ], events: [.tokenUpdated(client: client.client.text)])
    }

    /// A token that names the key alone may leave out whose it is.
    private func isUnnamed(_ client: ClientIdentity) -> Bool {
        client.subject == nil && client.issuer == self.client.client.issuer
    }
}
