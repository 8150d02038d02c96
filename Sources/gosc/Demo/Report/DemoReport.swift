import ServiceShell

/// All that a run of the demo found out: the document of `gosc demo --output json`.
struct DemoReport: Encodable {
    /// Whether every act showed what was expected.
    let passed: Bool
    let setting: DemoSetting
    /// In the order of the story. Acts that were not played are missing.
    let acts: [ActReport]
    /// What protection costs on the wire.
    let messages: [MessageSize]
    let seconds: Double

    init(setting: DemoSetting, acts: [ActReport], messages: [MessageSize], took: Duration) {
        passed = acts.count == ActName.allCases.count && acts.allSatisfy(\.passed)
        self.setting = setting
        self.acts = acts
        self.messages = messages
        seconds = took.seconds
    }
}

/// Where and with whom the demo plays.
struct DemoSetting: Encodable {
    /// `namespace`, or `host` where namespaces are not permitted.
    let place: String
    let lamps: Int
    let group: String
    /// `[address]:port` of the group.
    let groupAddress: String
    let interface: String
}

/// The acts of the demo, in order.
enum ActName: String, Encodable, CaseIterable {
    case join, on, replay, forgery, evict, crash, silence
    case managerDown = "manager-down"
}

/// What one act expected and saw.
struct ActReport: Encodable {
    let name: ActName
    /// What the act shows, in one line.
    let shows: String
    /// Whether all checks hold.
    let passed: Bool
    let checks: [Check]
    /// One row a lamp, in the act that has them.
    let lamps: [LampRow]
    /// Measured values, in order.
    let figures: [Figure]
    let seconds: Double
}

/// One thing that was expected, and what was seen.
struct Check: Encodable, Hashable {
    let what: String
    let expected: String
    let seen: String
    let holds: Bool
}

/// A measured value.
struct Figure: Encodable, Hashable {
    let name: String
    let milliseconds: Double
}

/// How one lamp answered.
struct LampRow: Encodable, Hashable {
    let name: String
    /// Lower-case hex.
    let senderID: String
    /// Whether the answer's countersignature was verified.
    let verified: Bool
    /// Whether the lamp says that it is on.
    let isOn: Bool?
    /// From sending the request to accepting the answer; `nil` without an answer.
    let milliseconds: Double?
}

/// The bytes of one kind of message, without and with protection.
struct MessageSize: Encodable, Hashable {
    let message: String
    /// Bytes of the CoAP datagram without protection.
    let plain: Int
    /// Bytes of the datagram that was sent.
    let protected: Int
    let added: Int

    init(_ message: String, protected: Int, added: Int) {
        self.message = message
        self.protected = protected
        self.added = added
        plain = protected - added
    }
}

extension Duration {
    /// Rounded to a thousandth.
    var seconds: Double { (Double(nanoseconds) / 1e6).rounded() / 1e3 }

    /// Rounded to a thousandth: nothing here is measured more exactly.
    var milliseconds: Double { (Double(nanoseconds) / 1e3).rounded() / 1e3 }
}
