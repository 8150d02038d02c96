import Foundation
import Testing

/// Groups with credentials of every format, made and shown by the command.
@Suite(.timeLimit(.minutes(2)))
struct GroupFormatProcessTests {
    #if X509
        private static let formats = ["kccs", "kcwt", "x5chain", "x5bag", "c5c", "c5b"]
    #else
        private static let formats = ["kccs", "kcwt", "c5c", "c5b"]
    #endif

    private struct Shown: Decodable {
        let credentialFormat: String
    }

    @Test func aGroupOfEveryFormatIsMadeAndShown() throws {
        let gosc = try GoscProgram()
        for format in Self.formats {
            for group in [format, "late-\(format)"] {
                try Data("name: \(group)\ncredential_format: \(format)".utf8)
                    .write(to: gosc.folder.appending(path: "\(group).yaml"))
            }
        }
        func succeed(_ arguments: [String]) throws -> String {
            let outcome = try gosc.run(arguments)
            try #require(outcome.exitCode == 0, "gosc \(arguments.joined(separator: " ")): \(outcome.errors)")
            return outcome.output
        }
        _ = try succeed(["manager", "init"] + Self.formats.flatMap { ["--group", "\($0).yaml"] })
        let service = try gosc.start(["manager", "run", "--bind", "::1", "--port", String(FreePort.udp())])
        defer { #expect(service.stop() == 0) }
        _ = try succeed(["group", "list", "--wait", "60s"])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        for format in Self.formats {
            _ = try succeed(["group", "create", "--file", "late-\(format).yaml"])
            for group in [format, "late-\(format)"] {
                let shown = Data(try succeed(["group", "show", group, "--output", "json"]).utf8)
                #expect(try decoder.decode(Shown.self, from: shown).credentialFormat == format)
            }
        }
    }
}
