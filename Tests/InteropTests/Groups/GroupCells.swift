/// The interoperability scenario of Group OSCORE (last drafts of RFC 10021, section 13.3): four ways to protect
/// an exchange, four pairs of algorithms, CCS as credentials, EdDSA, HKDF SHA-256, X25519 from Ed25519 keys.
enum GroupCells {
    /// How messages are protected.
    enum Mode: String, Codable, CaseIterable, Sendable {
        case group, pairwise
    }

    /// B1 to B4: the mode of requests and that of responses.
    enum Exchange: String, Codable, CaseIterable, Sendable {
        case b1 = "B1"
        case b2 = "B2"
        case b3 = "B3"
        case b4 = "B4"

        init(request: Mode, response: Mode) {
            self =
                switch (request, response) {
                case (.group, .group): .b1
                case (.group, .pairwise): .b2
                case (.pairwise, .group): .b3
                case (.pairwise, .pairwise): .b4
                }
        }

        var request: Mode { self == .b1 || self == .b2 ? .group : .pairwise }
        var response: Mode { self == .b1 || self == .b3 ? .group : .pairwise }
    }

    /// A Group Encryption Algorithm and an AEAD Algorithm. The value names the file in `Peers/Contexts`.
    enum Pair: String, Codable, CaseIterable, Sendable {
        case bothCCM = "ccm-ccm"
        case bothChaCha = "chacha-chacha"
        case groupCCM = "ccm-chacha"
        case groupChaCha = "chacha-ccm"

        var name: String {
            let ccm = "AES-CCM-16-64-128"
            let chacha = "ChaCha20/Poly1305"
            return switch self {
            case .bothCCM: "\(ccm), \(ccm)"
            case .bothChaCha: "\(chacha), \(chacha)"
            case .groupCCM: "\(ccm), \(chacha)"
            case .groupChaCha: "\(chacha), \(ccm)"
            }
        }
    }

    /// Who asks whom.
    enum Direction: String, Codable, CaseIterable, Sendable {
        case toGosc = "aiocoap → gosc"
        case fromGosc = "gosc → aiocoap"
    }

    /// One exchange that was tried.
    struct Cell: Codable, Hashable, Sendable {
        let direction: Direction
        let pair: Pair
        let exchange: Exchange
    }

    /// What came of it.
    enum Outcome: String, Codable, Sendable {
        /// The right member's response was verified, in the right mode; that with the wrong credential was not.
        case played = "yes"
        /// Likewise, but aiocoap has to be told the mode of its responses.
        case playedAsTold = "yes, told"
        case failed = "NO"
    }

    /// What the tests expect: every cell is played. aiocoap by itself answers in pairwise mode only.
    static func expected(_ cell: Cell) -> Outcome {
        cell.direction == .fromGosc && cell.exchange.response == .group ? .playedAsTold : .played
    }

    static let all: [Cell] = Direction.allCases.flatMap { direction in
        Pair.allCases.flatMap { pair in
            Exchange.allCases.map { Cell(direction: direction, pair: pair, exchange: $0) }
        }
    }

    /// As docs/interop.md and the output of a test run have it; a cell without an outcome was not reached.
    static func table(_ outcomes: [Cell: Outcome]) -> String {
        var lines = [
            "| who asks whom | Group Encryption Algorithm, AEAD Algorithm | B1 | B2 | B3 | B4 |",
            "|---|---|---|---|---|---|",
        ]
        for direction in Direction.allCases {
            for pair in Pair.allCases {
                let cells = Exchange.allCases.map { exchange in
                    outcomes[Cell(direction: direction, pair: pair, exchange: exchange)]?.rawValue ?? "–"
                }
                lines.append("| \(direction.rawValue) | \(pair.name) | \(cells.joined(separator: " | ")) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
