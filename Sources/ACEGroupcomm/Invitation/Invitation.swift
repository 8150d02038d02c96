import Bytes
import CBOR
import CryptoPrimitives

/// The right to join one group once, as text to hand over: `gosc1:` and base32 of a deterministic CBOR map.
///
/// Holds the Master Secret of the OSCORE association between node and manager: whoever has the text can join.
public struct Invitation: Hashable, Sendable {
    /// Where the manager listens, `[address]:port`.
    public var managerAddress: String
    /// Secret; the OSCORE Master Secret of the association, 16 bytes.
    public var masterSecret: [UInt8]
    /// The node's Sender ID towards the manager, 7 bytes, unique among the invitations of this manager.
    public var clientSenderID: [UInt8]
    /// The manager's Sender ID towards the node.
    public var managerSenderID: [UInt8]
    /// The group to join.
    public var groupName: String
    /// The name that the node gets.
    public var nodeName: String
    /// The roles that the node may take.
    public var roles: Roles
    /// SHA-256 of the manager's authentication credential: the node refuses any other manager.
    public var managerCredentialHash: [UInt8]
    /// When the invitation ends, in seconds since 1970.
    public var expiry: UInt64

    public init(
        managerAddress: String, masterSecret: [UInt8], clientSenderID: [UInt8], managerSenderID: [UInt8],
        groupName: String, nodeName: String, roles: Roles, managerCredentialHash: [UInt8], expiry: UInt64
    ) {
        self.managerAddress = managerAddress
        self.masterSecret = masterSecret
        self.clientSenderID = clientSenderID
        self.managerSenderID = managerSenderID
        self.groupName = groupName
        self.nodeName = nodeName
        self.roles = roles
        self.managerCredentialHash = managerCredentialHash
        self.expiry = expiry
    }

    /// Reads the text form. White space and upper case do no harm, so that a printed invitation can be typed.
    ///
    /// - Throws: ``InvitationError/notAnInvitation`` for text that does not begin like one;
    ///   ``InvitationError/truncated`` if its map ends too early; ``InvitationError/mistyped`` for other characters
    ///   than base32, no map, or a checksum that does not fit; ``InvitationError/unsupported`` for an intact one with a
    ///   parameter that is missing or not allowed.
    public init(parsing text: String) throws(InvitationError) {
        let text = text.trimmingWhitespace
        guard text.lowercased().hasPrefix(Self.prefix) else { throw .notAnInvitation }
        guard let bytes = Base32.decode(text.dropFirst(Self.prefix.count).utf8) else { throw .mistyped }
        let map: WireMap<Label>
        do {
            map = try WireMap<Label>(decoding: bytes.span)
        } catch {
            throw error == .malformed(.truncated) ? .truncated : .mistyped
        }
        // The checksum comes first: behind it every error is the issuer's.
        var unchecked = map
        unchecked[.checksum] = nil
        guard map[.checksum]?.byteString == Self.checksum(of: unchecked.encoded()) else { throw .mistyped }
        do {
            try self.init(map)
        } catch {
            throw .unsupported
        }
    }

    /// The text form. Secret.
    public var text: String {
        var map = WireMap<Label>()
        map[.managerAddress] = .text(managerAddress)
        map[.masterSecret] = .bytes(masterSecret)
        map[.clientSenderID] = .bytes(clientSenderID)
        map[.managerSenderID] = .bytes(managerSenderID)
        map[.group] = .text(groupName)
        map[.node] = .text(nodeName)
        map[.roles] = .unsigned(roles.rawValue)
        map[.managerCredentialHash] = .bytes(managerCredentialHash)
        map[.expiry] = .unsigned(expiry)
        map[.checksum] = .bytes(Self.checksum(of: map.encoded()))
        return Self.prefix + Base32.encode(map.encoded())
    }

    /// Refuses an invitation whose time is over.
    ///
    /// - Parameter now: Seconds since 1970.
    /// - Throws: ``InvitationError/expired(at:)`` from ``expiry`` on.
    public func requireUnexpired(at now: UInt64) throws(InvitationError) {
        guard now < expiry else { throw .expired(at: expiry) }
    }

    private init(_ map: WireMap<Label>) throws(GroupcommError) {
        managerAddress = try map.required(.managerAddress, \.textString)
        masterSecret = try map.required(.masterSecret, \.byteString)
        clientSenderID = try map.required(.clientSenderID, \.byteString)
        managerSenderID = try map.required(.managerSenderID, \.byteString)
        groupName = try map.required(.group, \.textString)
        nodeName = try map.required(.node, \.textString)
        roles = Roles(rawValue: try map.required(.roles, \.unsignedInteger))
        managerCredentialHash = try map.required(.managerCredentialHash, \.byteString)
        expiry = try map.required(.expiry, \.unsignedInteger)
        guard masterSecret.count == Self.masterSecretCount else { throw .invalid(Label.masterSecret.rawValue) }
        guard clientSenderID.count == Self.clientSenderIDCount else { throw .invalid(Label.clientSenderID.rawValue) }
        guard managerSenderID.count <= 7, managerSenderID != clientSenderID else {
            throw .invalid(Label.managerSenderID.rawValue)
        }
        guard Names.isValid(groupName) else { throw .invalid(Label.group.rawValue) }
        guard Names.isValid(nodeName) else { throw .invalid(Label.node.rawValue) }
        guard roles.mayJoin else { throw .invalid(Label.roles.rawValue) }
        guard managerCredentialHash.count == 32 else { throw .invalid(Label.managerCredentialHash.rawValue) }
    }

    private static func checksum(of bytes: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(bytes.span).prefix(4))
    }

    /// The length of ``masterSecret``.
    public static let masterSecretCount = 16
    /// The length of ``clientSenderID``.
    public static let clientSenderIDCount = 7
    private static let prefix = "gosc1:"

    private struct Label: WireLabel {
        let rawValue: Int64
        static let managerAddress = Self(rawValue: 1)
        static let masterSecret = Self(rawValue: 2)
        static let clientSenderID = Self(rawValue: 3)
        static let managerSenderID = Self(rawValue: 4)
        static let group = Self(rawValue: 5)
        static let node = Self(rawValue: 6)
        static let roles = Self(rawValue: 7)
        static let managerCredentialHash = Self(rawValue: 8)
        static let expiry = Self(rawValue: 9)
        static let checksum = Self(rawValue: 10)
    }
}

/// Why a text is not a usable invitation.
public enum InvitationError: Error, Hashable, Sendable {
    /// It does not begin like one.
    case notAnInvitation
    /// The end is missing.
    case truncated
    /// Some characters are wrong: the checksum does not fit.
    case mistyped
    /// Intact, but made by a version that this one does not understand.
    case unsupported
    /// Its time is over, in seconds since 1970.
    case expired(at: UInt64)
}

extension Invitation: CustomStringConvertible, CustomReflectable {
    public var description: String { "<invitation of \(nodeName) to \(groupName)>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension String {
    fileprivate var trimmingWhitespace: Substring {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return text
    }
}
