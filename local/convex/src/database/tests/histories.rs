//! Random histories, compared with a model that knows no indexes, no snapshots and no concurrency.

use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::model::{
    Indexes, Model, Operation, Output, Select, indexes_of_a_history, operation, query, run, select,
};
use super::*;

/// Two transactions that begin together, and a change of the indexes before them.
#[derive(Clone, Debug)]
struct Step {
    indexes: Option<Indexes>,
    first: Vec<Operation>,
    second: Vec<Operation>,
}

fn step() -> impl Strategy<Value = Step> {
    let operations = || prop::collection::vec(operation(), 0..8);
    let indexes = prop::option::weighted(0.2, indexes_of_a_history());
    (indexes, operations(), operations()).prop_map(|(indexes, first, second)| Step {
        indexes,
        first,
        second,
    })
}

/// A query whose result is watched.
struct Watched {
    select: Select,
    result: Output,
    fired: Arc<AtomicBool>,
    _subscription: Subscription,
}

fn watch(database: &Database, select: &Select, indexes: Indexes) -> Watched {
    let snapshot = database.latest();
    let mut read = snapshot.read();
    let result = query(&mut read, select, indexes);
    let fired = Arc::new(AtomicBool::new(false));
    let flag = fired.clone();
    let on_invalid = Box::new(move |_| flag.store(true, Ordering::SeqCst));
    let reads = Arc::new(read.into_reads());
    Watched {
        select: select.clone(),
        result,
        fired,
        _subscription: database.subscribe(reads, snapshot.timestamp(), on_invalid),
    }
}

/// A result that differs from what was watched must have been announced.
fn check_watched(
    database: &Database,
    watched: &mut [Watched],
    model: &Model,
    indexes: Indexes,
) -> Result<(), TestCaseError> {
    for entry in watched {
        let result = model.select(&entry.select);
        if entry.fired.load(Ordering::SeqCst) {
            *entry = watch(database, &entry.select, indexes);
        }
        prop_assert_eq!(&entry.result, &result, "{:?}", entry.select);
    }
    Ok(())
}

fn check(
    steps: &[Step],
    selects: &[Select],
    location: &Location,
) -> Result<(Database, Model, Indexes), TestCaseError> {
    let database = Database::open(location, &clock()).unwrap();
    let mut indexes = Indexes::Both;
    let mut model = Model::new(indexes);
    database.apply_schema(&indexes.schema()).unwrap();
    let mut watched: Vec<_> = selects
        .iter()
        .map(|select| watch(&database, select, indexes))
        .collect();
    for step in steps {
        if let Some(next) = step.indexes {
            indexes = next;
            model.set_indexes(next);
            database.apply_schema(&next.schema()).unwrap();
            check_watched(&database, &mut watched, &model, indexes)?;
        }
        let (mut first, mut second) = (database.begin(), database.begin());
        let second_outputs = run(&mut second, &step.second, indexes);
        prop_assert_eq!(
            run(&mut first, &step.first, indexes),
            model.run(&step.first)
        );
        block_on(database.commit(first)).unwrap();
        check_watched(&database, &mut watched, &model, indexes)?;
        // The second saw nothing of the first. It may only be committed when that makes no difference.
        let mut after = model.clone();
        let expected = after.run(&step.second);
        let began = second.timestamp();
        match block_on(database.commit(second)) {
            // Without writes it belongs where it began, before the first.
            Ok(timestamp) if timestamp == began => {}
            Ok(_) => {
                prop_assert_eq!(second_outputs, expected);
                model = after;
            }
            Err(CommitError::Conflict) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
        check_watched(&database, &mut watched, &model, indexes)?;
    }
    Ok((database, model, indexes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_history_goes_as_in_the_model(
        steps in prop::collection::vec(step(), 1..5),
        selects in prop::collection::vec(select(), 0..6),
    ) {
        check(&steps, &selects, &Location::Memory)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_file_comes_back_as_it_was(
        steps in prop::collection::vec(step(), 1..4),
        selects in prop::collection::vec(select(), 6),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::File(directory.path().join("convex.sqlite"));
        let (database, model, indexes) = check(&steps, &selects, &location)?;
        let last = database.latest().timestamp();
        drop(database);
        let database = Database::open(&location, &clock()).unwrap();
        prop_assert!(database.latest().timestamp() > last);
        let mut read = database.latest().read();
        for select in &selects {
            prop_assert_eq!(query(&mut read, select, indexes), model.select(select));
        }
    }
}
