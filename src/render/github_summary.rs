//! The report as a job summary of GitHub Actions: Markdown without files, within the size that GitHub takes.
//!
//! GitHub refuses a summary of more than 1 MiB as a whole, so sections are left out from the end, never half of one. Used as
//! `knee check ... --format github-summary >> "$GITHUB_STEP_SUMMARY"`, which appends to what the step wrote before.

use crate::render::{Layout, RenderError, Rendered, Renderer, markdown, page};
use crate::report::Report;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "github-summary",
    endings: &[],
    about: "Markdown for >> \"$GITHUB_STEP_SUMMARY\", within its size",
    has_files: false,
    render,
};

/// Bytes, some below the 1,048,576 of a step, so that others may write a few lines too.
const ROOM: usize = 1_000_000;

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let pieces = page::pieces(report, layout, &markdown::write)?;
    let page = page::fit(&pieces, ROOM, "bytes", &str::len, &markdown::write);
    Ok(Rendered {
        page: page.into_bytes(),
        files: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{broken, report};

    fn page(report: &Report) -> String {
        let page = render(report, &Layout::default()).unwrap().page;
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn a_small_report_is_the_whole_report() {
        let report = report();
        let whole = (markdown::RENDERER.render)(&report, &Layout::default()).unwrap();
        assert_eq!(page(&report), String::from_utf8(whole.page).unwrap());
    }

    #[test]
    fn thousands_of_targets_stay_within_the_size_and_no_table_is_cut() {
        let mut report = report();
        report.targets = (0..4000).map(broken).collect();
        let rows = |page: &str| page.lines().filter(|line| line.contains("/0")).count();
        assert_eq!(rows(&page(&report)), 4000);
        report.targets = (0..20_000).map(broken).collect();
        let page = page(&report);
        assert!(page.len() <= ROOM, "{}", page.len());
        assert!(page.contains("## Key figures"), "{page}");
        assert_eq!(rows(&page), 0);
        let last = page.trim_end().lines().last().unwrap();
        assert!(
            last.contains("left out, since there is room for 1,000,000 bytes: targets, findings"),
            "{last}"
        );
    }
}
