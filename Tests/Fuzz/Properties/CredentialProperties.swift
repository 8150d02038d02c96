import Bytes
import COSE

/// What holds for authentication credentials.
enum CredentialProperties {
    /// The bytes are kept as they came, but for a tag, and parse again.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        for format in [CredentialFormat.ccs, .cwt, .x509] {
            guard let credential = try? AuthenticationCredential(parsing: input, format: format) else { continue }
            let dropped = input.count - credential.bytes.count
            try hold(dropped >= 0, "nothing is added")
            try hold(
                credential.bytes == [UInt8](copying: input.extracting(droppingFirst: max(dropped, 0))),
                "the bytes are kept as they came")
            let again = try? AuthenticationCredential(parsing: credential.bytes.span, format: format)
            try hold(again == credential, "a credential parses to itself")
        }
    }
}
