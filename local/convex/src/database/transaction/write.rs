//! Writing documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Access, Transaction};
use crate::database::catalog::{is_system_table, place};
use crate::database::error::DatabaseError;
use crate::database::key::{IndexId, id_key};
use crate::database::state::{Change, Document};
use crate::schema::{Mismatch, is_identifier};
use crate::values::{DocumentId, Fields, InternalId, TableNumber, Value, fields_size};

/// The most bytes of a document, by Convex's measure.
const MAXIMUM_DOCUMENT_SIZE: usize = 1 << 20;

/// On whose behalf a write is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    Function,
    Deployment,
}

impl Transaction {
    /// Inserts a document for a function. The table is made at its first document.
    pub(crate) fn insert(
        &mut self,
        table: &str,
        fields: Fields,
        id_seed: InternalId,
        now_milliseconds: f64,
    ) -> Result<DocumentId, DatabaseError> {
        self.insert_as(Writer::Function, table, fields, id_seed, now_milliseconds)
    }

    /// Changes single fields of a document; `None` removes a field.
    pub(crate) fn patch(
        &mut self,
        id: DocumentId,
        patch: BTreeMap<String, Option<Value>>,
    ) -> Result<Document, DatabaseError> {
        self.patch_as(Writer::Function, id, patch)
    }

    /// Replaces all fields of a document but those of the system.
    pub(crate) fn replace(
        &mut self,
        id: DocumentId,
        fields: Fields,
    ) -> Result<Document, DatabaseError> {
        self.replace_as(Writer::Function, id, fields)
    }

    /// Deletes a document and returns what it was.
    pub(crate) fn remove(&mut self, id: DocumentId) -> Result<Document, DatabaseError> {
        self.remove_as(Writer::Function, id)
    }

    pub(super) fn insert_as(
        &mut self,
        writer: Writer,
        table: &str,
        mut fields: Fields,
        id_seed: InternalId,
        now_milliseconds: f64,
    ) -> Result<DocumentId, DatabaseError> {
        self.begin_write(writer, table)?;
        settle_system_fields(&mut fields, None)?;
        let (number, is_new) = self.number_for_insert(table)?;
        let fields = self.checked(table, number, fields)?;
        let id = DocumentId {
            table: number,
            internal: id_seed,
        };
        let key = id_key(id);
        let taken = self.layer.state.document_at(number, &key).is_some();
        self.reads.add_point(IndexId::by_id(number), key);
        if taken {
            return Err(DatabaseError::IdTaken { id: id.to_string() });
        }
        let creation_time = now_milliseconds.max(self.layer.last_creation_time.next_up());
        let document = self.complete(fields, id, creation_time)?;
        if is_new {
            self.create_table(number, table);
        }
        self.layer.last_creation_time = creation_time;
        self.write(id, None, Some(document));
        Ok(id)
    }

    pub(super) fn patch_as(
        &mut self,
        writer: Writer,
        id: DocumentId,
        patch: BTreeMap<String, Option<Value>>,
    ) -> Result<Document, DatabaseError> {
        let (table, old) = self.existing(writer, id, "Update")?;
        let mut fields = Fields::clone(&old);
        for (name, value) in patch {
            match value {
                Some(value) => {
                    fields.insert(name, value);
                }
                None if name.starts_with('_') => {
                    return Err(DatabaseError::SystemField { field: name });
                }
                None => {
                    fields.remove(&name);
                }
            }
        }
        self.overwrite(&table, id, old, fields)
    }

    pub(super) fn replace_as(
        &mut self,
        writer: Writer,
        id: DocumentId,
        fields: Fields,
    ) -> Result<Document, DatabaseError> {
        let (table, old) = self.existing(writer, id, "Replace")?;
        self.overwrite(&table, id, old, fields)
    }

    pub(super) fn remove_as(
        &mut self,
        writer: Writer,
        id: DocumentId,
    ) -> Result<Document, DatabaseError> {
        let (_, old) = self.existing(writer, id, "Delete")?;
        self.write(id, Some(old.clone()), None);
        Ok(old)
    }

    fn overwrite(
        &mut self,
        table: &str,
        id: DocumentId,
        old: Document,
        mut fields: Fields,
    ) -> Result<Document, DatabaseError> {
        settle_system_fields(&mut fields, Some(&old))?;
        let fields = self.checked(table, id.table, fields)?;
        let creation_time = match old.get("_creationTime") {
            Some(Value::Float64(time)) => *time,
            _ => 0.0,
        };
        let new = self.complete(fields, id, creation_time)?;
        self.write(id, Some(old), Some(new.clone()));
        Ok(new)
    }

