//! `knee formats`: the FORMATS table as people read it.

use std::io::Write;

use crate::ingest::FORMATS;
use crate::ingest::beside::BESIDE;

/// Runs the command.
pub(crate) fn run(out: &mut dyn Write) -> anyhow::Result<()> {
    for format in FORMATS {
        writeln!(out, "{} ({})", format.id, format.tool)?;
        writeln!(out, "  reads:  {}", format.files)?;
        writeln!(out, "  limits: {}\n", format.limits)?;
    }
    writeln!(out, "Beside a run, for its resources and checks:\n")?;
    for format in BESIDE {
        writeln!(out, "{} ({})", format.id, format.what)?;
        writeln!(out, "  reads:  {}", format.files)?;
        writeln!(out, "  limits: {}", format.limits)?;
        writeln!(out, "  with:   {}\n", format.way().replace('`', ""))?;
    }
    writeln!(
        out,
        "The content decides, not the file's name; --from FORMAT skips the look. .gz and .zst are read as they are."
    )?;
    Ok(())
}
