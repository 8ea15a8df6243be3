//! A workbook's shared texts, and numbers as their formats write them: dates as dates, shares in percent.

use super::archive::Archive;
use super::xml::Event;
use crate::error::Result;
use crate::limits::Budget;

/// The texts that cells refer to by number, in one string.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    pub fn read(archive: &mut Archive, budget: &mut Budget) -> Result<Self> {
        let mut found = Self::default();
        let Some(mut xml) = archive.xml("xl/sharedStrings.xml", budget)? else {
            return Ok(found);
        };
        let mut in_text = false;
        loop {
            match xml.next(budget)? {
                Event::Start(element) if element.name == "rPh" => xml.skip(budget)?,
                Event::Start(element) => in_text = element.name == "t",
                Event::End(name) if name == "si" => found.ends.push(found.text.len()),
                Event::End(_) => in_text = false,
                Event::Text(text) if in_text => found.text.push_str(&text),
                Event::Text(_) => {}
                Event::Eof => return Ok(found),
            }
        }
    }

    /// The text of a number; empty if there is none.
    pub fn get(&self, number: &str) -> &str {
        let Some(at) = number.parse::<usize>().ok().filter(|at| *at < self.ends.len()) else {
            return "";
        };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Number,
    Percent,
    Date,
    Time,
    Both,
}

/// How each style writes numbers.
#[derive(Debug, Default)]
pub(crate) struct Formats {
    styles: Vec<Format>,
    from_1904: bool,
}

impl Formats {
    pub fn read(archive: &mut Archive, from_1904: bool, budget: &mut Budget) -> Result<Self> {
        let mut found = Self { styles: Vec::new(), from_1904 };
        let Some(mut xml) = archive.xml("xl/styles.xml", budget)? else {
            return Ok(found);
        };
        let (mut own, mut in_cells) = (Vec::new(), false);
        loop {
            match xml.next(budget)? {
                Event::Start(element) => match element.name.as_str() {
                    "numFmt" => {
                        let code = element.get("formatCode").unwrap_or_default();
                        own.push((element.number("numFmtId").unwrap_or(0), written(code)));
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = element.number("numFmtId").unwrap_or(0);
                        let format = own.iter().find(|known| known.0 == id).map_or_else(|| built_in(id), |known| known.1);
                        found.styles.push(format);
                    }
                    _ => {}
                },
                Event::End(name) if name == "cellXfs" => in_cells = false,
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    }

    /// A number as its style writes it.
    pub fn number(&self, value: &str, style: usize) -> String {
        let value = value.trim();
        let Ok(number) = value.parse::<f64>() else {
            return value.to_string();
        };
        match self.styles.get(style).copied().unwrap_or(Format::Number) {
            Format::Number => plain(number),
            Format::Percent => format!("{}%", plain(number * 100.0)),
            Format::Date => self.date(number).unwrap_or_else(|| plain(number)),
            Format::Time => time(number),
            Format::Both => match self.date(number) {
                Some(date) if number.fract() > 0.0 => format!("{date} {}", time(number)),
                Some(date) => date,
                None => plain(number),
            },
        }
    }

    /// The day of a number: 1 is the first of January 1900, and 60 a day that never was.
    fn date(&self, number: f64) -> Option<String> {
        if !(0.0..2_958_466.0).contains(&number) {
            return None;
        }
        let day = number.floor() as i64;
        // Days from the first of January 1970.
        let epoch = if self.from_1904 { day - 24_107 } else { day - 25_569 + i64::from(day < 60) };
        let (year, month, day) = civil(epoch);
        Some(format!("{year:04}-{month:02}-{day:02}"))
    }
}

/// Fifteen digits, as spreadsheets show, and no more than are needed.
fn plain(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let digits = 14 - number.abs().log10().floor().clamp(-20.0, 14.0) as i32;
    let text = format!("{number:.*}", digits.clamp(0, 17) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

fn time(number: f64) -> String {
    let seconds = (number.fract().abs() * 86_400.0).round() as u64 % 86_400;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if second > 0 { format!("{hour:02}:{minute:02}:{second:02}") } else { format!("{hour:02}:{minute:02}") }
}

/// Year, month and day of a day counted from the first of January 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn built_in(id: usize) -> Format {
    match id {
        9 | 10 => Format::Percent,
        14..=17 | 27..=31 | 36 | 50..=54 | 57..=58 => Format::Date,
        18..=21 | 32..=35 | 45..=47 | 55..=56 => Format::Time,
        22 => Format::Both,
        _ => Format::Number,
    }
}

/// What a format's own code writes: letters outside of quotes and brackets say.
fn written(code: &str) -> Format {
    let (mut quoted, mut bracket) = (false, false);
    let mut letters = String::new();
    for c in code.split(';').next().unwrap_or_default().chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            c if !quoted && !bracket => letters.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let (date, hour) = (letters.contains(['y', 'd']), letters.contains('h'));
    match (date, hour || (letters.contains('m') && letters.contains('s'))) {
        _ if letters.contains("general") => Format::Number,
        (true, true) => Format::Both,
        (true, false) => Format::Date,
        (false, true) => Format::Time,
        _ if letters.contains('%') => Format::Percent,
        _ => Format::Number,
    }
}

/// The column of a cell's name: 0 of "A1", 27 of "AB7".
pub(crate) fn column(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    letters.map(|letter| usize::from(letter.to_ascii_uppercase() - b'A') + 1).reduce(|sum, value| sum * 26 + value).map(|column| column - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_a_sheet_shows_them() {
        let formats = Formats { styles: vec![Format::Number, Format::Percent, Format::Date, Format::Time, Format::Both], from_1904: false };
        let cases = [
            ("0.30000000000000004", 0, "0.3"),
            ("1204500", 0, "1204500"),
            ("-12.5", 0, "-12.5"),
            ("0.07", 1, "7%"),
            ("45292", 2, "2024-01-01"),
            ("1", 2, "1900-01-01"),
            ("61", 2, "1900-03-01"),
            ("0.354166666666667", 3, "08:30"),
            ("45292.5", 4, "2024-01-01 12:00"),
            ("x", 2, "x"),
            ("1e300", 2, "1"),
        ];
        for (value, style, expected) in cases {
            assert!(formats.number(value, style).starts_with(expected), "{value}: {}", formats.number(value, style));
        }
        assert_eq!(Formats { from_1904: true, ..formats }.number("43830", 2), "2024-01-01");
    }

    #[test]
    fn formats_by_their_code() {
        let cases = [
            ("dd\\.mm\\.yyyy", Format::Date),
            ("[$-407]h:mm", Format::Time),
            ("0.0%", Format::Percent),
            ("#,##0\" d\"", Format::Number),
            ("yyyy-mm-dd hh:mm", Format::Both),
        ];
        for (code, expected) in cases {
            assert_eq!(written(code), expected, "{code}");
        }
    }

    #[test]
    fn columns_by_their_letters() {
        assert_eq!(["A1", "Z9", "AB7", "7"].map(column), [Some(0), Some(25), Some(27), None]);
    }
}
