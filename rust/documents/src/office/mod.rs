//! Documents that are zip archives of XML: Office Open XML, OpenDocument, EPUB.

mod archive;
mod docx;
mod docx_styles;
mod epub;
mod odf;
mod odf_styles;
mod page_ends;
mod pptx;
mod relations;
mod xlsx;
mod xlsx_cells;
mod xml;

use crate::detect::Format;
use crate::error::Result;
use crate::flow::Flow;
use crate::input::Input;
use crate::writer::Writer;

use archive::Archive;

/// Reads whichever document the archive is.
pub(crate) fn read(input: &mut dyn Input, writer: &mut Writer) -> Result<Format> {
    let mut archive = Archive::open(input, writer.budget())?;
    let format = archive.format(writer.budget())?;
    let mut flow = Flow::new(writer);
    match format {
        Format::Docx => docx::read(&mut archive, &mut flow)?,
        Format::Pptx => pptx::read(&mut archive, &mut flow)?,
        Format::Xlsx => xlsx::read(&mut archive, &mut flow)?,
        Format::Epub => epub::read(&mut archive, &mut flow)?,
        _ => odf::read(&mut archive, &mut flow)?,
    }
    Ok(format)
}
