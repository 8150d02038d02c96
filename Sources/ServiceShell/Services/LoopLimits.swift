/// What may wait for a loop. A flood stays in the kernel's buffer, which is bounded and drops the rest.
enum LoopLimits {
    /// Inputs: batches of up to 32 datagrams, and commands.
    static let inputs = 64
    /// A request to a group fits into the smallest MTU of IPv6; more is not looked at.
    static let groupDatagram = 2048
    /// A manager's answer with a large roster.
    static let unicastDatagram = 65_507
}
