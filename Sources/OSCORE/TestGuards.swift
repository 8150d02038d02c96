#if GOSC_TEST_GUARDS
    import Synchronization

    /// Switches single guards off in a test build, so that the acts of `gosc demo` can be seen to fail without them.
    ///
    /// Does not exist in a release build.
    package enum TestGuards: Sendable {
        /// One guard that an act of the demo proves.
        package enum Name: String, CaseIterable, Sendable {
            /// An invitation admits one node only.
            case invitation
            /// One datagram reaches all, by multicast.
            case multicast
            /// A Partial IV is accepted once.
            case replay
            /// The countersignature is verified.
            case signature
            /// Numbers and windows are durable before they count.
            case durability
            /// A rejected multicast message is not answered.
            case silence
            /// The group gets new keys when somebody is thrown out.
            case eviction
            /// The manager knows its members when it comes back.
            case membership
        }

        private static let disabled = Atomic<UInt64>(0)

        /// Switches a guard off for the rest of the process.
        package static func switchOff(_ name: Name) {
            disabled.bitwiseOr(bit(name), ordering: .relaxed)
        }

        /// Whether a guard is off.
        package static func isOff(_ name: Name) -> Bool {
            disabled.load(ordering: .relaxed) & bit(name) != 0
        }

        private static func bit(_ name: Name) -> UInt64 {
            1 << UInt64(Name.allCases.firstIndex(of: name) ?? 63)
        }
    }
#endif
