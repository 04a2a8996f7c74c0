package org.pg2citus.source.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.decode.RecordDecoder;
import org.pg2citus.source.failure.SourceFault;

/** What the source writes is read with the sink's decoder: they share a format, but no code. */
final class ChunkRecordsTest {

    private static final int TARGET_BYTES = 4 << 10;
    private static final int MAX_BYTES = 1 << 20;
    private static final TableId ITEM = new TableId("public", "item");
    private static final List<String> COLUMNS = List.of("id", "name", "big");

    private final ChunkRecords records = new ChunkRecords(
            "stream", new SourcePosition("shop", "7", 1, false), 1, oid -> List.of(), TARGET_BYTES, MAX_BYTES);
    private final Messages messages = new Messages(records).relation(1, "item", 'd', "*id", "name", "big");
    private final RecordDecoder decoder = RecordDecoder.ofTextSource();
    private long timeMs = 1_000;

    @Test
    void everyKindOfChange_isReadAsItWasWritten() {
        messages.begin(7)
                .insert(1, "1", "é", null)
                .update(1, "1", "", Messages.UNCHANGED)
                .update(1, 'K', List.of("1", "", ""), "2", "b", Messages.UNCHANGED)
                .delete(1, 'K', "2", null, null)
                .message(true, "pg2citus")
                .message(true, "another")
                .truncate(1);
        long end = messages.commit();

        List<Event> events = events(take());

        Optional<Row> one = Optional.of(Row.of(List.of("id"), "1"));
        Optional<Row> two = Optional.of(Row.of(List.of("id"), "2"));
        assertThat(events)
                .containsExactly(
                        new Event.Begin(7),
                        change(1, new RowChange.Insert(ITEM, one, Row.of(COLUMNS, "1", "é", null))),
                        change(
                                2,
                                new RowChange.Update(
                                        ITEM, one, one, Optional.empty(), Row.of(COLUMNS, "1", "", Row.UNAVAILABLE))),
                        change(
                                3,
                                new RowChange.Update(
                                        ITEM, one, two, Optional.empty(), Row.of(COLUMNS, "2", "b", Row.UNAVAILABLE))),
                        change(4, new RowChange.Delete(ITEM, two, Optional.empty())),
                        new Event.Message(7, 5),
                        change(6, new RowChange.Truncate(ITEM)),
                        new Event.End(7, new org.pg2citus.sink.change.Lsn(end), 6));
    }

    @Test
    void oldKeySentThoughUnchanged_isAPlainUpdate() {
        messages.begin(7).update(1, 'K', List.of("1", "", ""), Messages.UNCHANGED, "b", "c");
        messages.commit();

        Optional<Row> one = Optional.of(Row.of(List.of("id"), "1"));
        assertThat(events(take()).get(1))
                .isEqualTo(change(
                        1, new RowChange.Update(ITEM, one, one, Optional.empty(), Row.of(COLUMNS, "1", "b", "c"))));
    }

    @Test
    void tableWithoutKeyAndFullIdentity_hasItsOldRows() {
        messages.relation(1, "item", 'f', "*id", "*name", "*big")
                .begin(7)
                .insert(1, "1", "a", null)
                .update(1, 'O', List.of("1", "a", "long"), "1", "b", Messages.UNCHANGED)
                .delete(1, 'O', "1", "b", "long");
        messages.commit();

        Row before = Row.of(COLUMNS, "1", "a", "long");
        assertThat(events(take()).subList(1, 4))
                .containsExactly(
                        change(1, new RowChange.Insert(ITEM, Optional.empty(), Row.of(COLUMNS, "1", "a", null))),
                        change(
                                2,
                                new RowChange.Update(
                                        ITEM,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.of(before),
                                        Row.of(COLUMNS, "1", "b", "long"))),
                        change(
                                3,
                                new RowChange.Delete(
                                        ITEM, Optional.empty(), Optional.of(Row.of(COLUMNS, "1", "b", "long")))));
    }