    /// The document that a write needs, and the name of its table.
    fn existing(
        &mut self,
        writer: Writer,
        id: DocumentId,
        verb: &'static str,
    ) -> Result<(String, Document), DatabaseError> {
        let missing = || DatabaseError::NonexistentDocument {
            verb,
            id: id.to_string(),
        };
        let table = self.table_name(id.table);
        self.begin_write(writer, table.as_deref().unwrap_or_default())?;
        let document = self.get(id)?.ok_or_else(missing)?;
        Ok((table.ok_or_else(missing)?, document))
    }

    fn begin_write(&mut self, writer: Writer, table: &str) -> Result<(), DatabaseError> {
        if self.access == Access::Read {
            return Err(DatabaseError::ReadOnly);
        }
        if writer == Writer::Function && is_system_table(table) {
            let name = table.to_owned();
            return Err(DatabaseError::SystemTable { name });
        }
        self.meter.write()?;
        // Another schema checks other things and has other indexes.
        self.reads.add_point(IndexId::CATALOG, place::schema());
        Ok(())
    }

    fn number_for_insert(&mut self, table: &str) -> Result<(TableNumber, bool), DatabaseError> {
        if let Some(number) = self.table_number(table) {
            return Ok((number, false));
        }
        if !is_identifier(table) {
            let name = table.to_owned();
            return Err(DatabaseError::InvalidTableName { name });
        }
        self.reads.add_point(IndexId::CATALOG, place::next_number());
        Ok((self.layer.state.catalog.next_number(), true))
    }

    fn create_table(&mut self, number: TableNumber, name: &str) {
        Arc::make_mut(&mut self.layer.state.catalog).restore_table(number, name);
        self.layer.created_tables.push((number, name.to_owned()));
    }

    /// The fields again, if they fit the schema.
    fn checked(
        &self,
        table: &str,
        number: TableNumber,
        fields: Fields,
    ) -> Result<Fields, DatabaseError> {
        let catalog = &self.layer.state.catalog;
        let Some(validator) = catalog
            .schema_of(table)
            .and_then(|schema| schema.document.as_ref())
        else {
            return Ok(fields);
        };
        // A table that is being made is not in the catalog yet, and may hold ids of its own.
        let tables = |name: &str| catalog.number(name).or((name == table).then_some(number));
        let value = Value::Object(fields);
        let mismatch = |mismatch: Mismatch| DatabaseError::SchemaMismatch {
            table: table.to_owned(),
            mismatch: Box::new(mismatch),
        };
        validator.check(&value, &tables).map_err(mismatch)?;
        Ok(match value {
            Value::Object(fields) => fields,
            _ => Fields::new(),
        })
    }

    /// Adds the system's fields and looks at the size.
    fn complete(
        &mut self,
        mut fields: Fields,
        id: DocumentId,
        creation_time: f64,
    ) -> Result<Document, DatabaseError> {
        fields.insert("_id".to_owned(), Value::String(id.to_string()));
        fields.insert("_creationTime".to_owned(), Value::Float64(creation_time));
        let size = fields_size(&fields);
        if size > MAXIMUM_DOCUMENT_SIZE {
            let limit = MAXIMUM_DOCUMENT_SIZE;
            return Err(DatabaseError::DocumentTooLarge { size, limit });
        }
        self.meter.written(size)?;
        self.layer.awaits_commit |= fields.values().any(Value::awaits_commit);
        Ok(Arc::new(fields))
    }

    fn write(&mut self, id: DocumentId, old: Option<Document>, new: Option<Document>) {
        let change = Change { old, new };
        let entries = self.layer.state.entries(id, &change);
        self.layer.state.apply(&entries);
        let original = match self.layer.changes.remove(&id) {
            Some(earlier) => earlier.old,
            None => change.old,
        };
        if original.is_some() || change.new.is_some() {
            let (old, new) = (original, change.new);
            self.layer.changes.insert(id, Change { old, new });
        }
    }
}

/// Takes the system's fields out. They may only be given as they are.
fn settle_system_fields(fields: &mut Fields, old: Option<&Document>) -> Result<(), DatabaseError> {
    let is_own = |name: &String, value: &Value| {
        ["_id", "_creationTime"].contains(&name.as_str())
            && old.is_some_and(|old| old.get(name) == Some(value))
    };
    let mut names = fields.iter().filter(|(name, _)| name.starts_with('_'));
    if let Some((name, _)) = names.find(|(name, value)| !is_own(name, value)) {
        let field = name.clone();
        return Err(DatabaseError::SystemField { field });
    }
    fields.retain(|name, _| !name.starts_with('_'));
    Ok(())
}
