import Foundation
import TestSupport
import Testing

/// The session of `docs/authorization-servers.md`, as it stands there.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct AuthorizationServersPageProcessTests {
    @Test func sessionWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let session = try PageSession("docs/authorization-servers.md", "session", with: gosc)
        let text = session.text
        #expect(session.lines.count { $0.hasPrefix("gosc ") } == 6)
        #expect(session.exitCode == 0, "\(text)")
        for sign in [
            #/\npublic key +[0-9a-f]{64}\n/#, #/\naudience +building-7\n/#, #/\naddress +\[::1\]:5683\n/#,
            #/\nother authorization servers +campus, maker\n/#, #/\b4\.01\b/#,
            #/tokens with this ID are not accepted any more/#,
        ] as [Regex<Substring>] {
            #expect(text.contains(sign), "\(text)")
        }
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "gosc-as").path))
    }
}