    @Test
    void keyStoredOutOfLineAndNotSent_isAFault() {
        messages.begin(7);
        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> messages.update(1, Messages.UNCHANGED, "b", "c"))
                .withMessageStartingWith("SR021")
                .withMessageContaining("public.item")
                .withMessageContaining("key column id");
    }

    @Test
    void smallTransactions_shareARecordWhoseOffsetIsTheEndOfTheLast() {
        long end = 0;
        for (int xid = 1; xid <= 5; xid++) {
            messages.begin(xid).insert(1, "" + xid, "a", "b");
            end = messages.commit();
        }

        assertThat(take()).singleElement().satisfies(record -> assertThat(completeLsn(record))
                .isEqualTo(ends(events(List.of(record))).get(4)));
        assertThat(end).isPositive();
    }

    @Test
    void openTransaction_isHeldBackAndTheWholeOnesBeforeItAreNot() {
        messages.begin(1).insert(1, "1", "a", "b");
        long first = messages.commit();
        messages.begin(2).insert(1, "2", "a", "b");

        List<SourceRecord> whole = take();
        assertThat(xids(events(whole))).containsExactly(1L);
        assertThat(completeLsn(whole.get(0))).isEqualTo(first);
        assertThat(take()).isEmpty();

        long second = messages.commit();
        List<SourceRecord> rest = take();
        assertThat(xids(events(rest))).containsExactly(2L);
        assertThat(completeLsn(rest.get(0))).isEqualTo(second);
    }

    @Test
    void transactionOfManyRecords_beginsAndEndsWithOneAndIsNumberedThrough() {
        messages.begin(1).insert(1, "0", "before", null);
        long first = messages.commit();
        messages.begin(2);
        for (int i = 1; i <= 1_000; i++) {
            messages.insert(1, "" + i, "x".repeat(20), null);
        }
        long second = messages.commit();
        messages.begin(3).insert(1, "9", "after", null);
        messages.commit();

        List<SourceRecord> taken = take();
        assertThat(taken).hasSizeGreaterThan(8);
        assertThat(taken).allSatisfy(record -> assertThat(bytes(record).length).isLessThan(TARGET_BYTES + 1_100));
        assertThat(xids(events(taken.subList(0, 1)))).containsExactly(1L);
        List<SourceRecord> parts = taken.subList(1, taken.size() - 1);
        assertThat(events(parts.subList(0, 1)).get(0)).isEqualTo(new Event.Begin(2));
        assertThat(parts.subList(0, parts.size() - 1))
                .allSatisfy(part -> assertThat(completeLsn(part)).isEqualTo(first));
        assertThat(completeLsn(parts.get(parts.size() - 1))).isEqualTo(second);
        List<Event> events = events(parts);
        assertThat(events).hasSize(1_002);
        for (int i = 1; i <= 1_000; i++) {
            assertThat(((Event.InTransaction) events.get(i)).order()).isEqualTo(i);
        }
        assertThat(xids(events(taken.subList(taken.size() - 1, taken.size())))).containsExactly(3L);
    }

    @Test
    void everyRecord_isReadAlone() {
        messages.begin(2);
        for (int i = 1; i <= 1_000; i++) {
            messages.insert(1, "" + i, "x".repeat(20), null);
        }
        messages.commit();

        for (SourceRecord record : take()) {
            assertThat(RecordDecoder.ofTextSource().decode(sinkRecord(record))).isNotEmpty();
        }
    }

    @Test
    void tableThatChanges_isReadWithItsColumnsOfThen() {
        messages.begin(1).insert(1, "1", "a", "b");
        messages.commit();
        messages.relation(1, "item", 'd', "*id", "other").begin(2).insert(1, "2", "c");
        messages.commit();

        List<Event> events = events(take());
        assertThat(row(events.get(1)).columns()).isEqualTo(COLUMNS);
        assertThat(row(events.get(4)).columns()).containsExactly("id", "other");
    }

    @Test
    void rowLargerThanTheTarget_isARecordOfItsOwn() {
        messages.begin(1)
                .insert(1, "1", "a", "b")
                .insert(1, "2", "a", "x".repeat(100_000))
                .insert(1, "3", "a", "b");
        messages.commit();

        List<SourceRecord> taken = take();
        assertThat(taken).hasSize(3);
        assertThat(row(events(taken).get(2)).value("big"))
                .hasValueSatisfying(big -> assertThat(big).hasSize(100_000));
    }

    @Test
    void rowBeyondTheProducersLimit_isAFaultThatNamesTableAndColumn() {
        messages.begin(1).insert(1, "1", "a", "b");
        long first = messages.commit();
        messages.begin(2).insert(1, "2", "a", "b");

        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> messages.insert(1, "3", "a", "x".repeat(MAX_BYTES)))
                .withMessageStartingWith("SR031")
                .withMessageContaining("public.item")
                .withMessageContaining("column big")
                .withMessageContaining("producer.override.max.request.size");
        assertThat(take()).singleElement().satisfies(record -> assertThat(completeLsn(record))
                .isEqualTo(first));
    }

    @Test
    void manyWideTables_stayBelowTheTarget() {
        String[] columns = new String[100];
        String[] row = new String[100];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = (i == 0 ? "*" : "") + "column_" + i;
            row[i] = "" + i;
        }
        for (int oid = 100; oid < 200; oid++) {
            messages.relation(oid, "t" + oid, 'd', columns).begin(oid).insert(oid, row);
            messages.commit();
        }

        assertThat(take()).allSatisfy(record -> assertThat(bytes(record).length).isLessThan(TARGET_BYTES + 1_100));
    }

    @Test
    void marks_comeWithThePositionAndNotInsideATransaction() {
        records.readUpTo(500);
        assertThat(records.isMarkDue()).isTrue();
        records.mark();

        assertThat(records.isMarkDue()).isFalse();
        List<SourceRecord> taken = take();
        assertThat(events(taken)).containsExactly(new Event.Watermark(new org.pg2citus.sink.change.Lsn(500)));
        assertThat(completeLsn(taken.get(0))).isEqualTo(500);
        messages.begin(1);
        assertThat(records.isMarkDue()).isFalse();
    }

    @Test
    void readerThatNeverWaits_sendsWhatIsWholeAfterATime() {
        messages.begin(1).insert(1, "1", "a", "b");
        messages.commit();
        records.take(timeMs, true);
        messages.begin(2).insert(1, "2", "a", "b");
        messages.commit();

        assertThat(records.take(timeMs + 100, false)).isEmpty();
        assertThat(records.take(timeMs + 201, false)).hasSize(1);
    }

    @Test
    void transactionsOfAllSizes_comeOutAsTheyWentIn() {
        var random = new Random(1);
        List<Integer> written = new ArrayList<>();
        List<SourceRecord> taken = new ArrayList<>();
        for (int xid = 1; xid <= 2_000; xid++) {
            int rows = random.nextInt(20) == 0 ? random.nextInt(500) : random.nextInt(5);
            messages.begin(xid);
            for (int i = 0; i < rows; i++) {
                int length = random.nextInt(200) == 0 ? random.nextInt(3 * TARGET_BYTES) : random.nextInt(60);
                messages.insert(1, xid + "/" + i, "v".repeat(length), null);
                if (random.nextInt(50) == 0) {
                    timeMs += random.nextInt(300);
                    taken.addAll(records.take(timeMs, random.nextBoolean()));
                }
            }
            messages.commit();
            if (rows > 0) {
                written.add(rows);
            }
        }
        taken.addAll(take());

        List<Integer> read = new ArrayList<>();
        for (Event event : events(taken)) {
            if (event instanceof Event.Begin) {
                read.add(0);
            } else if (event instanceof Event.Change change) {
                int last = read.size() - 1;
                read.set(last, read.get(last) + 1);
                assertThat(change.order()).isEqualTo(read.get(last).longValue());
            } else if (event instanceof Event.End end) {
                assertThat(end.eventCount()).isEqualTo(read.get(read.size() - 1).longValue());
            }
        }
        assertThat(read).isEqualTo(written);
        assertEachRecordIsWholeOrAPart(taken);
    }

    private void assertEachRecordIsWholeOrAPart(List<SourceRecord> taken) {
        for (SourceRecord record : taken) {
            List<Event> events = events(List.of(record));
            boolean partial =
                    !(events.get(0) instanceof Event.Begin) || !(events.get(events.size() - 1) instanceof Event.End);
            if (partial) {
                assertThat(events.stream().map(ChunkRecordsTest::xid).distinct())
                        .hasSize(1);
            }
        }
    }

    private List<SourceRecord> take() {
        return records.take(timeMs, true);
    }

    private static Event change(long order, RowChange change) {
        return new Event.Change(7, order, change);
    }

    private static byte[] bytes(SourceRecord record) {
        return (byte[]) record.value();
    }

    private static long completeLsn(SourceRecord record) {
        Map<String, ?> offset = record.sourceOffset();
        return SourcePosition.stored(offset).orElseThrow().lsn();
    }

    private List<Event> events(List<SourceRecord> taken) {
        return taken.stream()
                .flatMap(record -> decoder.decode(sinkRecord(record)).stream())
                .toList();
    }

    private static SinkRecord sinkRecord(SourceRecord record) {
        return new SinkRecord(record.topic(), 0, null, null, record.valueSchema(), record.value(), 0);
    }

    private static Row row(Event event) {
        return ((RowChange.Insert) ((Event.Change) event).change()).after();
    }

    private static long xid(Event event) {
        if (event instanceof Event.Begin begin) {
            return begin.xid();
        }
        return event instanceof Event.End end ? end.xid() : ((Event.InTransaction) event).xid();
    }

    private static List<Long> xids(List<Event> events) {
        return events.stream().map(ChunkRecordsTest::xid).distinct().toList();
    }

    private static List<Long> ends(List<Event> events) {
        return events.stream()
                .filter(Event.End.class::isInstance)
                .map(event -> ((Event.End) event).endLsn().value())
                .toList();
    }
}
