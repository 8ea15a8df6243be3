//! A page's glyphs with their places, as the interpreter draws them.

use std::time::Instant;

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::kurbo::{BezPath, Point};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

/// Glyphs of one page.
const GLYPHS: usize = 2_000_000;
/// Steps of drawing of one page.
const STEPS: u64 = 50_000_000;

/// Why a page was stopped.
pub(crate) struct Stop(pub &'static str);

/// A glyph: the text that it stands for, and its place in points from the page's top left corner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    pub text: String,
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub size: f32,
    /// Quarter turns of its baseline, clockwise; none of other angles.
    pub turn: Option<u8>,
    pub bold: bool,
}

/// Gathers glyphs; everything else that is drawn is counted.
pub(crate) struct Collector {
    pub glyphs: Vec<Glyph>,
    /// Pictures and lines that are drawn.
    pub drawings: u32,
    unknown: usize,
    /// Glyphs told from their codes, and the small letters among them.
    guessed: usize,
    guessed_letters: usize,
    deadline: Instant,
    steps: u64,
    /// Marked contents that are open, and how many of them are no part of the text.
    marked: Vec<bool>,
}

impl Collector {
    pub fn new(deadline: Instant) -> Self {
        Self { glyphs: Vec::new(), drawings: 0, unknown: 0, guessed: 0, guessed_letters: 0, deadline, steps: 0, marked: Vec::new() }
    }

    /// Whether the glyphs say which letters they are, most of them; those told from their codes are letters if most are small ones.
    pub fn is_readable(&self) -> bool {
        self.unknown * 2 <= self.glyphs.len() && self.guessed_letters * 2 >= self.guessed
    }

    /// Stops a page that does not end.
    fn step(&mut self, steps: u64) {
        self.steps += steps;
        if self.glyphs.len() > GLYPHS || self.steps > STEPS {
            std::panic::resume_unwind(Box::new(Stop("two million letters or steps")));
        }
        if (self.steps - steps) >> 10 != self.steps >> 10 && Instant::now() > self.deadline {
            std::panic::resume_unwind(Box::new(Stop("the time")));
        }
    }

    fn unknown(&mut self) -> String {
        self.unknown += 1;
        char::REPLACEMENT_CHARACTER.to_string()
    }

    /// The text of a drawing whose font names no letters: TeX's bitmaps have the codes of the letters.
    fn guess(&mut self, code: u32) -> String {
        let Some(text) = by_code(code) else { return self.unknown() };
        self.guessed += 1;
        self.guessed_letters += usize::from(text.chars().all(char::is_lowercase));
        text
    }

    fn glyph(&mut self, glyph: &Drawn, text: String, place: hayro_interpret::kurbo::Affine, bold: bool) {
        let advance = match glyph {
            Drawn::Outline(outline) => outline.advance_width(),
            Drawn::Type3(drawn) => drawn.advance_width(),
        };
        let origin = place * Point::ZERO;
        let right = place * Point::new(f64::from(advance.unwrap_or(500.0)), 0.0);
        let up = place * Point::new(0.0, 1000.0);
        let (along, across) = (right - origin, up - origin);
        let (width, size) = (along.hypot() as f32, across.hypot() as f32);
        let finite = origin.x.is_finite() && origin.y.is_finite() && width.is_finite() && size.is_finite();
        if !finite || size <= 0.0 {
            return;
        }
        let direction = (place * Point::new(1000.0, 0.0)) - origin;
        let quarters = direction.y.atan2(direction.x) / std::f64::consts::FRAC_PI_2;
        let turn = ((quarters - quarters.round()).abs() < 0.06).then(|| quarters.round().rem_euclid(4.0) as u8);
        let glyph = Glyph { text, x: origin.x as f32, y: origin.y as f32, width, size, turn, bold };
        // Letters drawn twice, a little apart, are one bold letter.
        let again = |other: &Glyph| {
            (other.x - glyph.x).abs() < glyph.size * 0.12 && (other.y - glyph.y).abs() < glyph.size * 0.12 && other.text == glyph.text
        };
        if !self.glyphs.iter().rev().take(200).any(again) || glyph.text.trim().is_empty() {
            self.glyphs.push(glyph);
        }
    }
}

impl<'a> Device<'a> for Collector {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.step(1);
        self.drawings += 1;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.step(1);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.step(1);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.step(run.glyphs().len() as u64);
        if self.marked.contains(&true) {
            return;
        }
        let bold = run.glyphs().first().is_some_and(|glyph| match &**glyph {
            Drawn::Outline(outline) => outline.font_data().is_some_and(|font| {
                font.weight.is_some_and(|weight| weight >= 600) || font.postscript_name.as_deref().is_some_and(|name| name.contains("Bold"))
            }),
            Drawn::Type3(_) => false,
        });
        for glyph in run.glyphs() {
            let text = match glyph.as_unicode() {
                Some(BfString::Char(c)) => known(c),
                Some(BfString::String(text)) => text.chars().map(known).collect(),
                None => String::new(),
            };
            let text = match (text.is_empty(), &**glyph) {
                (false, _) => text,
                (true, Drawn::Type3(drawn)) => self.guess(drawn.char_code()),
                (true, Drawn::Outline(_)) => self.unknown(),
            };
            self.glyph(glyph, text, props.transform * glyph.transform(), bold);
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.step(1);
        self.drawings += 1;
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, tag: &[u8], _properties: Option<&Dict<'_>>) {
        self.step(1);
        // What a program marks as no part of the text: headers, footers, page numbers, watermarks.
        self.marked.push(tag == b"Artifact");
    }

    fn end_marked_content(&mut self) {
        self.marked.pop();
    }
}

/// What a code stands for in TeX's encodings T1 and, its ligatures, OT1.
fn by_code(code: u32) -> Option<String> {
    let ligatures = ["ff", "fi", "fl", "ffi", "ffl"];
    match code {
        11..=15 => Some(ligatures[code as usize - 11].into()),
        27..=31 => Some(ligatures[code as usize - 27].into()),
        21 => Some("–".into()),
        22 => Some("—".into()),
        255 => Some("ß".into()),
        33..=126 | 192..=254 => char::from_u32(code).map(known),
        _ => None,
    }
}

/// A character as it is read: ligatures as letters, a symbol font's bullets as bullets, controls as nothing.
fn known(c: char) -> String {
    match c {
        'ﬀ' => "ff".into(),
        'ﬁ' => "fi".into(),
        'ﬂ' => "fl".into(),
        'ﬃ' => "ffi".into(),
        'ﬄ' => "ffl".into(),
        'ﬅ' | 'ﬆ' => "st".into(),
        '\u{f0b7}' | '\u{f0a7}' | '\u{f076}' => "•".into(),
        c if c.is_whitespace() => " ".into(),
        c if c.is_control() => String::new(),
        c => c.to_string(),
    }
}
