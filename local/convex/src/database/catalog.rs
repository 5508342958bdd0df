//! Which tables and indexes there are, and the schema in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::{IndexId, Key};
use crate::schema::{IndexDefinition, Schema, TableSchema};
use crate::values::TableNumber;

pub(crate) const SCHEDULED_FUNCTIONS: &str = "_scheduled_functions";
pub(crate) const STORAGE: &str = "_storage";
/// The internal index of the jobs by state and due time.
pub(super) const JOBS_BY_STATE: &str = "by_state";

/// The tables that exist from the start, in the order of their numbers.
pub(super) const SYSTEM_TABLES: [&str; 2] = [SCHEDULED_FUNCTIONS, STORAGE];

/// Everything but the documents. It changes rarely, so states share it as a whole.
#[derive(Clone, Debug)]
pub(super) struct Catalog {
    tables: BTreeMap<TableNumber, Table>,
    numbers: BTreeMap<String, TableNumber>,
    next_number: TableNumber,
    /// What documents are checked against; nothing before the first schema is applied.
    pub(super) schema: Option<Arc<Schema>>,
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// The indexes over fields. `by_id` and `by_creation_time` come on top.
    pub(super) indexes: Vec<Index>,
    next_slot: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) id: IndexId,
    pub(super) definition: IndexDefinition,
    /// Not for queries of functions.
    pub(super) internal: bool,
}

impl Catalog {
    pub(super) fn new() -> Self {
        let mut catalog = Self {
            tables: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next_number: TableNumber::FIRST_USER,
            schema: None,
        };
        for (number, name) in (TableNumber::FIRST_SYSTEM.0..).zip(SYSTEM_TABLES) {
            catalog.restore_table(TableNumber(number), name);
        }
        let jobs = catalog.numbers[SCHEDULED_FUNCTIONS];
        let definition = IndexDefinition {
            name: JOBS_BY_STATE.to_owned(),
            fields: vec!["state.kind".to_owned(), "scheduledTime".to_owned()],
        };
        if let Some(index) = catalog.add_index(jobs, definition) {
            index.internal = true;
        }
        catalog
    }

    /// Adds a table under a number that it already has.
    pub(super) fn restore_table(&mut self, number: TableNumber, name: &str) {
        self.numbers.insert(name.to_owned(), number);
        self.tables.insert(
            number,
            Table {
                name: name.to_owned(),
                indexes: Vec::new(),
                next_slot: IndexId::BUILT_IN,
            },
        );
        if number >= self.next_number {
            self.next_number = TableNumber(number.0 + 1);
        }
    }

    /// The number of the next table that is made.
    pub(super) fn next_number(&self) -> TableNumber {
        self.next_number
    }

    pub(super) fn create_table(&mut self, name: &str) -> TableNumber {
        let number = self.next_number;
        self.restore_table(number, name);
        number
    }

    pub(super) fn add_index(
        &mut self,
        table: TableNumber,
        definition: IndexDefinition,
    ) -> Option<&mut Index> {
        let entry = self.tables.get_mut(&table)?;
        entry.indexes.push(Index {
            id: IndexId::defined(table, entry.next_slot),
            definition,
            internal: false,
        });
        entry.next_slot += 1;
        entry.indexes.last_mut()
    }

    pub(super) fn remove_index(&mut self, table: TableNumber, name: &str) {
        if let Some(table) = self.tables.get_mut(&table) {
            table.indexes.retain(|index| index.definition.name != name);
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<TableNumber> {
        self.numbers.get(name).copied()
    }

    pub(super) fn table(&self, number: TableNumber) -> Option<&Table> {
        self.tables.get(&number)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = (TableNumber, &Table)> {
        self.tables.iter().map(|(number, table)| (*number, table))
    }

    /// What the documents of a table must fit.
    pub(super) fn schema_of(&self, table: &str) -> Option<&TableSchema> {
        let schema = self.schema.as_ref().filter(|schema| schema.validate)?;
        schema.tables.get(table)
    }
}

impl Table {
    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes
            .iter()
            .find(|index| index.definition.name == name)
    }
}

/// Whether only the deployment itself writes the table.
pub(crate) fn is_system_table(name: &str) -> bool {
    name.starts_with('_')
}

/// Places in [`IndexId::CATALOG`].
pub(super) mod place {
    use super::{Arc, Key};

    pub(in crate::database) fn table(name: &str) -> Key {
        key(&format!("table {name}"))
    }

    pub(in crate::database) fn index(table: &str, name: &str) -> Key {
        key(&format!("index {table}.{name}"))
    }

    pub(in crate::database) fn next_number() -> Key {
        key("next number")
    }

    pub(in crate::database) fn schema() -> Key {
        key("schema")
    }

    fn key(text: &str) -> Key {
        Arc::from(text.as_bytes())
    }
}
