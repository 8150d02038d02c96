import Bytes
import CoAP
import Foundation
import OSCORE
import ServiceShell
import Synchronization

/// Where the story is played: the manager, the switch and the lamps, each a process of its own, and the observer.
final class Stage: Sendable {
    let program: Program
    let network: StageNetwork
    let narrator: any Narrator
    /// Everything that the demo writes is below it.
    let directory: String
    let manager: Player
    let lightSwitch: Player
    let lamps: [Player]
    /// Comes late, and is thrown out.
    let visitor: Player
    let group: SocketAddress
    let observer: GroupObserver
    private let memory = Mutex(Memory())

    /// What later acts need of earlier ones.
    private struct Memory {
        var recorded: [UInt8]?
        var sizes: [MessageSize] = []
        var isSet = false
    }

    /// The replay windows of the demo: the default of RFC 8613.
    static let replayWindowSize = ReplayWindow.defaultSize
    /// How long the stage waits for something to happen before it looks at what did not.
    static let timeLimit = Duration.seconds(5)

    /// Makes the manager with its group, starts it, and puts the observer into the group.
    init(
        program: Program, network: StageNetwork, directory: String, lamps count: Int, narrator: any Narrator
    ) async throws {
        self.program = program
        self.network = network
        self.narrator = narrator
        self.directory = directory
        manager = Player(name: "manager", in: directory, address: network.manager.address)
        lightSwitch = Player(name: "switch", in: directory, address: network.address(2))
        lamps = (1...count).map { Player(name: "lamp-\($0)", in: directory, address: network.address($0 + 2)) }
        visitor = Player(name: "visitor", in: directory, address: network.address(count + 3))
        for player in [manager, lightSwitch, visitor] + lamps { try Self.makeDirectory(player.directory) }
        group = try await Self.foundGroup(manager, program: program, network: network, lamps: count)
        observer = try GroupObserver(group: group, on: network.index)
        try runManager()
    }

    /// The members of the group that stay in it.
    var members: [Player] { lamps + [lightSwitch] }

    /// Everyone that runs to the end.
    var everyone: [Player] { [manager] + members }

    /// The address that tools of the demo send from.
    var ownAddress: IPv6Address? { network.address(lamps.count + 4) }

    /// How many addresses a stage with so many lamps needs.
    static func addresses(lamps: Int) -> Int { lamps + 4 }

    // MARK: what acts remember for each other

    /// Whether all nodes have joined and run.
    var isSet: Bool { memory.withLock(\.isSet) }

    func becomesSet() {
        memory.withLock { $0.isSet = true }
    }

    /// Keeps the datagram that turned the lamps on, as the observer saw it.
    func record(_ datagram: [UInt8]?) {
        memory.withLock { $0.recorded = datagram }
    }

    func recordedDatagram() throws(DemoError) -> [UInt8] {
        guard let datagram = memory.withLock(\.recorded) else {
            throw DemoError("no datagram of the switch was recorded")
        }
        return datagram
    }

    /// The bytes of request and response, once they were measured.
    var sizes: [MessageSize] { memory.withLock(\.sizes) }

    func measure(_ answers: Answers) {
        var sizes = [
            MessageSize(
                "request", protected: answers.summary.datagramLength, added: answers.summary.overhead)
        ]
        if let response = answers.responses.first, let request = memory.withLock(\.recorded)?.first {
            // Four bytes of header, and the Token of the request.
            let length = 4 + Int(request & 0x0f) + response.protectedLength
            sizes.append(MessageSize("response", protected: length, added: response.overhead))
        }
        memory.withLock { [sizes] in $0.sizes = sizes }
    }

    // MARK: helpers

    static func makeDirectory(_ path: String) throws(DemoError) {
        guard mkdir(path, 0o700) == 0 else { throw DemoError("cannot make \(path): \(systemText(errno))") }
    }

    /// Makes the manager, and the group in it.
    private static func foundGroup(
        _ manager: Player, program: Program, network: StageNetwork, lamps: Int
    ) async throws -> SocketAddress {
        let file = "\(manager.directory)/\(DemoGroup.name).yaml"
        let answer = "\(manager.directory)/groups.json"
        try Data(DemoGroup.description(lamps: lamps, address: network.group).utf8).write(to: URL(filePath: file))
        var launch = manager.launch(program, ["manager", "init", "--group", file, "--output", "json"])
        launch.output = .file(answer)
        let ending = try await ChildProcess.start(launch).wait(atMost: .seconds(10))
        guard ending == .exited(0) else { throw DemoError("'gosc manager init' failed: \(lastLine(of: manager.log))") }
        struct Group: Decodable {
            let address: String
            let port: UInt16
        }
        let groups = try JSONDecoder().decode([Group].self, from: Data(contentsOf: URL(filePath: answer)))
        guard let group = groups.first, let address = IPv6Address(group.address) else {
            throw DemoError("'gosc manager init' made no group")
        }
        return SocketAddress(address, port: group.port)
    }

    /// What a process said last: why it ended, if it told.
    static func lastLine(of log: String) -> String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n")
        let reason = lines.last { $0.hasPrefix("gosc: ") || $0.contains("Fatal error") || $0.contains("crashed") }
        return (reason ?? lines.last).map(String.init) ?? "it said nothing"
    }
}
