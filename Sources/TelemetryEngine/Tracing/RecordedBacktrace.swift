#if canImport(Runtime) && os(Linux)
    internal import Runtime
    #if canImport(Glibc)
        // The static standard library needs it to link `Runtime`.
        private import Glibc
    #elseif canImport(Musl)
        private import Musl
    #endif

    /// Where an error was recorded: return addresses, not yet names.
    struct RecordedBacktrace: Sendable {
        fileprivate let backtrace: Backtrace

        /// Where programs and libraries are mapped; read once, because it costs more than the rest.
        fileprivate static let images = ImageMap.capture()

        /// Frames of ours at the top, which nobody wants to see.
        private static let framesToSkip = 1

        private static let maximumFrames = 64

        /// Walks the stack of the caller; `nil` if that is not possible.
        @inline(never)
        static func capture() -> RecordedBacktrace? {
            let backtrace = try? Backtrace.capture(
                limit: Self.maximumFrames,
                offset: Self.framesToSkip,
                images: Self.images
            )
            return backtrace.map { RecordedBacktrace(backtrace: $0) }
        }
    }

    /// Names of the functions that errors were recorded in, by address.
    struct SymbolCache {
        private var lines: [Backtrace.Address: String] = [:]

        private static let capacity = 4_096

        /// The backtrace as text: a line for each frame, innermost first.
        mutating func describe(_ recorded: RecordedBacktrace) -> String {
            let frames = Array(recorded.backtrace.frames)
            let isKnown = frames.allSatisfy { frame in
                frame.codeAddress.map { self.lines[$0] != nil } ?? true
            }
            if !isKnown {
                self.resolve(recorded)
            }
            return frames.map { frame in
                frame.codeAddress.flatMap { self.lines[$0] } ?? frame.description
            }.joined(separator: "\n")
        }

        private mutating func resolve(_ recorded: RecordedBacktrace) {
            if self.lines.count >= Self.capacity {
                self.lines.removeAll(keepingCapacity: true)
            }
            guard let resolved = recorded.backtrace.symbolicated(with: RecordedBacktrace.images)
            else { return }
            for frame in resolved.frames {
                guard let address = frame.captured.codeAddress else { continue }
                var line = "at " + (frame.symbol?.name ?? frame.captured.description)
                if let location = frame.symbol?.sourceLocation {
                    line += " (\(location.path):\(location.line))"
                } else if let image = frame.symbol?.imageName {
                    line += " (\(image))"
                }
                // Inlined functions share an address; the innermost comes first.
                self.lines[address] = self.lines[address].map { "\($0)\n\(line)" } ?? line
            }
        }
    }

    extension Backtrace.Frame {
        /// An address inside the function; `nil` for frames that were left out.
        fileprivate var codeAddress: Backtrace.Address? {
            switch self {
            case .programCounter, .returnAddress, .asyncResumePoint: self.adjustedProgramCounter
            case .omittedFrames, .truncated: nil
            @unknown default: nil
            }
        }
    }
#else
    /// Where an error was recorded; never known on this platform.
    struct RecordedBacktrace: Sendable {
        static func capture() -> RecordedBacktrace? { nil }
    }

    /// Names of the functions that errors were recorded in.
    struct SymbolCache {
        func describe(_ recorded: RecordedBacktrace) -> String { "" }
    }
#endif
