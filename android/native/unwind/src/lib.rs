//! libunwind.a for Android, which the standard library asks for and the NDK would bring: the pure Rust `unwinding`.

#![no_std]

extern crate unwinding as _;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: the C library's abort has no conditions.
    unsafe { abort() }
}
