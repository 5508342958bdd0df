use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::interval_tree::IntervalTree;
use super::super::key::{IndexId, Interval, Key};
use super::super::reads::WriteSet;
use super::*;
use crate::values::TableNumber;

fn listen(
    database: &Database,
    reads: ReadSet,
    since: Timestamp,
) -> (Subscription, mpsc::Receiver<Timestamp>) {
    let (sender, receiver) = mpsc::channel();
    let on_invalid = Box::new(move |timestamp| sender.send(timestamp).unwrap());
    (
        database.subscribe(Arc::new(reads), since, on_invalid),
        receiver,
    )
}

fn point(database: &Database, id: DocumentId) -> (Subscription, mpsc::Receiver<Timestamp>) {
    let snapshot = database.latest();
    let mut read = snapshot.read();
    read.get(id).unwrap();
    listen(database, read.into_reads(), snapshot.timestamp())
}

#[test]
fn only_what_was_read_matters_and_once() {
    let database = memory();
    let ids: Vec<_> = (0..4)
        .map(|number| put(&database, "notes", number, json!({})))
        .collect();
    let (_zero, zero) = point(&database, ids[0]);
    let (_one, one) = point(&database, ids[1]);
    let (dropped, silent) = point(&database, ids[1]);
    drop(dropped);
    let (_scan, scanned) = {
        let mut read = database.latest().read();
        all(&mut read, &scan("notes"));
        listen(&database, read.into_reads(), database.latest().timestamp())
    };
    for _ in 0..2 {
        let mut transaction = database.begin();
        transaction
            .replace(ids[1], fields(json!({"a": 1})))
            .unwrap();
        block_on(database.commit(transaction)).unwrap();
    }
    assert_eq!(one.try_iter().count(), 1);
    assert_eq!(scanned.try_iter().count(), 1);
    assert_eq!((zero.try_iter().count(), silent.try_iter().count()), (0, 0));
}

#[test]
fn a_result_that_is_already_old_is_told_at_once() {
    let database = memory();
    let id = put(&database, "notes", 1, json!({}));
    let old = database.latest();
    let mut read = old.read();
    read.get(id).unwrap();
    let mut transaction = database.begin();
    transaction.remove(id).unwrap();
    let timestamp = block_on(database.commit(transaction)).unwrap();
    let (_subscription, receiver) = listen(&database, read.into_reads(), old.timestamp());
    assert_eq!(receiver.try_recv(), Ok(timestamp));
}

#[test]
fn nothing_is_left_of_what_ended() {
    let database = memory();
    let id = put(&database, "notes", 1, json!({}));
    let (kept, _receiver) = point(&database, id);
    let mut read = database.latest().read();
    all(&mut read, &scan("notes"));
    let (fired, _receiver) = listen(&database, read.into_reads(), database.latest().timestamp());
    put(&database, "notes", 2, json!({}));
    drop((kept, fired));
    assert!(database.0.shared.subscriptions.is_empty());
}

fn key() -> impl Strategy<Value = Key> {
    prop::collection::vec(0_u8..4, 0..3).prop_map(Key::from)
}

fn interval() -> impl Strategy<Value = Interval> {
    (key(), prop::option::of(key())).prop_map(|(start, end)| Interval { start, end })
}

fn has(interval: &Interval, key: &Key) -> bool {
    interval.start <= *key && interval.end.as_ref().is_none_or(|end| key < end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_read_set_contains_what_was_added(
        ranges in prop::collection::vec(interval(), 0..8),
        points in prop::collection::vec(key(), 0..3),
        probes in prop::collection::vec(key(), 20),
    ) {
        let index = IndexId::by_id(TableNumber(1));
        let mut reads = ReadSet::default();
        for range in &ranges {
            reads.add_range(index, range.clone());
        }
        for point in &points {
            reads.add_point(index, point.clone());
        }
        for probe in probes {
            let expected = points.contains(&probe) || ranges.iter().any(|range| has(range, &probe));
            let mut writes = WriteSet::default();
            writes.add(index, probe);
            prop_assert_eq!(reads.overlaps(&writes), expected);
        }
    }

    #[test]
    fn the_tree_finds_the_intervals_around_a_key(
        intervals in prop::collection::vec((interval(), any::<bool>()), 0..24),
        probes in prop::collection::vec(key(), 20),
    ) {
        let mut tree = IntervalTree::default();
        for (owner, (interval, _)) in (0..).zip(&intervals) {
            tree.insert(interval.clone(), owner);
        }
        for (owner, (interval, kept)) in (0..).zip(&intervals) {
            if !kept {
                tree.remove(&interval.start, owner);
            }
        }
        for probe in probes {
            let mut found = BTreeSet::new();
            tree.containing(&probe, &mut |owner| {
                found.insert(owner);
            });
            let around = (0..).zip(&intervals).filter(|(_, (interval, kept))| *kept && has(interval, &probe));
            prop_assert_eq!(found, around.map(|(owner, _)| owner).collect::<BTreeSet<u64>>());
        }
    }
}
