import Bytes
import COSE
import CryptoPrimitives

extension Workbench {
    /// `{"op":"decode","cred":…}`: what stands in an authentication credential, and what a member keeps of it.
    func decodeCredential(_ bytes: [UInt8], _ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let number = try fields.algorithm("cred_fmt")
        guard let format = number.map({ CredentialFormat(rawValue: $0) }) ?? CredentialFormat(recognizing: bytes.span)
        else {
            throw WorkbenchFailure(.decode, "this is like no credential: neither CCS, CWT, X.509 nor C509")
        }
        let validAt = try fields.integer("valid_at")
        let credential: AuthenticationCredential
        do throws(CredentialError) {
            credential = try credentials.credential(bytes.span, format: format, validAt: validAt)
        } catch {
            throw WorkbenchFailure(.decode, "read as \(format.name), the credential \(error.explanation)")
        }
        return [
            "ok": .bool(true),
            "cred_fmt": .integer(Int64(format.rawValue)),
            "format": .text(format.name),
            "encoding": format.encoding.map { .text($0.rawValue) } ?? .null,
            "subject": credential.subject.map { .text($0) } ?? .null,
            "issuer": credential.issuer.map { .text($0) } ?? .null,
            "not_before": credential.validity.notBefore.map { .integer($0) } ?? .null,
            "not_after": credential.validity.notAfter.map { .integer($0) } ?? .null,
            "key": .object(Self.described(credential.publicKey)),
            "cred": .text(Hex.encode(credential.bytes)),
        ]
    }

    private static func described(_ key: PublicKey) -> JSONObject {
        let algorithm = SignatureAlgorithm.known.first { $0.isUsable(with: key.kind) }
        var object: JSONObject = [
            "curve": .text(key.kind.name),
            "sign": algorithm.map { .integer(Int64($0.rawValue)) } ?? .null,
            "signs_with": algorithm.map { .text($0.name) } ?? .null,
        ]
        switch key {
        case .ed25519(let key): object.append("x", .text(Hex.encode(key.bytes)))
        case .x25519(let key): object.append("x", .text(Hex.encode(key.bytes)))
        case .ec(let key):
            object.append("x", .text(Hex.encode(key.x)))
            object.append("y", .text(Hex.encode(key.y)))
        }
        return object
    }
}
