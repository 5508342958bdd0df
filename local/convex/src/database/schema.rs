//! Applying a schema: existing documents are checked, then tables and indexes are made, filled and dropped at once.

use std::sync::Arc;

use super::catalog::{Catalog, is_system_table, place};
use super::error::SchemaError;
use super::key::IndexId;
use super::reads::WriteSet;
use super::state::{State, id_of};
use super::storage::Row;
use crate::schema::{IndexDefinition, Schema, Validator, is_identifier};
use crate::values::{Fields, TableNumber, Value};

/// What applying a schema does.
pub(super) struct Application {
    pub(super) state: State,
    pub(super) writes: WriteSet,
    pub(super) rows: Vec<Row>,
}

impl Application {
    /// `None` when the schema is in force already.
    pub(super) fn of(schema: &Schema, state: &State) -> Result<Option<Self>, SchemaError> {
        if state.catalog.schema.as_deref() == Some(schema) {
            return Ok(None);
        }
        let mut application = Self {
            state: state.clone(),
            writes: WriteSet::default(),
            rows: Vec::new(),
        };
        application.create_tables(schema)?;
        check_documents(schema, &application.state)?;
        application.drop_indexes(schema);
        application.create_indexes(schema);
        application.catalog().schema = Some(Arc::new(schema.clone()));
        application.writes.add(IndexId::CATALOG, place::schema());
        Ok(Some(application))
    }

    fn catalog(&mut self) -> &mut Catalog {
        Arc::make_mut(&mut self.state.catalog)
    }

    fn create_tables(&mut self, schema: &Schema) -> Result<(), SchemaError> {
        for name in schema.tables.keys() {
            if !is_identifier(name) {
                return Err(SchemaError::TableName(name.clone()));
            }
            if self.state.catalog.number(name).is_some() {
                continue;
            }
            let number = self.catalog().create_table(name);
            self.writes.add(IndexId::CATALOG, place::table(name));
            self.writes.add(IndexId::CATALOG, place::next_number());
            let name = name.clone();
            self.rows.push(Row::Table { number, name });
        }
        Ok(())
    }

    /// Drops what the schema does not have, or has otherwise.
    fn drop_indexes(&mut self, schema: &Schema) {
        let catalog = self.state.catalog.clone();
        for (number, table) in catalog
            .tables()
            .filter(|(_, table)| !is_system_table(&table.name))
        {
            let wanted = schema.tables.get(&table.name);
            for index in &table.indexes {
                if wanted.is_some_and(|wanted| wanted.indexes.contains(&index.definition)) {
                    continue;
                }
                let name = index.definition.name.clone();
                self.catalog().remove_index(number, &name);
                self.state.drop_index(index.id);
                self.writes
                    .add(IndexId::CATALOG, place::index(&table.name, &name));
                self.rows.push(Row::DropIndex {
                    table: number,
                    name,
                });
            }
        }
    }

    fn create_indexes(&mut self, schema: &Schema) {
        for (name, table) in &schema.tables {
            let Some(number) = self.state.catalog.number(name) else {
                continue;
            };
            for definition in &table.indexes {
                self.create_index(number, name, definition);
            }
        }
    }

    fn create_index(&mut self, number: TableNumber, table: &str, definition: &IndexDefinition) {
        let entry = self.state.catalog.table(number);
        if entry.is_some_and(|entry| entry.index(&definition.name).is_some()) {
            return;
        }
        let Some(id) = self
            .catalog()
            .add_index(number, definition.clone())
            .map(|index| index.id)
        else {
            return;
        };
        self.state.fill_index(number, id, &definition.fields);
        self.writes
            .add(IndexId::CATALOG, place::index(table, &definition.name));
        self.rows.push(Row::Index {
            table: number,
            definition: definition.clone(),
        });
    }
}

fn check_documents(schema: &Schema, state: &State) -> Result<(), SchemaError> {
    if !schema.validate {
        return Ok(());
    }
    for (name, table) in &schema.tables {
        if let Some(validator) = &table.document
            && let Some(number) = state.catalog.number(name)
        {
            check_table(name, number, validator, state)?;
        }
    }
    Ok(())
}

fn check_table(
    name: &str,
    number: TableNumber,
    validator: &Validator,
    state: &State,
) -> Result<(), SchemaError> {
    let tables = |name: &str| state.catalog.number(name);
    for document in state.documents(number) {
        let own = document.iter().filter(|(name, _)| !name.starts_with('_'));
        let fields: Fields = own
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        validator
            .check(&Value::Object(fields), &tables)
            .map_err(|mismatch| SchemaError::Mismatch {
                table: name.to_owned(),
                id: id_of(document).map(|id| id.to_string()).unwrap_or_default(),
                mismatch: Box::new(mismatch),
            })?;
    }
    Ok(())
}
