//! What is said, and where: Android's log under the tag `EdgeInfinite`, from warnings up; elsewhere nothing, as no logger is installed.
//!
//! No line ever holds text of a document, a question or an answer. The words of a panic may (slicing a string quotes it), so only its place
//! is kept, and standard error hears nothing.

use std::cell::RefCell;
use std::panic;

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Installs the logger and the panic hook.
pub fn start() {
    #[cfg(target_os = "android")]
    android_logger::init_once(android_logger::Config::default().with_tag("EdgeInfinite").with_max_level(::log::LevelFilter::Warn));
    panic::set_hook(Box::new(|info| {
        if std::thread::current().name() == Some(edgeinfinite_core::DOCUMENT_THREAD) {
            return; // what a broken document does to its reader is an error of its own
        }
        let place = info.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
        ::log::error!("a defect at {place}");
        PLACE.set(place);
    }));
}

/// Where this thread panicked last.
pub fn place() -> String {
    PLACE.take()
}
