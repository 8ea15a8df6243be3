//! How fast each format is read, in time of the processor, and the highest memory, for a document and one eight times as long: both made here, each read in a process of
//! its own. `cargo run -p edgeinfinite-documents --example throughput`; with a file's name it reads that one.

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, Write, sink};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use edgeinfinite_documents::{Block, Options, Spool, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Paragraphs of the shorter document, some 200 bytes each.
const PARAGRAPHS: usize = 4_000;
/// How much longer the other one is.
const LONGER: usize = 8;
/// Paragraphs on a page of the PDF.
const PAGE: usize = 16;

/// A format by the end of a name, and what makes a document of so many paragraphs.
type Made = (&'static str, fn(usize) -> Vec<u8>);

const FORMATS: [Made; 13] = [
    ("txt", |count| joined(count, |number| format!("{}\n\n", words(number)))),
    ("md", |count| joined(count, |number| format!("## Berth {number}\n\n{}\n\n- lights\n- water\n\n", words(number)))),
    ("csv", |count| {
        format!("berth,text,fee\n{}", text(count, |number| format!("{number},\"{}\",{}\n", words(number), number * 13))).into_bytes()
    }),
    ("json", |count| joined(count, |number| format!("{{\"berth\": {number}, \"text\": \"{}\", \"fees\": [1, 2]}}\n", words(number)))),
    ("srt", |count| {
        let stamp = |second: usize| format!("{:02}:{:02}:{:02},000", second / 3600, second / 60 % 60, second % 60);
        joined(count, |number| format!("{number}\n{} --> {}\n{}\n\n", stamp(number), stamp(number + 1), words(number)))
    }),
    ("html", |count| {
        format!("<html><body>{}</body></html>", text(count, |number| format!("<h2>Berth</h2><p>{}</p>\n", words(number)))).into_bytes()
    }),
    ("rtf", |count| format!("{{\\rtf1\\ansi {}}}", text(count, |number| format!("{}\\par\n", words(number)))).into_bytes()),
    ("mbox", |count| {
        joined(count.div_ceil(PAGE), |number| {
            let head = "From a@b.org Mon Mar 11 10:00:00 2024\nFrom: Ola <a@b.org>\nSubject: Berths\nDate: 11 Mar 2024 10:00:00 +0000\n\n";
            format!("{head}{}\n", text(PAGE, |at| format!("{}\n\n", words(number * PAGE + at))))
        })
    }),
    ("docx", |count| {
        let body = text(count, |number| format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", words(number)));
        archive(&[("word/document.xml".into(), format!("<w:document><w:body>{body}</w:body></w:document>"))])
    }),
    ("odt", |count| {
        let body = text(count, |number| format!("<text:p>{}</text:p>", words(number)));
        let content =
            format!("<office:document-content><office:body><office:text>{body}</office:text></office:body></office:document-content>");
        archive(&[("mimetype".into(), "application/vnd.oasis.opendocument.text".into()), ("content.xml".into(), content)])
    }),
    ("xlsx", |count| {
        let rows = text(count, |number| {
            format!(
                "<row r=\"{0}\"><c r=\"A{0}\"><v>{0}</v></c><c r=\"B{0}\" t=\"inlineStr\"><is><t>{1}</t></is></c></row>",
                number + 1,
                words(number)
            )
        });
        let book = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"Berths\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>";
        let links = "<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
        archive(&[
            ("xl/workbook.xml".into(), book.into()),
            ("xl/_rels/workbook.xml.rels".into(), links.into()),
            ("xl/worksheets/sheet1.xml".into(), format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
        ])
    }),
    ("epub", |count| {
        let chapters = count.div_ceil(100);
        let items =
            text(chapters, |number| format!("<item id=\"c{number}\" href=\"{number}.xhtml\" media-type=\"application/xhtml+xml\"/>"));
        let order = text(chapters, |number| format!("<itemref idref=\"c{number}\"/>"));
        let package = format!("<package><manifest>{items}</manifest><spine>{order}</spine></package>");
        let container = "<container><rootfiles><rootfile full-path=\"book.opf\"/></rootfiles></container>";
        let mut entries = vec![
            ("mimetype".to_string(), "application/epub+zip".to_string()),
            ("META-INF/container.xml".into(), container.into()),
            ("book.opf".into(), package),
        ];
        entries.extend((0..chapters).map(|number| {
            let body = text(100, |at| format!("<p>{}</p>", words(number * 100 + at)));
            (format!("{number}.xhtml"), format!("<html><body><h1>Chapter</h1>{body}</body></html>"))
        }));
        archive(&entries)
    }),
    ("pdf", pdf),
];

/// A paragraph of its own.
fn words(number: usize) -> String {
    let fee = number * 13 % 9_973;
    format!(
        "Berth {number} lies at the north quay and costs {fee} crowns a night. Whoever stays longer than {number} nights asks the harbour office, which keeps a list of all the boats that are moored along the quays of the town."
    )
}

fn text(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn joined(count: usize, one: impl Fn(usize) -> String) -> Vec<u8> {
    text(count, one).into_bytes()
}

fn archive(entries: &[(String, String)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A PDF in Helvetica, some 48 lines a page.
fn pdf(count: usize) -> Vec<u8> {
    let pages = count.div_ceil(PAGE);
    let kids = text(pages, |page| format!("{} 0 R ", 4 + 2 * page));
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_string(),
        format!("<</Type/Pages/Kids[{kids}]/Count {pages}>>"),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_string(),
    ];
    for page in 0..pages {
        let lines = text(PAGE, |at| {
            let words = words(page * PAGE + at);
            let (first, rest) = words.split_at(80);
            let (second, third) = rest.split_at(80);
            format!("({first}) ' ({second}) ' ({third}) ' T* ")
        });
        let content = format!("BT /F 9 Tf 11 TL 40 800 Td {lines}ET");
        let resources = "<</Font<</F 3 0 R>>>>";
        objects.push(format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources{resources}/Contents {} 0 R>>", 5 + 2 * page));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let start = bytes.len();
    bytes.extend(format!("{table}trailer\n<</Root 1 0 R/Size {}>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    bytes
}

/// What this process has cost so far: other programs at work do not count.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/stat")?;
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// Reads a file without keeping anything, and prints what it cost.
fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let input = File::open(path)?;
    let megabytes = input.metadata()?.len() as f64 / 1e6;
    let mut pages = 0_u32;
    let mut spool = Spool {
        output: sink(),
        blocks: |block: Block| {
            pages = pages.max(block.place.number().unwrap_or(0));
            Ok(())
        },
    };
    let begun = processor_seconds()?;
    let options = Options { name: Some(path.to_string_lossy().into_owned()), ..Options::default() };
    let report = read(input, &options, &mut spool, &mut |_| ControlFlow::Continue(()))?;
    let seconds = (processor_seconds()? - begun).max(0.01);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak: f64 = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok()).unwrap_or(0.0);
    let text = report.text_bytes as f64 / 1e6;
    let rate = if pages > 0 { format!("{:.0} a second of {pages}", f64::from(pages) / seconds) } else { String::new() };
    println!("| {:?} | {megabytes:.1} | {text:.1} | {:.1} | {rate} | {:.0} |", report.format, text / seconds, peak / 1e3);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = std::env::args().nth(1) {
        return measure(Path::new(&path));
    }
    println!("| format | MB | MB of text | of text a second | pages, chapters and the like | peak memory, MB |\n|---|---|---|---|---|---|");
    let folder = std::env::temp_dir().join(format!("edgeinfinite-throughput-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    for (format, make) in FORMATS {
        for times in [1, LONGER] {
            let path = folder.join(format!("{times}.{format}"));
            std::fs::write(&path, make(PARAGRAPHS * times))?;
            Command::new(std::env::current_exe()?).arg(&path).status()?;
            std::fs::remove_file(path)?;
        }
    }
    Ok(std::fs::remove_dir(folder)?)
}
