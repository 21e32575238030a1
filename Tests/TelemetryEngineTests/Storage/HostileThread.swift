#if os(Linux)
    @testable import TelemetryEngine

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    extension StorageActor {
        /// Does something on the actor's thread, which works with the actor's files.
        func onThread<Result: Sendable>(_ body: @Sendable () -> Result) -> Result { body() }
    }

    /// Surroundings for the calling thread alone, gone with it: file systems that nobody else sees
    /// mounted, rights of another user.
    ///
    /// What the tools `unshare` and `setpriv` do for a process, the kernel does for a thread. Each
    /// function returns why it could not, for a test to fail with; nil if it could.
    enum HostileThread {
        /// Mounts an empty file system of that many bytes.
        static func mountDisk(_ path: String, size: Int) -> String? {
            Self.mount("tmpfs", path, type: "tmpfs", flags: 0, options: "size=\(size)")
        }

        /// Makes what lies below a path read-only.
        static func makeReadOnly(_ path: String) -> String? {
            let bind: UInt = 4_096
            let remountReadOnly: UInt = 32 | 1
            return Self.mount(path, path, type: "none", flags: bind, options: "")
                ?? Self.mount(path, path, type: "none", flags: bind | remountReadOnly, options: "")
        }

        /// Has the rights of nobody in particular from now on, as far as files are concerned.
        static func becomeNobody() -> String? {
            // Whoever is no superuser has no rights to give up.
            guard geteuid() == 0 else { return nil }
            typealias SetUser = @convention(c) (UInt32) -> Int32
            guard let symbol = unsafe dlsym(nil, "setfsuid") else { return "no setfsuid" }
            let setUser = unsafe unsafeBitCast(symbol, to: SetUser.self)
            _ = setUser(65_534)
            // It never fails, but says who one was before.
            guard setUser(UInt32.max) == 65_534 else {
                return "no right to give up the superuser's rights; run as root, not as root of a"
                    + " user namespace"
            }
            return nil
        }

        private static func mount(
            _ source: String,
            _ path: String,
            type: String,
            flags: UInt,
            options: String
        ) -> String? {
            typealias Unshare = @convention(c) (Int32) -> Int32
            guard let symbol = unsafe dlsym(nil, "unshare") else { return "no unshare" }
            let unshare = unsafe unsafeBitCast(symbol, to: Unshare.self)
            let mountNamespace: Int32 = 0x20000
            let privateRecursively: UInt = (1 << 18) | 16_384
            guard
                unshare(mountNamespace) == 0,
                Self.system("none", "/", nil, privateRecursively, nil) == 0,
                Self.system(source, path, type, flags, options) == 0
            else {
                return "cannot mount \(type) at \(path): \(SystemError.last); run the tests as root"
                    + " or through `unshare -rm`"
            }
            return nil
        }

        /// `mount`, which a function of that name hides.
        private static func system(
            _ source: String,
            _ path: String,
            _ type: String?,
            _ flags: UInt,
            _ options: String?
        ) -> Int32 {
            #if canImport(Glibc)
                unsafe Glibc.mount(source, path, type, flags, options)
            #elseif canImport(Musl)
                unsafe Musl.mount(source, path, type, flags, options)
            #endif
        }
    }
#endif
