import Bytes
import COSE

#if X509
    import X509Credentials
#endif

/// What holds for authentication credentials.
enum CredentialProperties {
    #if X509
        private static let reader = CredentialReader.withX509
    #else
        private static let reader = CredentialReader.standard
    #endif

    /// Whatever is read is a part of the input, byte for byte, and reads the same for itself; its times are what decides
    /// about its being expired.
    static func check(_ input: Span<UInt8>, as formats: CredentialFormat...) throws(Violation) {
        for format in formats {
            guard let credential = try? reader.credential(input, format: format) else { continue }
            let bytes = [UInt8](copying: input)
            // Up to draft 19 the array around the items of a C509 certificate was left out in chains.
            let isPart =
                bytes.contains(part: credential.bytes) || bytes.contains(part: Array(credential.bytes.dropFirst()))
            try hold(isPart, "the bytes are kept as they came")
            let again = try? reader.credential(credential.bytes.span, format: format)
            try hold(again == credential, "a credential parses to itself")
            try hold(again?.publicKey == credential.publicKey, "to the same key")
            try hold(again?.validity == credential.validity, "to the same times")
            try checkTimes(of: credential, input, format)
        }
    }

    private static func checkTimes(
        of credential: AuthenticationCredential, _ input: Span<UInt8>, _ format: CredentialFormat
    ) throws(Violation) {
        let (first, last) = (credential.validity.notBefore, credential.validity.notAfter)
        func refusal(at time: Int64) -> CredentialError? {
            do throws(CredentialError) {
                _ = try reader.credential(input, format: format, validAt: time)
                return nil
            } catch {
                return error
            }
        }
        if let first, first > .min { try hold(refusal(at: first - 1) == .notYetValid, "not before its time") }
        guard first ?? .min <= last ?? .max else { return }
        if let first { try hold(refusal(at: first) == nil, "from its first second on") }
        if let last {
            try hold(refusal(at: last) == nil, "up to its last second")
            if last < .max { try hold(refusal(at: last + 1) == .expired, "no longer") }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(part: [UInt8]) -> Bool {
        guard part.count <= count else { return false }
        return (0...count - part.count).contains { self[$0..<$0 + part.count].elementsEqual(part) }
    }
}
