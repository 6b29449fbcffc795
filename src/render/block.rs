//! What a page is made of: sections return blocks, renderers write them.

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words and numbers; renderers escape them.
    Text(String),
    /// The same, set off.
    Strong(String),
    /// A name from the input or a command: literal.
    Code(String),
}

/// A line.
pub type Line = Vec<Inline>;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table. Every row has as many cells as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Heading and alignment per column.
    pub columns: Vec<(String, Align)>,
    /// Rows of cells.
    pub rows: Vec<Vec<Line>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: &[(&str, Align)]) -> Table {
        let columns = columns
            .iter()
            .map(|(name, align)| ((*name).to_owned(), *align))
            .collect();
        Table {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Line>) {
        self.rows.push(cells);
    }
}

/// A chart: drawn, described, and its data beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// File name without extension, unique in the report.
    pub id: String,
    /// What the chart shows, as a caption.
    pub title: String,
    /// What it says: the finding, for those who do not see it.
    pub alt: String,
    /// The drawing.
    pub svg: String,
    /// Its data.
    pub data: Table,
}

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading; 1 is the page's title.
    Heading(u8, Line),
    /// A paragraph.
    Paragraph(Line),
    /// A table.
    Table(Table),
    /// A list.
    List(Vec<Line>),
    /// A chart, and the file it stands in; `None` = there is nowhere to put it.
    Figure(Box<Figure>, Option<String>),
    /// Blocks that are folded away where the output can.
    Details(Line, Vec<Block>),
}

/// Plain words.
pub fn text(words: impl Into<String>) -> Inline {
    Inline::Text(words.into())
}

/// Set off.
pub fn strong(words: impl Into<String>) -> Inline {
    Inline::Strong(words.into())
}

/// Literal.
pub fn code(words: impl Into<String>) -> Inline {
    Inline::Code(words.into())
}

/// A sentence in which pairs of backquotes set commands and names off, as messages are written.
pub fn prose(words: &str) -> Line {
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return vec![text(words)];
    }
    let inline = |(place, part): (usize, &&str)| {
        if place % 2 == 0 {
            text(*part)
        } else {
            code(*part)
        }
    };
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(inline)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backquotes_in_pairs_set_off_and_a_single_one_stays() {
        assert_eq!(
            prose("try `knee` now"),
            vec![text("try "), code("knee"), text(" now")]
        );
        assert_eq!(prose("a ` b"), vec![text("a ` b")]);
        assert_eq!(prose("`x`"), vec![code("x")]);
    }
}
