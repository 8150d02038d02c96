public import CoAP

extension OptionNumber {
    /// Why a manager deletes a member's control resource, as a number of the registry "ACE Groupcomm Errors": a DELETE has no
    /// payload that could say it (RFC 7252 §5.8.4). Experimental (RFC 7252 §12.2) and elective, so that whoever does not know
    /// it sees the DELETE alone.
    public static let groupcommError = Self(rawValue: 65_000)
}
