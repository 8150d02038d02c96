import Foundation
import TestSupport
import Testing

/// The session of `docs/laboratory.md`, as it stands there.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct LaboratoryPageProcessTests {
    @Test func sessionWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let session = try PageSession("docs/laboratory.md", "session", with: gosc)
        let text = session.text
        #expect(session.lines.count { $0.hasPrefix("gosc ") } == 18)
        #expect(session.exitCode == 0, "\(text)")
        for row in [
            #/\n25 +pairwise +\[::1\]:5683 +2\.05 .* Hello World!\n/#,
            #/\n52 +pairwise +\[::1\]:5690 +2\.05 .* Hello World!\n/#,
            #/"mode":"group","payload":"on","sender_id":"25"/#, #/"mode":"pairwise","payload":"on","sender_id":"52"/#,
            #/\n25 +pairwise +\[::1\]:5683 +2\.05 .* on\n/#, #/\n52 +pairwise +\[::1\]:5690 +2\.05 .* on\n/#,
            #/\n52 +pairwise +\[::1\]:5690 +2\.04 .* only for you\n/#, #/\nHello World!\n/#, #/\noff\n/#,
        ] as [Regex<Substring>] {
            #expect(text.contains(row), "\(text)")
        }
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "gosc-lab").path))
    }
}
