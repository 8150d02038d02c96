/// A pair of programs that is measured.
struct Contender: Sendable {
    let name: String
    /// The file beside this program.
    let program: String
    /// What both ends are told about how to work.
    let variant: String
    /// Confirmable or non-confirmable requests.
    let type: String
    /// The names of those whose rate this one's is divided by; of several, the fastest in the round.
    let references: [String]

    static let all: [Contender] = [
        // libcoap as its manual says, and with more than one datagram for a call of epoll_wait.
        Contender(name: "libcoap NON", program: "LibcoapPeer", variant: "1", type: "non", references: []),
        Contender(name: "libcoap NON, in bursts", program: "LibcoapPeer", variant: "16", type: "non", references: []),
        Contender(
            name: "gosc engine NON", program: "GoscPeer", variant: "engine", type: "non", references: libcoap("NON")),
        Contender(name: "gosc NON", program: "GoscPeer", variant: "plain", type: "non", references: libcoap("NON")),
        Contender(
            name: "gosc OSCORE NON", program: "GoscPeer", variant: "oscore", type: "non", references: ["gosc NON"]),
        Contender(name: "libcoap CON", program: "LibcoapPeer", variant: "1", type: "con", references: []),
        Contender(name: "libcoap CON, in bursts", program: "LibcoapPeer", variant: "16", type: "con", references: []),
        Contender(name: "gosc CON", program: "GoscPeer", variant: "plain", type: "con", references: libcoap("CON")),
    ]

    private static func libcoap(_ type: String) -> [String] { ["libcoap \(type)", "libcoap \(type), in bursts"] }
}
