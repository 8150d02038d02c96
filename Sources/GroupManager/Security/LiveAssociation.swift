import Bytes
import COSE
import CoAP
import OSCORE

/// One OSCORE association at work, and how much of it is durable.
///
/// What is durable decides which nonce an answer may use: that of the request only if the mark of the request is durable,
/// because the same request would else be taken again after a crash, and answered anew under the nonce of the first answer.
final class LiveAssociation {
    let name: AssociationName
    let context: SecurityContext
    /// How many requests were verified.
    private(set) var verified: UInt64 = 0
    /// How many of them have a durable mark.
    private var marked: UInt64 = 0
    /// Whether the store knows of it. Until then it dies with this process, its keys with it, and nothing has to be durable.
    private(set) var isDurable: Bool
    /// Whether its keys may outlive this process: it is stored, or was handed to the store, whatever has become of that.
    private var mayReturn: Bool

    /// Takes up an association where the store left it.
    ///
    /// - Parameters:
    ///   - progress: `nil` for one that was never stored.
    ///   - remains: What the same association has left behind when this process put it aside.
    init(
        _ name: AssociationName, keys: AssociationKeys, progress: AssociationProgress?, isDurable: Bool,
        remains: Remains? = nil
    ) throws(ContextError) {
        self.name = name
        self.isDurable = isDurable
        mayReturn = isDurable
        let window = try ReplayWindow(
            restoring: ReplayWindow.Snapshot(progress?.replayWindow ?? .unused))
        context = try SecurityContext(
            masterSecret: keys.masterSecret.bytes, masterSalt: keys.masterSalt.span, idContext: keys.idContext,
            senderID: keys.senderID, recipientID: keys.recipientID, algorithm: keys.algorithm, hkdf: keys.hkdf,
            reservation: remains?.numbers(blockSize: Self.reservedAtOnce)
                ?? SequenceReservation(
                    resumingAt: progress?.reservedSequenceEnd ?? 0, blockSize: Self.reservedAtOnce),
            replayWindow: window)
        verified = remains?.verified ?? 0
        marked = verified
    }

    /// What an association leaves behind of which the store knows everything: with it, and with what is stored, it goes on
    /// where it was. Without, it would have no number to answer with until the store has given it some.
    ///
    /// There is one for each member that was heard since the start, so it is small.
    struct Remains {
        /// The next number of those that are durable and not used yet, and how many they are.
        private let numbers: UInt64
        /// How many requests were verified; all have a durable mark.
        let verified: UInt64

        init(_ reservation: SequenceReservation, verified: UInt64) {
            // Numbers that there is no room for are not used.
            let count = min(reservation.reservedEnd - reservation.next, 1 << Self.countBits - 1)
            numbers = reservation.next << Self.countBits | count
            self.verified = verified
        }

        func numbers(blockSize: UInt64) -> SequenceReservation {
            let next = numbers >> Self.countBits
            var reservation = SequenceReservation(resumingAt: next, blockSize: blockSize)
            reservation.extend(to: next + numbers & (1 << Self.countBits - 1))
            return reservation
        }

        /// The others are enough for 2⁴⁰, which follows the last number.
        private static let countBits: UInt64 = 23
    }

    var remains: Remains { Remains(context.reservation, verified: verified) }

    /// Verifies a request, and marks it in memory.
    func verify(_ message: borrowing ProtectedMessage) -> RequestVerdict {
        let verdict = context.verifyRequest(message)
        if case .verified = verdict { verified += 1 }
        return verdict
    }

    /// Whether it knows of requests that the store does not.
    var isAhead: Bool { verified > marked }

    /// What the store has to be told before any mark of now counts as durable.
    var progress: AssociationProgress {
        AssociationProgress(
            replayWindow: ReplayWindowRecord(context.replayWindow.snapshot),
            reservedSequenceEnd: max(context.reservation.reservedEnd, context.reservation.wantedEnd ?? 0))
    }

