import Testing

@testable import MessageWorkbench

struct JSONTests {}
