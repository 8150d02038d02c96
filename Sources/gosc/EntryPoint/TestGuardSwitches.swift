import ServiceShell

#if GOSC_TEST_GUARDS
    import Foundation
    import OSCORE
#endif

/// The guards that a test build can switch off by name, to show that a proof can fail.
enum TestGuardSwitches {
    /// Obeys `GOSC_GUARDS_OFF`, names separated by commas. A release build has no such thing.
    static func apply() throws(CommandFailure) {
        #if GOSC_TEST_GUARDS
            let names = ProcessInfo.processInfo.environment["GOSC_GUARDS_OFF"] ?? ""
            for name in names.split(separator: ",") {
                guard let guardName = TestGuards.Name(rawValue: String(name)) else {
                    let known = TestGuards.Name.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(.usage, "GOSC_GUARDS_OFF names no guard: \(name)", hint: "there are \(known)")
                }
                TestGuards.switchOff(guardName)
            }
        #endif
    }
}
