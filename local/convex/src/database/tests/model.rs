//! The database as it would be without indexes: a list that is filtered and sorted for every query.

use proptest::prelude::*;

use super::*;
use crate::values::{TableNumber, sort_key};

const TABLES: [&str; 2] = ["a", "b"];
const FIRST_TABLE: u32 = 10_001;

/// What came out of one operation.
pub(super) type Output = Result<Vec<Fields>, &'static str>;

/// A document by table and number; both are small, so that operations meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    table: usize,
    number: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Insert(Target, Fields),
    Patch(Target, BTreeMap<String, Option<Value>>),
    Replace(Target, Fields),
    Remove(Target),
    Get(Target),
    Query(Select),
    Begin,
    Keep,
    Undo,
}

/// A query, of which the first `take` rows are read.
#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) table: usize,
    pub(super) index: &'static str,
    pub(super) conditions: Vec<(&'static str, Option<Value>)>,
    pub(super) descending: bool,
    pub(super) filter: Option<(&'static str, Option<Value>)>,
    pub(super) limit: Option<usize>,
    pub(super) take: usize,
}

/// The indexes of both tables; which there are is part of a history.
#[derive(Clone, Copy, Debug)]
pub(super) enum Indexes {
    None,
    Both,
    /// Under the same names, over other fields.
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    documents: Vec<(Target, Fields)>,
    indexes: Indexes,
}

impl Target {
    pub(super) fn id(self) -> DocumentId {
        DocumentId {
            table: TableNumber(FIRST_TABLE + self.table as u32),
            internal: seed(self.number),
        }
    }
}

impl Indexes {
    fn definitions(self) -> Vec<IndexDefinition> {
        match self {
            Self::None => Vec::new(),
            Self::Both => vec![index("by_x", &["x"]), index("by_xy", &["x", "y.z"])],
            Self::Other => vec![index("by_x", &["y.z"])],
        }
    }

    pub(super) fn schema(self) -> Schema {
        let table = TableSchema {
            indexes: self.definitions(),
            document: None,
        };
        let tables = TABLES.map(|name| (name.to_owned(), table.clone()));
        Schema {
            tables: tables.into_iter().collect(),
            validate: true,
        }
    }

    pub(super) fn fields(self, index: &str) -> Option<Vec<String>> {
        let own = match index {
            "by_creation_time" => Vec::new(),
            "by_id" => return Some(vec!["_id".to_owned()]),
            name => {
                let mut definitions = self.definitions().into_iter();
                definitions
                    .find(|definition| definition.name == name)?
                    .fields
            }
        };
        Some(
            own.into_iter()
                .chain(["_creationTime".to_owned()])
                .collect(),
        )
    }
}

impl Select {
    /// `None` when the index does not exist, and there are no fields to name.
    pub(super) fn json(&self, indexes: Indexes) -> Json {
        let fields = indexes.fields(self.index).unwrap_or_default();
        let range: Vec<_> = self
            .placed(&fields)
            .into_iter()
            .map(|(kind, field, value)| json!({"type": kind, "fieldPath": field, "value": to_json(value)}))
            .collect();
        let mut operators = Vec::new();
        if let Some((operator, value)) = &self.filter {
            operators.push(json!({"filter": {*operator: [{"$field": "x"}, {"$literal": to_json(value.as_ref())}]}}));
        }
        operators.extend(self.limit.map(|limit| json!({"limit": limit})));
        json!({
            "source": {
                "type": "IndexRange",
                "indexName": format!("{}.{}", TABLES[self.table], self.index),
                "range": range,
                "order": if self.descending { "desc" } else { "asc" },
            },
            "operators": operators,
        })
    }

    /// The conditions on the fields that they may be on: equalities in order, bounds on the next field.
    fn placed<'a>(
        &'a self,
        fields: &'a [String],
    ) -> Vec<(&'static str, &'a str, Option<&'a Value>)> {
        let mut at = 0;
        let mut placed: Vec<(&'static str, &str, _)> = Vec::new();
        for (kind, value) in &self.conditions {
            let Some(field) = fields.get(at) else { break };
            let side = |kind: &str| kind.as_bytes()[0];
            let on_field = placed.iter().filter(|(_, other, _)| other == field);
            let mut sides = on_field.map(|(other, _, _)| side(other));
            if *kind == "Eq" {
                if sides.next().is_some() {
                    break;
                }
                at += 1;
            } else if sides.any(|other| other == side(kind)) {
                break;
            }
            placed.push((kind, field, value.as_ref()));
        }
        placed
    }
}

impl Model {
    pub(super) fn new(indexes: Indexes) -> Self {
        Self {
            documents: Vec::new(),
            indexes,
        }
    }

    pub(super) fn set_indexes(&mut self, indexes: Indexes) {
        self.indexes = indexes;
    }

    pub(super) fn run(&mut self, operations: &[Operation]) -> Vec<Output> {
        let mut time = f64::NEG_INFINITY;
        let mut outer = Vec::new();
        let outputs = operations
            .iter()
            .map(|operation| match operation {
                Operation::Begin => {
                    outer.push((self.documents.clone(), time));
                    Ok(Vec::new())
                }
                Operation::Keep => {
                    outer.pop();
                    Ok(Vec::new())
                }
                Operation::Undo => {
                    if let Some(saved) = outer.pop() {
                        (self.documents, time) = saved;
                    }
                    Ok(Vec::new())
                }
                other => self.apply(other, &mut time),
            })
            .collect();
        if !outer.is_empty() {
            self.documents = outer.swap_remove(0).0;
        }
        outputs
    }

    fn apply(&mut self, operation: &Operation, time: &mut f64) -> Output {
        let position =
            |target: &Target| self.documents.iter().position(|(other, _)| other == target);
        let existing = |target: &Target| position(target).ok_or("NonexistentDocument");
        match operation {
            Operation::Insert(target, fields) => {
                if position(target).is_some() {
                    return Err("DuplicateDocumentId");
                }
                *time = time.next_up().max(now(*target));
                let mut fields = fields.clone();
                fields.insert("_id".to_owned(), Value::String(target.id().to_string()));
                fields.insert("_creationTime".to_owned(), Value::Float64(*time));
                self.documents.push((*target, fields));
                Ok(Vec::new())
            }
            Operation::Patch(target, patch) => {
                let at = existing(target)?;
                let document = &mut self.documents[at].1;
                for (name, value) in patch {
                    match value {
                        Some(value) => document.insert(name.clone(), value.clone()),
                        None => document.remove(name),
                    };
                }
                Ok(vec![document.clone()])
            }
            Operation::Replace(target, fields) => {
                let at = existing(target)?;
                let document = &mut self.documents[at].1;
                document.retain(|name, _| name.starts_with('_'));
                document.extend(fields.clone());
                Ok(vec![document.clone()])
            }
            Operation::Remove(target) => Ok(vec![self.documents.remove(existing(target)?).1]),
            Operation::Get(target) => Ok(position(target)
                .map(|at| self.documents[at].1.clone())
                .into_iter()
                .collect()),
            Operation::Query(select) => self.select(select),
            Operation::Begin | Operation::Keep | Operation::Undo => Ok(Vec::new()),
        }
    }

    pub(super) fn select(&self, select: &Select) -> Output {
        let rows = self.rows(select).ok_or("IndexNotFound")?;
        let filtered = rows.into_iter().filter(|document| passes(document, select));
        let most = select.limit.unwrap_or(usize::MAX).min(select.take);
        Ok(filtered.take(most).collect())
    }

    /// What is in the range, in its order.
    fn rows(&self, select: &Select) -> Option<Vec<Fields>> {
        let fields = self.indexes.fields(select.index)?;
        let conditions = select.placed(&fields);
        let in_table = self
            .documents
            .iter()
            .filter(|(target, _)| target.table == select.table);
        let mut rows: Vec<_> = in_table
            .filter(|(_, document)| {
                conditions.iter().all(|(kind, field, value)| {
                    holds(kind, &key(Value::at_path(document, field)), &key(*value))
                })
            })
            .map(|(target, document)| {
                let keys: Vec<_> = fields
                    .iter()
                    .map(|field| key(Value::at_path(document, field)))
                    .collect();
                (keys, target.id(), document.clone())
            })
            .collect();
        rows.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        if select.descending {
            rows.reverse();
        }
        Some(rows.into_iter().map(|(_, _, document)| document).collect())
    }
}

fn passes(document: &Fields, select: &Select) -> bool {
    select.filter.as_ref().is_none_or(|(operator, value)| {
        let kind = match *operator {
            "$eq" => "Eq",
            "$lt" => "Lt",
            _ => "Gte",
        };
        holds(kind, &key(document.get("x")), &key(value.as_ref()))
    })
}

fn holds(kind: &str, left: &[u8], right: &[u8]) -> bool {
    match kind {
        "Eq" => left == right,
        "Gt" => left > right,
        "Gte" => left >= right,
        "Lt" => left < right,
        _ => left <= right,
    }
}

fn key(value: Option<&Value>) -> Vec<u8> {
    let mut key = Vec::new();
    sort_key(value, &mut key);
    key
}

fn to_json(value: Option<&Value>) -> Json {
    value.map_or_else(|| json!({"$undefined": null}), Value::to_json)
}

fn now(target: Target) -> f64 {
    1000.0 + (target.number / 2) as f64
}

/// Runs the same operations on the database.
pub(super) fn run(
    transaction: &mut Transaction,
    operations: &[Operation],
    indexes: Indexes,
) -> Vec<Output> {
    operations
        .iter()
        .map(|operation| apply(transaction, operation, indexes))
        .collect()
}

fn apply(transaction: &mut Transaction, operation: &Operation, indexes: Indexes) -> Output {
    let documents = match operation {
        Operation::Insert(target, fields) => transaction
            .insert(
                TABLES[target.table],
                fields.clone(),
                seed(target.number),
                now(*target),
            )
            .map(|_| Vec::new()),
        Operation::Patch(target, patch) => transaction
            .patch(target.id(), patch.clone())
            .map(|new| vec![new]),
        Operation::Replace(target, fields) => transaction
            .replace(target.id(), fields.clone())
            .map(|new| vec![new]),
        Operation::Remove(target) => transaction.remove(target.id()).map(|old| vec![old]),
        Operation::Get(target) => transaction
            .get(target.id())
            .map(|found| found.into_iter().collect()),
        Operation::Query(select) => return query(transaction, select, indexes),
        Operation::Begin => {
            transaction.begin_nested(LIMITS);
            Ok(Vec::new())
        }
        Operation::Keep => {
            transaction.keep_nested();
            Ok(Vec::new())
        }
        Operation::Undo => {
            transaction.undo_nested();
            Ok(Vec::new())
        }
    };
    plain(documents)
}

pub(super) fn query(transaction: &mut Transaction, select: &Select, indexes: Indexes) -> Output {
    let number = transaction
        .open_query(&select.json(indexes))
        .map_err(|error| error.code())?;
    let rows = std::iter::from_fn(|| transaction.next(number).transpose());
    let rows = rows.take(select.take).collect();
    transaction.close_query(number);
    plain(rows)
}

fn plain(documents: Result<Vec<Document>, DatabaseError>) -> Output {
    let documents = documents.map_err(|error| error.code())?;
    Ok(documents
        .iter()
        .map(|document| (**document).clone())
        .collect())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::from(1.0)),
        Just(Value::from(1001.0)),
        Just(Value::from(-0.0)),
        Just(Value::Int64(300)),
        Just(Value::from(true)),
        Just(Value::from("a")),
        Just(Value::from("a\0b")),
        Just(Value::Bytes(vec![0, 255])),
        Just(Value::Array(vec![Value::from("a")])),
        Just(Value::Object(Fields::from([(
            "z".to_owned(),
            Value::from(1.0)
        )]))),
    ]
}

