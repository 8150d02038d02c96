import Foundation
import Testing

/// A member of the group on aiocoap, by way of `Peers/aiocoap_group_server.py` and `aiocoap_group_client.py`.
struct AiocoapMember {
    let context: String
    let identifier: String
    /// Whether its private key is another one than its credential's: nobody else has anything that is wrong.
    var isForger = false

    private var forging: [String] { isForger ? ["--key", String(repeating: "5a", count: 32)] : [] }

    /// What it prints about a request that has arrived.
    struct Request: Decodable {
        let request: String?
        let refused: String?
        let sender_id: String?
        let mode: String?
    }

    /// Serves, ready.
    ///
    /// - Parameters:
    ///   - answer: The mode of its responses; aiocoap's choice without it.
    ///   - inGroup: Whether it joins the group's address on `lo`.
    func serve(answer: GroupCells.Mode?, port: UInt16 = 5683, inGroup: Bool) throws -> Program {
        let options = answer.map { ["--answer", $0.rawValue] } ?? []
        let group = inGroup ? ["--group", GroupFixture.address, "--interface", "lo"] : []
        return try Program(
            [Surroundings.python, try Surroundings.peer("aiocoap_group_server.py"), context, identifier]
                + ["--port", "\(port)"] + options + group + forging, ready: "ready")
    }

    /// Asks.
    ///
    /// - Parameters:
    ///   - peer: Whom to ask in pairwise mode; group mode without it.
    ///   - sequence: The Partial IV; aiocoap keeps none.
    ///   - collecting: Whether to wait for every response; aiocoap's own client ends with the first one.
    func post(
        _ payload: String, to uri: String, peer: String? = nil, sequence: Int, collecting: Bool = false,
        seconds: Int = 8
    ) throws -> (status: Int32, output: String) {
        try Program(
            [Surroundings.python, try Surroundings.peer("aiocoap_group_client.py"), context, identifier, "post", uri]
                + ["--payload", payload, "--sequence", "\(sequence)", "--timeout", "\(seconds)"]
                + (peer.map { ["--pairwise", $0] } ?? []) + (collecting ? ["--collect", "lo"] : []) + forging
        ).end()
    }

    /// The requests that a server has noted so far.
    static func requests(of server: Program) -> [Request] {
        server.output.split(separator: "\n").filter { $0.hasPrefix("{") }
            .compactMap { try? JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }
}
