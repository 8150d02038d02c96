/// Finds the end entity among several credentials (RFC 10021 §2.4, RFC 9360 §2).
internal enum CredentialChain {
    internal struct Item {
        var bytes: [UInt8]
        var contents: CredentialContents
    }

    // GOSC-0060
    /// The one that is the member's.
    internal static func endEntity(of items: [Item], isBag: Bool) throws(CredentialError) -> Item {
        guard let first = items.first else { throw .notAContainer }
        // Whoever distributed it would distribute the key.
        for item in items {
            if case .failure(.containsPrivateKey) = item.contents.publicKey { throw .containsPrivateKey }
        }
        guard items.count > 1 else { return first }
        guard isBag else {
            // What it issued itself, nobody else certifies.
            guard !first.contents.isSelfIssued else { throw .chainOrder }
            for (certified, authority) in zip(items, items.dropFirst()) {
                guard certified.contents.isIssued(by: authority.contents) else { throw .chainOrder }
            }
            return first
        }
        let issuers = Set(items.filter { !$0.contents.isSelfIssued }.compactMap(\.contents.encodedIssuer))
        let candidates = items.filter { item in
            guard !item.contents.isAuthority else { return false }
            return item.contents.encodedSubject.map { !issuers.contains($0) } ?? true
        }
        guard candidates.count == 1 else { throw .ambiguousEndEntity }
        return candidates[0]
    }
}

extension CredentialContents {
    fileprivate var isSelfIssued: Bool { encodedIssuer != nil && encodedIssuer == encodedSubject }

    /// Whether the names say so. Without names nothing tells the member's credential from its authority's.
    fileprivate func isIssued(by authority: CredentialContents) -> Bool {
        encodedIssuer != nil && encodedIssuer == authority.encodedSubject
    }
}
