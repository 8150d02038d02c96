/// What may wait for a loop. A flood beyond it is dropped, and counted with what the kernel's buffer could not hold.
enum LoopLimits {
    /// Inputs: batches of up to 32 datagrams, and commands.
    static let inputs = 128
    /// Places that datagrams leave for commands, so that an operator gets through a flood.
    static let commands = 64
    /// A request to a group fits into the smallest MTU of IPv6; more is not looked at.
    static let groupDatagram = 2048
    /// A manager's answer with a large roster.
    static let unicastDatagram = 65_507
}
