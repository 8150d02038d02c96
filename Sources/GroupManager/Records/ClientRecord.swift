public import Bytes

// GM-0493: what must survive of a client. Its token is not kept, but for what it says.
/// A client that has shown a token, and the OSCORE association that came of it. Its primary key is ``recipientID``; there
/// is one record a client.
public struct ClientRecord: Hashable, Sendable {
    /// The manager's Recipient ID: the kid of the client's requests.
    public var recipientID: [UInt8]
    /// The manager's Sender ID: the client chose it.
    public var senderID: [UInt8]
    /// Who the client is.
    public var client: ClientIdentity
    /// The identifier of the OSCORE input material in the token.
    public var inputMaterialID: [UInt8]
    /// The OSCORE Master Secret.
    public var masterSecret: SecretField
    /// The OSCORE Master Salt, with both nonces in it.
    public var masterSalt: [UInt8]
    /// The OSCORE ID Context; `nil` if the token names none.
    public var idContext: [UInt8]?
    /// The COSE number of the AEAD algorithm.
    public var algorithm: Int
    /// The COSE number of the HKDF algorithm.
    public var hkdf: Int
    /// `cti`, or else the SHA-256 of the ciphertext of the token.
    public var tokenID: [UInt8]
    /// What the client may do: the content of the scope claim, as received.
    public var scope: [UInt8]
    /// When the token ends, in seconds since 1970.
    public var expiry: UInt64
    /// N_S, for its next proof of possession; 8 bytes.
    public var kdcChallenge: [UInt8]
    /// Which requests were accepted.
    public var replayWindow: ReplayWindowRecord
    /// The end of the last block of Partial IVs that the manager may have used.
    public var reservedSequenceEnd: UInt64
    /// ``address``; with port 0 if there is none, for a flag beside it would take eight bytes of each member.
    private var storedAddress: SocketAddress

    public init(
        recipientID: [UInt8], senderID: [UInt8], client: ClientIdentity, inputMaterialID: [UInt8],
        masterSecret: SecretField, masterSalt: [UInt8], idContext: [UInt8]?, algorithm: Int, hkdf: Int,
        tokenID: [UInt8], scope: [UInt8], expiry: UInt64, kdcChallenge: [UInt8], replayWindow: ReplayWindowRecord,
        reservedSequenceEnd: UInt64, address: SocketAddress? = nil
    ) {
        self.recipientID = recipientID
        self.senderID = senderID
        self.client = client
        self.inputMaterialID = inputMaterialID
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.idContext = idContext
        self.algorithm = algorithm
        self.hkdf = hkdf
        self.tokenID = tokenID
        self.scope = scope
        self.expiry = expiry
        self.kdcChallenge = kdcChallenge
        self.replayWindow = replayWindow
        self.reservedSequenceEnd = reservedSequenceEnd
        storedAddress = address ?? Self.nowhere
    }

    // GM-0317
    /// Where its latest genuine request came from; `nil` if that is not known. Never with port 0.
    public var address: SocketAddress? {
        get { storedAddress == Self.nowhere ? nil : storedAddress }
        set { storedAddress = newValue ?? Self.nowhere }
    }

    private static let nowhere = SocketAddress(.unspecified, port: 0)
}

/// How far an association has come; the rest of its record stays.
public struct AssociationProgress: Hashable, Sendable {
    public var replayWindow: ReplayWindowRecord
    public var reservedSequenceEnd: UInt64

    public init(replayWindow: ReplayWindowRecord, reservedSequenceEnd: UInt64) {
        self.replayWindow = replayWindow
        self.reservedSequenceEnd = reservedSequenceEnd
    }

    /// Whether it is no step back.
    public func isAtLeast(_ earlier: Self) -> Bool {
        replayWindow.isAtLeast(earlier.replayWindow) && reservedSequenceEnd >= earlier.reservedSequenceEnd
    }
}

extension ClientRecord {
    /// Its moving parts.
    public var progress: AssociationProgress {
        get { AssociationProgress(replayWindow: replayWindow, reservedSequenceEnd: reservedSequenceEnd) }
        set {
            replayWindow = newValue.replayWindow
            reservedSequenceEnd = newValue.reservedSequenceEnd
        }
    }
}
