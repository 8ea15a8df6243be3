//! libunwind.a for Android, which the standard library asks for and the NDK would bring: the pure Rust `unwinding`.

#![no_std]
#![feature(core_intrinsics)]
#![allow(internal_features)]

extern crate unwinding as _;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::intrinsics::abort()
}
