import Bytes

/// Who a client is, whatever token it shows: who issued the token, and to whom.
///
/// Memberships belong to it, so that they survive a new token and a new OSCORE association.
public struct ClientIdentity: Hashable, Sendable {
    // As a store compares: two texts that look the same must not be one client here and two there. And a reference to bytes
    // is half as long as a text, which many tables have for every client.
    private let bytes: [UInt8]

    /// One text that no other client has: the issuer, a line feed, and what the issuer calls the client.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The client that a token is for.
    ///
    /// - Parameters:
    ///   - issuer: `iss`, as the manager knows the authorization server.
    ///   - subject: `sub`. Without one the client is as old as its key.
    ///   - inputMaterialID: The identifier of the OSCORE input material in the token.
    /// - Returns: `nil` if a name has control characters, with which one client could be made to look like another.
    public init?(issuer: String, subject: String?, inputMaterialID: [UInt8]) {
        guard Self.isPlain(issuer), subject.map(Self.isPlain) ?? true else { return nil }
        self.init(stored: issuer + "\n" + (subject.map { "sub:" + $0 } ?? "osc:" + Hex.encode(inputMaterialID)))
    }

    /// The client that was given an invitation of this manager.
    ///
    /// - Parameter clientSenderID: Which invitation.
    public init(invitation clientSenderID: [UInt8]) {
        self.init(stored: Self.embeddedIssuer + "\nsub:" + Hex.encode(clientSenderID))
    }

    /// As a store has kept it.
    public init(stored text: String) {
        // As long as it is: what was put together has room for more, and this is kept for every client.
        bytes = Array(text.utf8)
    }

    /// What the authorization server inside the manager is called in its tokens.
    public static let embeddedIssuer = "gosc"

    /// What the authorization server inside the manager calls the client with this invitation.
    static func subject(ofInvitation clientSenderID: [UInt8]) -> String { Hex.encode(clientSenderID) }

    /// Which invitation of this manager it was given; `nil` for a client of another authorization server.
    var invitation: [UInt8]? {
        let prefix = Self.embeddedIssuer + "\nsub:"
        guard text.hasPrefix(prefix) else { return nil }
        let name = text.dropFirst(prefix.count)
        #if GOSC_TEST_GUARDS
            // Where the guard of the invitation is off, a second user of it is a client of its own.
            return Hex.decode(name.prefix { $0 != "-" })
        #else
            return Hex.decode(name)
        #endif
    }

    /// Who issued its tokens.
    var issuer: String { text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }

    /// What the issuer calls it; `nil` if it is as old as its key.
    var subject: String? {
        let parts = text.split(separator: "\n", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("sub:") else { return nil }
        return String(parts[1].dropFirst(4))
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    }
}
