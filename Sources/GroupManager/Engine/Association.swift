import ACEGroupcomm
import Bytes
import CoAP
import OSCORE

/// The manager's end of one OSCORE association: built from the records for one message, dropped behind it.
///
/// The only file that knows how `OSCORE` spells things.
struct Association {
    let key: AssociationKey
    private let context: SecurityContext
    private let record: AssociationRecord?

    /// Derives the context of an invitation; `nil` if the records cannot be what this manager wrote.
    init?(_ invitation: InvitationRecord, idContext: [UInt8], record: AssociationRecord?) {
        guard let senderID = SenderID(invitation.managerSenderID),
            let recipientID = SenderID(invitation.clientSenderID)
        else { return nil }
        let salt: [UInt8] = []
        do {
            let window = try record.map { record throws(ContextError) in
                try ReplayWindow(restoring: ReplayWindow.Snapshot(record.replayWindow))
            }
            context = try SecurityContext(
                masterSecret: invitation.masterSecret.bytes, masterSalt: salt.span, idContext: idContext,
                senderID: senderID, recipientID: recipientID,
                reservation: SequenceReservation(resumingAt: record?.reservedSequenceEnd ?? 0),
                replayWindow: window ?? ReplayWindow())
        } catch {
            return nil
        }
        key = AssociationKey(clientSenderID: invitation.clientSenderID, idContext: idContext)
        self.record = record
    }

    /// Verifies a request and marks it in this copy of the window; ``updatedRecord`` then has the mark.
    func verify(_ message: borrowing ProtectedMessage) -> RequestVerdict {
        context.verifyRequest(message)
    }

    /// The record to be made durable before anything is answered.
    var updatedRecord: AssociationRecord {
        AssociationRecord(
            key: key, replayWindow: ReplayWindowRecord(context.replayWindow.snapshot),
            reservedSequenceEnd: record?.reservedSequenceEnd ?? 0)
    }

    /// Protects the one answer to a request under the request's own nonce.
    func protect(_ response: Message, to binding: inout RequestBinding) throws(ProtectionError) -> Message {
        try context.protectResponse(response, to: &binding)
    }
}

extension ReplayWindow.Snapshot {
    fileprivate init(_ record: ReplayWindowRecord) {
        self.init(size: record.size, highest: record.highest, words: record.words, isValid: record.isValid)
    }
}

extension ReplayWindowRecord {
    fileprivate init(_ snapshot: ReplayWindow.Snapshot) {
        self.init(size: snapshot.size, highest: snapshot.highest, words: snapshot.words, isValid: snapshot.isValid)
    }
}
