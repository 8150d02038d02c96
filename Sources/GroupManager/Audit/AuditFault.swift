/// The first thing that is wrong with an audit record.
public enum AuditFault: Error, Hashable, Sendable {
    /// What stands in the place of this record is none.
    case malformed(UInt64)
    /// The record is not what was hashed.
    case altered(UInt64)
    /// The record is not there; another one is in its place.
    case missing(UInt64, found: UInt64)
    /// The record names another one before it than there is.
    case unlinked(UInt64)
    /// The first record is that of another manager, or of none.
    case otherManager
    /// The credential of the manager is none, or not of the kind that signs.
    case unusableCredential
    /// The manager has not signed this checkpoint.
    case forgedCheckpoint(UInt64)
    /// The manager has signed another record with this number.
    case rewritten(UInt64)
    /// The manager has signed more records than there are.
    case cutOff(after: UInt64, signed: UInt64)
    /// So many records have no confidential part, though their hashes cover one and nothing was redacted.
    case stripped(first: UInt64, count: UInt64)
    /// A store has more records behind its latest signature than a manager ever leaves there.
    case unsigned(after: UInt64, last: UInt64)
}

extension AuditFault: CustomStringConvertible {
    /// One line for a person: which record, and what is wrong with it.
    public var description: String {
        switch self {
        case .malformed(let number): "record \(number) cannot be read: it was altered"
        case .altered(let number): "record \(number) was altered: its hash is not that of what it says"
        case .missing(let number, let found):
            found < number
                ? "record \(found) stands where record \(number) belongs: it was inserted or moved"
                : "record \(number) was removed or moved: record \(found) stands in its place"
        case .unlinked(let number):
            number == 1
                ? "record 1 names a record before it: it is not the first one"
                : "record \(number) does not follow from record \(number - 1): one of them was altered"
        case .otherManager: "record 1 does not name the manager whose credential this is"
        case .unusableCredential: "the credential of the manager is none that signs"
        case .forgedCheckpoint(let number): "the checkpoint at record \(number) was not signed by this manager"
        case .rewritten(let number):
            "record \(number) is not the one that the manager has signed: the record was rewritten"
        case .cutOff(let last, let signed):
            "the record ends with \(last), and the manager has signed it up to \(signed): the end was cut off"
        case .stripped(let first, let count):
            count == 1
                ? "the confidential part of record \(first) was removed"
                : "the confidential parts of \(count) records were removed, the first of them that of record \(first)"
        case .unsigned(let signed, let last):
            (signed == 0 ? "none of \(last) records is signed" : "records \(signed + 1) to \(last) are not signed")
                + ", and the manager signs after each \(ManagerState.recordsPerCheckpoint): signatures were removed"
        }
    }
}
