import Bytes
import CPeerSupport
import CoAP
import CoAPEngine
@preconcurrency import Glibc
import GoscKit

/// Server and client on gosc:
///
///     GoscPeer server PROCESSOR plain|oscore|engine
///     GoscPeer client PROCESSOR plain|oscore|engine PORT SERVER-PROCESS OUTSTANDING non|con WARM-UP-MS MS
@main
enum GoscPeerCommand {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        if words.first == "server", words.count == 3 {
            guard let processor = Int32(words[2]), peer_settle(processor) else { exit(EXIT_FAILURE) }
            if words[3] == "engine" { try EngineServer.run() }
            try await LibraryServer.run(isProtected: words[3] == "oscore")
        } else if let task = ClientTask(words) {
            guard peer_settle(task.processor) else { exit(EXIT_FAILURE) }
            // From here on everything counts: what is printed is what the window saw.
            if task.variant == "engine" {
                try EngineClient.run(task)
            } else {
                try await LibraryClient.run(task)
            }
            exit(peer_print() ? EXIT_SUCCESS : EXIT_FAILURE)
        } else {
            exit(64)
        }
    }
}

/// What the client is to do.
struct ClientTask: Sendable {
    let processor: Int32
    let variant: String
    let server: SocketAddress
    let serverProcess: pid_t
    let outstanding: Int
    let reliability: OutgoingRequest.Reliability
    let warmUp: UInt32
    let milliseconds: UInt32

    init?(_ words: ArraySlice<String>) {
        guard words.first == "client", words.count == 9, let processor = Int32(words[2]), let port = UInt16(words[4]),
            let process = pid_t(words[5]), let outstanding = Int(words[6]), let warmUp = UInt32(words[8]),
            let milliseconds = UInt32(words[9])
        else { return nil }
        self.processor = processor
        variant = words[3]
        server = SocketAddress(.loopback, port: port)
        serverProcess = process
        self.outstanding = outstanding
        reliability = words[7] == "con" ? .confirmable : .nonConfirmable
        self.warmUp = warmUp
        self.milliseconds = milliseconds
    }
}
