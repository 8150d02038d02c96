/// GET `/manage`: the links of all groups, Content-Format 40 (draft-ietf-ace-oscore-gm-admin §6.1).
public enum GroupCollection: Sendable {
    /// The body: one link a group; empty if there is none.
    public static func encode(_ names: [String]) -> [UInt8] {
        // GM-0426, GM-0427
        Array(names.map { "</manage/\($0)>;rt=\"core.osc.gconf\"" }.joined(separator: ",").utf8)
    }

    /// The names in a body of our own manager.
    ///
    /// - Throws: ``GroupcommError/wrongShape`` for anything but links to `/manage/NAME`.
    public static func decode(_ payload: Span<UInt8>) throws(GroupcommError) -> [String] {
        var bytes: [UInt8] = []
        for index in payload.indices { bytes.append(payload[index]) }
        var names: [String] = []
        for link in String(decoding: bytes, as: UTF8.self).split(separator: ",") {
            guard link.hasPrefix("</manage/"), let end = link.firstIndex(of: ">") else { throw .wrongShape }
            let name = String(link[link.index(link.startIndex, offsetBy: 9)..<end])
            guard Names.isValid(name) else { throw .wrongShape }
            names.append(name)
        }
        return names
    }
}