    /// The store is given the association for the first time, with what ``progress`` says.
    ///
    /// From here on a crash may bring it back with the marks of now and no others. So what is verified while the store
    /// works has no durable mark, and its answer no right to the nonce of the request. Numbers below the end that the store
    /// is given are skipped after a crash: they may be used at once.
    func offered(_ progress: AssociationProgress) {
        mayReturn = true
        context.extendReservation(to: progress.reservedSequenceEnd)
    }

    /// The store has what ``progress`` said when `count` requests of this one were verified.
    func stored(_ progress: AssociationProgress, verified count: UInt64) {
        isDurable = true
        marked = max(marked, count)
        context.extendReservation(to: progress.reservedSequenceEnd)
    }

    /// Protects an answer.
    ///
    /// - Parameter number: Which request it answers, counted by ``verified``.
    /// - Returns: `nil` if there is no nonce that may be used.
    func protect(_ response: Message, to binding: inout RequestBinding, number: UInt64) -> EncodedMessage? {
        if binding.isRequestNonceFree, !mayReturn || number <= marked {
            do throws(ProtectionError) {
                return try context.protectedResponse(response, to: &binding)
            } catch .requestNonceUsed {
                // Too many later requests have been answered meanwhile to know that this one has not.
            } catch {
                return nil
            }
        }
        if !mayReturn, let end = context.reservation.wantedEnd { context.extendReservation(to: end) }
        return try? context.protectedResponse(response, to: &binding, usesOwnPartialIV: true)
    }

    /// Protects a request of the manager, under the next number.
    ///
    /// - Throws: ``ProtectionError/sequenceNumberNotReserved`` if no number is durable, and what the context throws else.
    func protect(_ request: Message) throws(ProtectionError) -> (EncodedMessage, RequestBinding) {
        if !mayReturn, let end = context.reservation.wantedEnd { context.extendReservation(to: end) }
        return try context.protectedRequest(request)
    }

    /// The store has forgotten the client: the keys end with this process at the latest, and nothing has to be durable.
    func forgotten() {
        isDurable = false
        mayReturn = false
    }

    /// Nearly all answers go under the nonce of their request; notifications do not.
    private static let reservedAtOnce: UInt64 = 64
}

/// What an association is derived from.
struct AssociationKeys {
    let masterSecret: SecretField
    let masterSalt: [UInt8]
    let idContext: [UInt8]?
    /// The manager.
    let senderID: SenderID
    /// The peer.
    let recipientID: SenderID
    let algorithm: AEADAlgorithm
    let hkdf: HKDFAlgorithm

    /// Those of an invitation; `nil` if the record cannot be what this manager wrote.
    init?(_ invitation: InvitationRecord, idContext: [UInt8]) {
        guard let senderID = SenderID(invitation.managerSenderID),
            let recipientID = SenderID(invitation.clientSenderID)
        else { return nil }
        masterSecret = invitation.masterSecret
        masterSalt = []
        self.idContext = idContext
        self.senderID = senderID
        self.recipientID = recipientID
        algorithm = .aesCCM_16_64_128
        hkdf = .hkdfSHA256
    }

    /// Those of a token.
    init?(_ client: ClientRecord) {
        guard let senderID = SenderID(client.senderID), let recipientID = SenderID(client.recipientID) else {
            return nil
        }
        masterSecret = client.masterSecret
        masterSalt = client.masterSalt
        idContext = client.idContext
        self.senderID = senderID
        self.recipientID = recipientID
        algorithm = AEADAlgorithm(rawValue: client.algorithm)
        hkdf = HKDFAlgorithm(rawValue: client.hkdf)
    }
}

extension ReplayWindow.Snapshot {
    fileprivate init(_ record: ReplayWindowRecord) {
        self.init(size: record.size, highest: record.highest, words: record.words, isValid: record.isValid)
    }
}

extension ReplayWindowRecord {
    /// That of an association that nothing came over.
    static let unused = Self(
        size: ReplayWindow.defaultSize, highest: nil,
        words: Array(repeating: 0, count: (ReplayWindow.defaultSize + 63) / 64), isValid: true)

    init(_ snapshot: ReplayWindow.Snapshot) {
        self.init(size: snapshot.size, highest: snapshot.highest, words: snapshot.words, isValid: snapshot.isValid)
    }
}
