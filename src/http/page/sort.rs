//! Tables that are sorted by their heads: links, so that it works without a script.

/// A column of a table, by the name that stands in the query.
pub(super) trait SortColumn: Copy + PartialEq + Sized + 'static {
    /// Every column with its name; the first is the usual one.
    const ALL: &'static [(Self, &'static str)];

    /// Whether the largest stand first when the column is chosen.
    fn begins_with_most(self) -> bool;
}

/// By which column, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order<C> {
    pub(super) column: C,
    pub(super) descending: bool,
}

/// The head of a column.
pub(super) struct Head<'a> {
    pub(super) text: &'a str,
    pub(super) href: String,
    /// `aria-sort`, where the table is sorted by it.
    pub(super) sorted: Option<&'static str>,
    pub(super) is_number: bool,
}

impl<C: SortColumn> Order<C> {
    /// Reads `rate`, or `-rate` for descending. What is not known is the usual order.
    pub(super) fn read(text: Option<&str>) -> Option<Self> {
        let text = text.unwrap_or_default();
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let found = C::ALL.iter().find(|(_, known)| *known == name);
        found.map(|&(column, _)| Self { column, descending })
    }

    fn write(self) -> String {
        let name = C::ALL.iter().find(|(column, _)| *column == self.column).map_or("", |(_, name)| name);
        format!("{}{name}", if self.descending { "-" } else { "" })
    }
}

/// The head of `column`; `href` is where the table is, with a query begun.
pub(super) fn head<'a, C: SortColumn>(
    column: C,
    text: &'a str,
    is_number: bool,
    current: Option<Order<C>>,
    href: &str,
) -> Head<'a> {
    let here = current.filter(|order| order.column == column);
    // The same head again turns it round.
    let descending = here.map_or(column.begins_with_most(), |order| !order.descending);
    let sorted = here.map(|order| if order.descending { "descending" } else { "ascending" });
    let order = Order { column, descending };
    Head { text, href: format!("{href}&sort={}", order.write()), sorted, is_number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Column {
        Name,
        Count,
    }

    impl SortColumn for Column {
        const ALL: &'static [(Self, &'static str)] = &[(Self::Name, "name"), (Self::Count, "count")];

        fn begins_with_most(self) -> bool {
            self == Self::Count
        }
    }

    #[test]
    fn an_order_is_read_as_it_is_written_and_nothing_else_is() {
        for (column, descending) in [(Column::Name, false), (Column::Count, true)] {
            let order = Order { column, descending };
            assert_eq!(Order::read(Some(&order.write())), Some(order));
        }
        for wrong in [None, Some(""), Some("-"), Some("size"), Some("--name"), Some("Name")] {
            assert_eq!(Order::<Column>::read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_head_sorts_and_the_same_again_turns_round() {
        let href = |current: Option<&str>, column| {
            let head = head(column, "", true, Order::read(current), "?days=7");
            (head.href, head.sorted)
        };
        assert_eq!(href(None, Column::Count), ("?days=7&sort=-count".to_owned(), None));
        assert_eq!(
            href(Some("-count"), Column::Count),
            ("?days=7&sort=count".to_owned(), Some("descending"))
        );
        assert_eq!(href(Some("count"), Column::Count), ("?days=7&sort=-count".to_owned(), Some("ascending")));
        assert_eq!(href(Some("count"), Column::Name), ("?days=7&sort=name".to_owned(), None));
    }
}