fn optional() -> impl Strategy<Value = Option<Value>> {
    prop::option::weighted(0.9, value())
}

fn document() -> impl Strategy<Value = Fields> {
    (optional(), optional()).prop_map(|(x, z)| {
        let y = z.map(|z| Value::Object(Fields::from([("z".to_owned(), z)])));
        let named = [("x", x), ("y", y)].into_iter();
        named
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    })
}

fn target() -> impl Strategy<Value = Target> {
    (0..TABLES.len(), 0..10_u64).prop_map(|(table, number)| Target { table, number })
}

pub(super) fn select() -> impl Strategy<Value = Select> {
    let kind = prop_oneof![2 => Just("Eq"), 1 => Just("Gt"), 1 => Just("Gte"), 1 => Just("Lt"), 1 => Just("Lte")];
    let index = prop_oneof![
        Just("by_creation_time"),
        Just("by_id"),
        Just("by_x"),
        Just("by_xy")
    ];
    let filter = (
        prop_oneof![Just("$eq"), Just("$lt"), Just("$gte")],
        optional(),
    );
    (
        (
            0..TABLES.len(),
            index,
            prop::collection::vec((kind, optional()), 0..4),
        ),
        any::<bool>(),
        prop::option::weighted(0.3, filter),
        prop::option::weighted(0.3, 0..4_usize),
        prop_oneof![Just(usize::MAX), 0..4_usize],
    )
        .prop_map(
            |((table, index, conditions), descending, filter, limit, take)| Select {
                table,
                index,
                conditions,
                descending,
                filter,
                limit,
                take,
            },
        )
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let patch = document().prop_map(|fields| {
        let changes = ["x", "y"].map(|name| (name.to_owned(), fields.get(name).cloned()));
        changes.into_iter().collect()
    });
    prop_oneof![
        6 => (target(), document()).prop_map(|(target, fields)| Operation::Insert(target, fields)),
        2 => (target(), patch).prop_map(|(target, patch)| Operation::Patch(target, patch)),
        1 => (target(), document()).prop_map(|(target, fields)| Operation::Replace(target, fields)),
        1 => target().prop_map(Operation::Remove),
        1 => target().prop_map(Operation::Get),
        5 => select().prop_map(Operation::Query),
        1 => Just(Operation::Begin),
        1 => Just(Operation::Keep),
        1 => Just(Operation::Undo),
    ]
}

pub(super) fn indexes_of_a_history() -> impl Strategy<Value = Indexes> {
    prop_oneof![1 => Just(Indexes::None), 3 => Just(Indexes::Both), 1 => Just(Indexes::Other)]
}
