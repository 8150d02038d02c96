import OSCORE

extension Reception {
    /// What one context says of a message, and how far the message came with it.
    struct Candidate {
        /// How far a message came, as far as anybody can tell that has no keys.
        enum Progress: Hashable, Comparable {
            case rejected(VerificationFailure)
            case replay
            case genuine

            // A replay is told before the signature is verified, so a message can look like one to a context that it was
            // never meant for: the next context is asked all the same.
            private var rank: Int {
                switch self {
                case .rejected(.noContext): 0
                case .rejected(.mode): 1
                case .rejected(.unknownSender): 2
                case .rejected: 3
                case .replay: 4
                case .genuine: 5
                }
            }

            static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        }

        private(set) var verdict: Verdict
        private(set) var progress: Progress

        init(_ verdict: Verdict, _ progress: Progress) {
            self.verdict = verdict
            self.progress = progress
        }

        init(of context: SecurityContext, _ verdict: OSCORE.RequestVerdict) {
            switch verdict {
            case .rejected(let failure): self.init(.discarded(failure), .rejected(failure))
            case .replay: self.init(.oscore(context, verdict), .replay)
            default: self.init(.oscore(context, verdict), .genuine)
            }
        }

        init(of group: GroupGenerations, _ verdict: GroupOSCORE.RequestVerdict, establishedAt: Duration) {
            switch verdict {
            case .rejected(let failure): self.init(.discarded(failure), .rejected(failure))
            case .replay: self.init(.group(group, verdict, establishedAt: establishedAt), .replay)
            default: self.init(.group(group, verdict, establishedAt: establishedAt), .genuine)
            }
        }

        /// Takes the place of what came less far; the earlier one stays if both came as far.
        mutating func improve(_ other: Candidate) {
            if other.progress > progress { self = other }
        }
    }
}
