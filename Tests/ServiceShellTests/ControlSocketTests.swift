import DatagramTransport
import Foundation
import ServiceShell
import Testing

struct ControlSocketTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/state"
    }

    private func echo(at path: String) throws -> ControlServer {
        try ControlServer(in: StateDirectory(path, mayCreate: true)) { $0.reversed() }
    }

    @Test func requestGetsItsAnswer() throws {
        let server = try echo(at: path)
        defer { server.stop() }
        #expect(try ControlClient.exchange([1, 2, 3], stateDirectory: path) == [3, 2, 1])
        #expect(TemporaryFolder.mode("\(path)/control") == 0o600)
    }

    @Test func framesOfAnySizeUpToTheLimitPass() throws {
        let server = try echo(at: path)
        defer { server.stop() }
        let connection = try ControlClient.connect(stateDirectory: path)
        for count in [0, 1, 255, 65_536, ControlConnection.maximumFrame] {
            let frame = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            try connection.send(frame)
            #expect(try connection.receive() == frame.reversed(), "\(count) bytes")
        }
        #expect(throws: ControlSocketError.frameTooLong(ControlConnection.maximumFrame + 1)) {
            try connection.send([UInt8](repeating: 0, count: ControlConnection.maximumFrame + 1))
        }
    }

    @Test func pathLongerThanASocketAddressWorks() throws {
        let long = "\(folder.path)/\(String(repeating: "d", count: 120))/state"
        let server = try echo(at: long)
        defer { server.stop() }
        #expect(try ControlClient.exchange([7], stateDirectory: long) == [7])
    }

    @Test func nobodyRunningIsSaid() throws {
        #expect(throws: ControlSocketError.notRunning(path)) { try ControlClient.connect(stateDirectory: path) }
        let directory = try StateDirectory(path, mayCreate: true)
        #expect(throws: ControlSocketError.notRunning(path)) {
            try ControlClient.connect(stateDirectory: directory.path)
        }
    }

    @Test func stoppedServerLeavesNoSocketAndFreesTheDirectory() throws {
        do {
            let server = try echo(at: path)
            server.stop()
            server.stop()
        }
        #expect(!FileManager.default.fileExists(atPath: "\(path)/control"))
        #expect(throws: ControlSocketError.notRunning(path)) { try ControlClient.connect(stateDirectory: path) }
        _ = try StateDirectory(path, mayCreate: false)
    }

    @Test func socketThatACrashLeftBehindIsReplaced() throws {
        do {
            let server = try echo(at: path)
            // The same name, kept beyond the end of the server that listens to it.
            try FileManager.default.linkItem(atPath: "\(path)/control", toPath: "\(path)/kept")
            server.stop()
        }
        try FileManager.default.moveItem(atPath: "\(path)/kept", toPath: "\(path)/control")
        #expect(throws: ControlSocketError.notRunning(path)) { try ControlClient.connect(stateDirectory: path) }
        let server = try echo(at: path)
        defer { server.stop() }
        #expect(try ControlClient.exchange([1], stateDirectory: path) == [1])
    }

    @Test func manyClientsAreServedAlthoughFewAtOnce() async throws {
        let server = try ControlServer(in: StateDirectory(path, mayCreate: true), connectionLimit: 2) { connection in
            while let request = try? connection.receive() { try? connection.send(request) }
        }
        defer { server.stop() }
        let path = path
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<40 {
                group.addTask { try ControlClient.exchange([UInt8(number)], stateDirectory: path) }
            }
            let answers = try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            #expect(answers.count == 40)
        }
    }

    @Test func stopEndsConnectionsThatWait() throws {
        let server = try echo(at: path)
        let connection = try ControlClient.connect(stateDirectory: path)
        try connection.send([1])
        _ = try connection.receive()
        server.stop()
        #expect(try connection.receive() == nil)
    }

    @Test func peerThatLeavesOrAnnouncesTooMuchHarmsNobody() throws {
        let server = try echo(at: path)
        defer { server.stop() }
        for bytes in [[], [0], [0, 0, 0], [0, 0, 0, 9], [0, 0, 0, 9, 1, 2], [0xff, 0xff, 0xff, 0xff, 1]] as [[UInt8]] {
            let raw = try RawClient(path: "\(path)/control")
            raw.send(bytes)
            raw.close()
        }
        #expect(try ControlClient.exchange([1, 2], stateDirectory: path) == [2, 1])
    }

    @Test func answerThatIsCutOffIsAnError() throws {
        let server = try ControlServer(in: StateDirectory(path, mayCreate: true)) { connection in
            _ = try? connection.receive()
        }
        defer { server.stop() }
        #expect(throws: ControlSocketError.endedInsideFrame) {
            try ControlClient.exchange([1], stateDirectory: path)
        }
    }
}
