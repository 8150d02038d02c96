/// Who a verified request comes from.
enum Caller {
    /// Whoever holds an invitation, at the authorization server inside the manager.
    case invitation(InvitationRecord, AssociationKey)
    /// Whoever has shown a token.
    case client(ClientRecord)

    var association: AssociationName {
        switch self {
        case .invitation(_, let key): .invitation(key)
        case .client(let record): .client(record.recipientID)
        }
    }
}
