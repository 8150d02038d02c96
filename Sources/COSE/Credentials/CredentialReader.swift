import Bytes
import CBOR

/// Reads authentication credentials of every format it has a decoder for.
///
/// The one place where bytes from others become an ``AuthenticationCredential``: out of the container, without tags, parsed
/// once for key and algorithm. It judges neither signatures nor trust; whom a key belongs to, the Group Manager vouches for.
public struct CredentialReader: Sendable {
    private var decoders: [CredentialEncoding: any CredentialDecoder]

    /// Reads what needs CBOR alone: CCS, CWT and C509.
    public static let standard = Self(decoders: [
        .ccs: ClaimsSetDecoder(), .cwt: WebTokenDecoder(), .c509: C509Decoder(),
    ])

    private init(decoders: [CredentialEncoding: any CredentialDecoder]) {
        self.decoders = decoders
    }

    /// The same with one more decoder, such as that of `X509Credentials`.
    public func adding(_ decoder: some CredentialDecoder, for encoding: CredentialEncoding) -> Self {
        var reader = self
        reader.decoders[encoding] = decoder
        return reader
    }

    /// Whether credentials of a format can be read.
    public func canRead(_ format: CredentialFormat) -> Bool {
        format.encoding.map { decoders[$0] != nil } ?? false
    }

    /// Parses a credential as received or configured.
    ///
    /// Chains and bags yield the end entity's (GOSC-0060): the first of a chain, of which each must be certified by the
    /// next; of a bag the only one that certifies nothing. Chains of certificates go by names; claims sets and CWTs by
    /// `iss` and `sub`.
    ///
    /// - Parameters:
    ///   - bytes: The whole credential, or a container of several.
    ///   - format: The credential format of the group.
    ///   - time: Unix time in seconds at which the credential must be valid. `nil` accepts expired ones.
    /// - Throws: ``CredentialError``, any case of it.
    public func credential(
        _ bytes: Span<UInt8>, format: CredentialFormat, validAt time: Int64? = nil
    ) throws(CredentialError) -> AuthenticationCredential {
        try credential(of: read(bytes, format).endEntity, format, validAt: time)
    }

    /// Parses a credential as its holder provides it to the Group Manager.
    ///
    /// - Parameters: Those of ``credential(_:format:validAt:)``.
    /// - Throws: What ``credential(_:format:validAt:)`` throws.
    public func provided(
        _ bytes: Span<UInt8>, format: CredentialFormat, validAt time: Int64? = nil
    ) throws(CredentialError) -> ProvidedCredential {
        let (endEntity, isAlone) = try read(bytes, format)
        return ProvidedCredential(
            endEntity: try credential(of: endEntity, format, validAt: time),
            distributed: isAlone ? endEntity.bytes : [UInt8](copying: bytes))
    }

    /// The bytes that stand for an entity whose key is not asked for, such as the Group Manager where messages are only
    /// bound to its credential.
    ///
    /// A credential that is alone needs to be whole, and no more.
    ///
    /// - Throws: What ``credential(_:format:validAt:)`` throws, but for what is wrong with the key or the time.
    public func endEntity(of bytes: Span<UInt8>, format: CredentialFormat) throws(CredentialError) -> [UInt8] {
        guard let encoding = format.encoding, encoding != .x509 else {
            return try read(bytes, format).endEntity.bytes
        }
        let items = try CredentialContainer.items(in: bytes, encoding)
        guard let only = items.first, items.count == 1 else {
            return try read(bytes, format).endEntity.bytes
        }
        _ = try CBORValue(decodingCredential: only.span)
        if case .failure(.containsPrivateKey) = (try? decoders[encoding]?.contents(of: only.span))?.publicKey {
            throw .containsPrivateKey
        }
        return only
    }

    private func read(
        _ bytes: Span<UInt8>, _ format: CredentialFormat
    ) throws(CredentialError) -> (endEntity: CredentialChain.Item, isAlone: Bool) {
        // GOSC-0051
        guard let encoding = format.encoding, let decoder = decoders[encoding] else { throw .unsupportedFormat }
        var items: [CredentialChain.Item] = []
        for item in try CredentialContainer.items(in: bytes, encoding) {
            items.append(CredentialChain.Item(bytes: item, contents: try decoder.contents(of: item.span)))
        }
        return (try CredentialChain.endEntity(of: items, isBag: format.isBag), items.count == 1)
    }

    private func credential(
        of endEntity: CredentialChain.Item, _ format: CredentialFormat, validAt time: Int64?
    ) throws(CredentialError) -> AuthenticationCredential {
        let contents = endEntity.contents
        if let time { try contents.validity.check(at: time) }
        return AuthenticationCredential(
            bytes: endEntity.bytes, format: format, publicKey: try contents.publicKey.get(),
            details: CredentialDetails(
                subject: contents.subject, issuer: contents.issuer, validity: contents.validity))
    }
}
