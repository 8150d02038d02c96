import Bytes
import Glibc

// libFuzzer calls the second function for each input. The first one stands where SwiftPM, which renames `main`, expects
// the program to begin. The target is named in the environment and not in an argument, because libFuzzer starts itself
// again with its own arguments only.

private let targetVariable = "GOSC_FUZZ_TARGET"

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_main")
public func fuzzMain(_ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var (argumentCount, arguments) = (argumentCount, arguments)
    return runDriver(&argumentCount, &arguments) { testOneInput($0, $1) }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
    if let property = checks.violation(of: target, by: input.span) {
        fatalError("\(target.rawValue): \(property)")
    }
    return 0
}

private let target: FuzzTarget = {
    guard let name = getenv(targetVariable), let target = FuzzTarget(rawValue: String(cString: name)) else {
        fatalError("\(targetVariable) must be one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    #if GOSC_PLANTED_TRAP
        if let name = getenv("GOSC_ARMED_TRAP") { PlantedTrap.armed = PlantedTrap(rawValue: String(cString: name)) }
    #endif
    return target
}()

/// libFuzzer calls from one thread only.
nonisolated(unsafe) private let checks: FuzzChecks = {
    do {
        return try FuzzChecks()
    } catch {
        fatalError("the contexts of the fuzz targets cannot be made: \(error)")
    }
}()
