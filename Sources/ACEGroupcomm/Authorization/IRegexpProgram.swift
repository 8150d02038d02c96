/// An ``IRegexp`` as a machine of states that are all followed at once (Thompson's construction): a text is read once, and
/// no state is entered twice for one character.
struct IRegexpProgram: Sendable {
    private enum Instruction: Sendable {
        /// Goes on to the next instruction behind a character of this kind.
        case character(IRegexpCharacters)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    private var instructions: [Instruction] = []
    /// How many nodes may be looked at while repetitions are written out; nested ones multiply.
    private var budget = Self.maximumSize

    /// Bounds the time that a character of a text takes.
    static let maximumSize = 4096

    init(_ node: IRegexpNode) throws(IRegexpError) {
        try append(node)
        instructions.append(.match)
    }

    func matches(_ text: String.UnicodeScalarView) -> Bool {
        var current = StateList(count: instructions.count)
        var following = StateList(count: instructions.count)
        enter(0, &current)
        for scalar in text {
            for state in current.states {
                guard case .character(let characters) = instructions[state], characters.contains(scalar) else {
                    continue
                }
                enter(state + 1, &following)
            }
            guard !following.states.isEmpty else { return false }
            swap(&current, &following)
            following.removeAll()
        }
        return current.contains(instructions.count - 1)
    }

    /// Adds a state and all that are reached without a character.
    private func enter(_ start: Int, _ list: inout StateList) {
        var pending = [start]
        while let state = pending.popLast() {
            guard list.insert(state) else { continue }
            switch instructions[state] {
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .jump(let target): pending.append(target)
            case .character, .match: break
            }
        }
    }

    private mutating func append(_ node: IRegexpNode) throws(IRegexpError) {
        budget -= 1
        guard budget > 0 else { throw .tooLarge }
        switch node {
        case .characters(let characters): instructions.append(.character(characters))
        case .sequence(let nodes):
            for node in nodes { try append(node) }
        case .alternatives(let nodes): try append(alternatives: nodes)
        case .repeated(let node, let minimum, let maximum):
            for _ in 0..<minimum { try append(node) }
            if let maximum {
                try append(node, upTo: maximum - minimum)
            } else {
                try append(anyNumberOf: node)
            }
        }
    }

    private mutating func append(alternatives nodes: [IRegexpNode]) throws(IRegexpError) {
        var ends: [Int] = []
        for node in nodes.dropLast() {
            let split = reserve()
            try append(node)
            ends.append(reserve())
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = nodes.last { try append(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func append(_ node: IRegexpNode, upTo count: Int) throws(IRegexpError) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(reserve())
            try append(node)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }

    private mutating func append(anyNumberOf node: IRegexpNode) throws(IRegexpError) {
        let split = reserve()
        try append(node)
        instructions.append(.jump(split))
        instructions[split] = .split(split + 1, instructions.count)
    }

    /// The place of an instruction whose targets are not known yet.
    private mutating func reserve() -> Int {
        instructions.append(.match)
        return instructions.count - 1
    }
}

extension IRegexpNode {
    /// How many nodes are looked at while this one is compiled, ``IRegexpProgram/maximumSize`` at most.
    var size: Int {
        let size =
            switch self {
            case .characters: 1
            case .sequence(let nodes), .alternatives(let nodes): nodes.reduce(1) { $0 + $1.size }
            case .repeated(let node, let minimum, let maximum): 1 + (maximum ?? minimum + 1) * node.size
            }
        return min(size, IRegexpProgram.maximumSize)
    }
}

/// States in the order in which they were entered, each once.
private struct StateList {
    private(set) var states: [Int] = []
    private var isMember: [Bool]

    init(count: Int) {
        isMember = Array(repeating: false, count: count)
    }

    func contains(_ state: Int) -> Bool { isMember[state] }

    mutating func insert(_ state: Int) -> Bool {
        guard !isMember[state] else { return false }
        isMember[state] = true
        states.append(state)
        return true
    }

    mutating func removeAll() {
        for state in states { isMember[state] = false }
        states.removeAll(keepingCapacity: true)
    }
}
