import Bytes
import GroupManager

/// What is known of an audit record in which nothing is wrong, and what is not.
struct AuditReport: Described {
    let source: String
    let records: UInt64
    let first: String?
    let last: String?
    /// Up to which record nothing was altered, removed or inserted, by the manager's signature.
    let unalteredUpTo: UInt64
    let signed: String?
    /// Up to which record none was cut off, by a signature that was kept elsewhere.
    let completeUpTo: UInt64
    let hash: String
    let managerCredential: String
    let notProven: [String]

    init(_ verdict: AuditVerdict, of source: String, isKnown: Bool) {
        self.source = source
        records = verdict.records
        first = verdict.firstTime.map(Moment.text)
        last = verdict.lastTime.map(Moment.text)
        unalteredUpTo = verdict.signed?.sequence ?? 0
        signed = verdict.signed.map { Moment.text($0.time) }
        completeUpTo = verdict.kept?.sequence ?? 0
        hash = Hex.encode(verdict.hash)
        managerCredential = Hex.encode(verdict.manager)
        var notProven: [String] = []
        if unalteredUpTo < records {
            notProven.append(
                (unalteredUpTo == 0 ? "no record is signed" : "records behind \(unalteredUpTo) are not signed")
                    + ": whoever can write them could rewrite them")
        }
        notProven.append(
            (completeUpTo == 0
                ? "records may have been cut off at the end"
                : "records behind \(completeUpTo) may have been "
                    + "cut off")
                + ": only a later checkpoint that was kept elsewhere would tell (--checkpoint)")
        if !isKnown {
            notProven.append(
                "that it is the right manager: compare the hash of its credential (--manager-credential)")
        }
        self.notProven = notProven
    }

    var lines: [(name: String, value: String)] {
        [
            ("record", "intact: nothing in it is wrong"), ("records", String(records)), ("first", first ?? "–"),
            ("last", last ?? "–"),
            ("signed", unalteredUpTo > 0 ? "up to record \(unalteredUpTo), \(signed ?? "–")" : "–"),
            ("kept elsewhere", completeUpTo > 0 ? "up to record \(completeUpTo)" : "–"), ("last hash", hash),
            ("manager credential", managerCredential),
        ] + notProven.map { ("not proven", $0) }
    }
}
