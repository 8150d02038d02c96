/// What a manager keeps in memory, by how many members it has.
struct MemberMemory {
    let members: Int
    /// Bytes of the heap, beyond those of a manager without members.
    let bytes: Int
}

/// Has nodes join one manager, and looks at its memory on the way. They come in small batches with minutes between, so that
/// what is kept for minutes only does not count: messages that may come twice, and uploads.
///
/// - Parameter steps: Numbers of members, ascending.
func measureMemory(_ steps: [Int]) throws -> [MemberMemory] {
    let manager = try TimedManager(store: nil, size: steps.last ?? 1)
    var moment = Moment.first
    let empty = try heapInUse()
    var measured: [MemberMemory] = []
    var joined = 0
    for step in steps {
        while joined < step {
            let numbers = joined..<min(joined + 32, step)
            try admit(numbers, to: manager, at: moment)
            joined = numbers.upperBound
            moment = moment.later(by: 300)
            try manager.pass(to: moment)
        }
        measured.append(MemberMemory(members: step, bytes: try heapInUse() - empty))
    }
    // What was measured lives until here.
    withExtendedLifetime(manager) {}
    return measured
}

/// The nodes themselves are gone when this returns.
private func admit(_ numbers: Range<Int>, to manager: TimedManager, at moment: Moment) throws {
    var crowd = Crowd(manager, at: moment)
    _ = try crowd.join(numbers, crowd.invited(numbers))
}
