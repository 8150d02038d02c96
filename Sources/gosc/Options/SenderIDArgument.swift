import ArgumentParser
import Bytes
import OSCORE

/// The identifier of a member on the command line: at most 7 bytes in hex; the empty one is `''`.
struct SenderIDArgument: Hashable, ExpressibleByArgument {
    let senderID: SenderID

    /// For the help of an option.
    static let form = "at most 7 bytes in hex, such as 25; '' is the empty one"

    init?(argument: String) {
        guard let bytes = Hex.decode(argument), let senderID = SenderID(bytes) else { return nil }
        self.senderID = senderID
    }
}

extension SenderID {
    /// For people: the empty one shows, too.
    var shown: String { count == 0 ? "''" : description }
}
