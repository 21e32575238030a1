private import Synchronization

/// Copies of a cell's content, one for each of eight threads, made when threads first meet at it.
///
/// Content is padded so that no two copies share a cache line, nor the pair of lines that
/// processors fetch together. Once made, the copies live as long as the cell.
@safe
struct Stripes<Content: ~Copyable & Sendable>: ~Copyable, @unchecked Sendable {
    // Unchecked: the pointer changes once, from null, and what it points to is sendable and never
    // moves.
    private struct Stripe: ~Copyable {
        let content: Content
        private let padding:
            (
                UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
                UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
            )

        init(_ content: consuming Content) {
            self.content = content
            self.padding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        }
    }

    private let pointer: Atomic<UnsafeMutablePointer<Stripe>?>
    private let threads = ThreadStripe.shared

    /// Creates none yet.
    init() {
        unsafe self.pointer = Atomic(nil)
    }

    deinit {
        if let stripes = unsafe self.pointer.load(ordering: .acquiring) {
            unsafe stripes.deinitialize(count: ThreadStripe.count)
            unsafe stripes.deallocate()
        }
    }

    /// Whether threads have met here.
    @inline(__always)
    var exist: Bool { unsafe self.pointer.load(ordering: .acquiring) != nil }

    /// Gives the calling thread's copy to `body`; `false` if there are none.
    @inline(__always)
    func withCurrent(_ body: (borrowing Content) -> Void) -> Bool {
        guard let stripes = unsafe self.pointer.load(ordering: .acquiring) else { return false }
        unsafe body(stripes[self.threads.current].content)
        return true
    }

    /// Gives every copy to `body`.
    func visit(_ body: (borrowing Content) -> Void) {
        guard let stripes = unsafe self.pointer.load(ordering: .acquiring) else { return }
        for index in 0..<ThreadStripe.count {
            unsafe body(stripes[index].content)
        }
    }

    /// Makes the copies, unless somebody has.
    @inline(never)
    func make(_ content: () -> Content) {
        guard !self.exist else { return }
        let made = UnsafeMutablePointer<Stripe>.allocate(capacity: ThreadStripe.count)
        for index in 0..<ThreadStripe.count {
            unsafe (made + index).initialize(to: Stripe(content()))
        }
        let (exchanged, _) = unsafe self.pointer.compareExchange(
            expected: nil,
            desired: made,
            ordering: .acquiringAndReleasing
        )
        if !exchanged {
            unsafe made.deinitialize(count: ThreadStripe.count)
            unsafe made.deallocate()
        }
    }
}
