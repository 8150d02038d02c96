import Foundation
import Glibc

/// How many bytes of the heap are in use, whatever the process has kept of what was freed.
///
/// - Throws: ``BenchmarkError/library`` where the C library is not glibc.
func heapInUse() throws -> Int {
    // Swift's Glibc does not show `malloc_info(3)`.
    typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
    guard let symbol = dlsym(nil, "malloc_info") else { throw BenchmarkError.library }
    let mallocInfo = unsafeBitCast(symbol, to: MallocInfo.self)
    var text: UnsafeMutablePointer<CChar>?
    var count = 0
    guard let stream = open_memstream(&text, &count) else { throw BenchmarkError.library }
    let result = mallocInfo(0, stream)
    fclose(stream)
    defer { free(text) }
    guard result == 0, let text else { throw BenchmarkError.library }
    // The sums of all arenas stand behind the last of them.
    let sums = String(cString: text).components(separatedBy: "</heap>").last ?? ""
    let free = ["fast", "rest"].reduce(0) { $0 + size(in: sums, "<total type=\"\($1)\"") }
    return size(in: sums, "<system type=\"current\"") + size(in: sums, "<total type=\"mmap\"") - free
}

private func size(in text: String, _ element: String) -> Int {
    guard let start = text.range(of: element), let end = text[start.upperBound...].firstIndex(of: ">") else { return 0 }
    let attributes = text[start.upperBound..<end]
    guard let size = attributes.range(of: "size=\"") else { return 0 }
    return Int(attributes[size.upperBound...].prefix { $0.isNumber }) ?? 0
}
