private import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Tells threads apart, so that those that meet at one cell can write to different stripes of it.
///
/// The first ``count`` threads that ask get numbers of their own, later ones share them in turn.
/// The value is copied into each cell because reading a global costs as much as the look-up.
struct ThreadStripe: Sendable {
    /// How many stripes a contended cell has; a power of two.
    static let count = 8

    /// The one instance; all copies give a thread the same number.
    static let shared = ThreadStripe()

    // `nil` if the process has used up its keys: then all threads share one stripe.
    private let key: pthread_key_t?

    private init() {
        var key = pthread_key_t()
        self.key = unsafe pthread_key_create(&key, nil) == 0 ? key : nil
    }

    /// The calling thread's number, from 0 to ``count`` - 1.
    var current: Int {
        guard let key = self.key else { return 0 }
        // The key holds the number plus one, since an unset key reads as null.
        if let value = unsafe pthread_getspecific(key) {
            return Int(bitPattern: value) &- 1
        }
        return Self.assign(key)
    }

    @inline(never)
    private static func assign(_ key: pthread_key_t) -> Int {
        let turn = nextStripe.wrappingAdd(1, ordering: .relaxed).oldValue
        let number = Int(truncatingIfNeeded: turn) & (Self.count - 1)
        unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: number + 1))
        return number
    }
}

private let nextStripe = Atomic<UInt>(0)
