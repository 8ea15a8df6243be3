//! Reads documents without keeping them: bytes, blocks, seconds and the highest memory so far.
//! `cargo run --profile dist -p edgeinfinite-documents --example measure -- FILE…`

use std::error::Error;
use std::fs::File;
use std::io::sink;
use std::ops::ControlFlow;
use std::time::Instant;

use edgeinfinite_documents::{Block, Options, Spool, read};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let input = File::open(&path)?;
        let megabytes = input.metadata()?.len() as f64 / 1e6;
        let mut spool = Spool { output: sink(), blocks: |_: Block| Ok(()) };
        let begun = Instant::now();
        let options = Options { name: Some(path.clone()), ..Options::default() };
        let report = read(input, &options, &mut spool, &mut |_| ControlFlow::Continue(()));
        let seconds = begun.elapsed().as_secs_f64();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_string();
        match report {
            Ok(report) => {
                let rate = megabytes / seconds;
                println!(
                    "{path}: {:?}, {megabytes:.1} MB, {} blocks, {seconds:.2} s, {rate:.1} MB/s, peak {peak}",
                    report.format, report.blocks
                );
            }
            Err(error) => println!("{path}: {}: {error}; {seconds:.2} s, peak {peak}", error.code()),
        }
    }
    Ok(())
}
