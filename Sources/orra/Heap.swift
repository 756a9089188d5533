#if canImport(Glibc)
    import Glibc
#endif

/// How the system's allocator is to treat a hub, which takes payloads of up to 10 MiB and holds each for a moment.
enum Heap {
    /// Lets blocks from 256 KiB on be mapped for themselves, so that freeing one gives its memory back. By itself glibc
    /// raises this threshold to the size of the largest such block that was freed, up to 32 MiB: from then on the arenas
    /// of all threads keep what a few large payloads left behind.
    static func giveBackLargeBlocks() {
        #if canImport(Glibc)
            // `malloc.h` is in no module of Swift's. `M_MMAP_THRESHOLD` is -3.
            guard let function = dlsym(nil, "mallopt") else { return }
            let mallopt = unsafeBitCast(function, to: (@convention(c) (CInt, CInt) -> CInt).self)
            _ = mallopt(-3, 256 * 1024)
        #endif
    }
}
