package org.pg2citus.sink.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

class CopiedRangesTest {

    private static final TableId TABLE = new TableId("public", "t");
    private static final List<String> KEY = List.of("id");
    private static final List<String> COLUMNS = List.of("id", "n", "large");

    private static CopiedRange range(String from, String to, long lsn) {
        return new CopiedRange(Optional.ofNullable(from), Optional.ofNullable(to), new Lsn(lsn));
    }

    private static CopiedRanges ranges(CopiedRange... ranges) {
        return new CopiedRanges(TABLE, "id", KeyOrder.INTEGER, List.of(ranges));
    }

    private static Optional<Row> key(long id) {
        return Optional.of(Row.of(KEY, Long.toString(id)));
    }

    private static Row row(long id, String large) {
        return Row.of(COLUMNS, Long.toString(id), "1", large);
    }

    private static RowChange.Insert insert(long id) {
        return new RowChange.Insert(TABLE, key(id), row(id, "v"));
    }

    private static RowChange.Update move(long from, long to, String large) {
        return new RowChange.Update(TABLE, key(from), key(to), Optional.empty(), row(to, large));
    }

    private static RowChange.Delete delete(long id) {
        return new RowChange.Delete(TABLE, key(id), Optional.empty());
    }

    /** Keys below 10 were read at 100, the others at 200. */
    private static final CopiedRanges TWO = ranges(range("10", null, 200), range(null, "10", 100));

    @ParameterizedTest
    @CsvSource({"9, 100, false", "9, 101, true", "10, 101, false", "10, 200, false", "10, 201, true", "-5, 150, true"})
    void changeOfARow_isLeftOutUpToItsRangesLsn(long id, long endLsn, boolean remains) {
        for (RowChange change : List.of(insert(id), move(id, id, "v"), delete(id))) {
            assertThat(TWO.remaining(change, new Lsn(endLsn)))
                    .isEqualTo(remains ? Optional.of(change) : Optional.empty());
        }
    }

    @Test
    void moveFromTheOlderToTheNewerRange_isADelete() {
        assertThat(TWO.remaining(move(1, 11, "v"), new Lsn(150))).contains(delete(1));
    }

    @Test
    void moveFromTheNewerToTheOlderRange_isAnInsert() {
        assertThat(TWO.remaining(move(11, 1, "v"), new Lsn(150))).contains(insert(1));
    }

    @Test
    void moveToTheOlderRangeWithoutALargeValue_needsANewCopyUnlessTheOldRowIsKnown() {
        assertThatThrownBy(() -> TWO.remaining(move(11, 1, Row.UNAVAILABLE), new Lsn(150)))
                .isInstanceOf(CopyAnewException.class)
                .hasMessageContaining("public.t")
                .hasMessageContaining("0/96");
        RowChange.Update full =
                new RowChange.Update(TABLE, key(11), key(1), Optional.of(row(11, "old")), row(1, Row.UNAVAILABLE));
        assertThat(TWO.remaining(full, new Lsn(150))).contains(new RowChange.Insert(TABLE, key(1), row(1, "old")));
    }

    @Test
    void moves_outsideOfTheSnapshotsAreWholeOrNothing() {
        assertThat(TWO.remaining(move(11, 1, Row.UNAVAILABLE), new Lsn(100))).isEmpty();
        assertThat(TWO.remaining(move(11, 1, Row.UNAVAILABLE), new Lsn(201))).contains(move(11, 1, Row.UNAVAILABLE));
    }

    @Test
    void truncate_betweenTheSnapshotsNeedsANewCopy() {
        RowChange truncate = new RowChange.Truncate(TABLE);
        assertThat(TWO.remaining(truncate, new Lsn(100))).isEmpty();
        assertThat(TWO.remaining(truncate, new Lsn(201))).contains(truncate);
        assertThatThrownBy(() -> TWO.remaining(truncate, new Lsn(101))).isInstanceOf(CopyAnewException.class);
    }

    @Test
    void rangesThatDoNotCoverEveryKeyOnce_halt() {
        List<List<CopiedRange>> wrong = List.of(
                List.of(),
                List.of(range(null, "10", 1)),
                List.of(range("10", null, 1)),
                List.of(range(null, "10", 1), range("11", null, 1)),
                List.of(range(null, "10", 1), range("9", null, 1)),
                List.of(range(null, null, 1), range("9", null, 1)),
                List.of(range(null, "10", 1), range("10", null, 1), range("10", "12", 1)));
        for (List<CopiedRange> ranges : wrong) {
            assertThatThrownBy(() -> new CopiedRanges(TABLE, "id", KeyOrder.INTEGER, ranges))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP019");
        }
    }

    @Test
    void changeWithoutTheKeyColumn_halts() {
        RowChange.Delete other =
                new RowChange.Delete(TABLE, Optional.of(Row.of(List.of("other"), "1")), Optional.empty());
        assertThatThrownBy(() -> TWO.remaining(other, new Lsn(150)))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP017");
    }

    @Test
    void uuids_areInTheSourcesOrder() {
        assertThat(KeyOrder.UUID.compare(
                        "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-000000000010"))
                .isNegative();
        assertThat(KeyOrder.UUID.compare(
                        "ff000000-0000-0000-0000-000000000000", "7f000000-0000-0000-0000-000000000000"))
                .isPositive();
        assertThat(KeyOrder.INTEGER.compare("-9223372036854775808", "9223372036854775807"))
                .isNegative();
    }

    /**
     * The proof: random histories of one table, copied in ranges at random positions, then streamed from the oldest on.
     * Every change that remains must be possible, and at the end both sides must be equal.
     */
    @Test
    void randomHistories_endEqual() {
        int rounds = Integer.getInteger("pg2citus.test.histories", 3_000);
        int joined = 0;
        for (int seed = 0; seed < rounds; seed++) {
            if (History.random(new Random(seed)).endsEqual()) {
                joined++;
            }
        }
        // The others ask for a new copy; with short histories most can be joined.
        assertThat(joined).isGreaterThan(rounds / 2);
    }

    /** A source table's rows after each commit, and the changes in between. */
    private record History(
            List<Map<Long, String[]>> states,
            List<List<RowChange>> transactions,
            CopiedRanges ranges,
            List<Map<Long, String[]>> copies,
            long oldest) {

        private static final int KEYS = 12;

        static History random(Random random) {
            boolean fullIdentity = random.nextInt(4) == 0;
            List<Map<Long, String[]>> states = new ArrayList<>();
            List<List<RowChange>> transactions = new ArrayList<>();
            Map<Long, String[]> rows = new HashMap<>();
            for (long id = 0; id < KEYS; id += 2) {
                rows.put(id, new String[] {Long.toString(id), "0", "large " + id});
            }
            states.add(new HashMap<>(rows));
            int length = 1 + random.nextInt(25);
            for (int number = 0; number < length; number++) {
                List<RowChange> changes = new ArrayList<>();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    change(random, rows, fullIdentity).ifPresent(changes::add);
                }
                transactions.add(changes);
                states.add(new HashMap<>(rows));
            }
            List<CopiedRange> ranges = new ArrayList<>();
            List<Map<Long, String[]>> copies = new ArrayList<>();
            String from = null;
            long oldest = Long.MAX_VALUE;
            long start = random.nextInt(length + 1);
            for (long bound = 1L + random.nextInt(4); ; bound += 1L + random.nextInt(5)) {
                boolean last = bound >= KEYS;
                String to = last ? null : Long.toString(bound);
                long lsn = start + random.nextInt(length + 1 - (int) start);
                oldest = Math.min(oldest, lsn);
                ranges.add(range(from, to, lsn));
                Map<Long, String[]> copy = new TreeMap<>(states.get((int) lsn));
                long low = from == null ? Long.MIN_VALUE : Long.parseLong(from);
                long high = last ? Long.MAX_VALUE : bound;
                copy.keySet().removeIf(id -> id < low || id >= high);
                copies.add(copy);
                if (last) {
                    break;
                }
                from = to;
            }
            return new History(
                    states, transactions, new CopiedRanges(TABLE, "id", KeyOrder.INTEGER, ranges), copies, oldest);
        }

        private static Optional<RowChange> change(Random random, Map<Long, String[]> rows, boolean fullIdentity) {
            long id = random.nextInt(KEYS);
            String[] row = rows.get(id);
            if (random.nextInt(60) == 0) {
                rows.clear();
                return Optional.of(new RowChange.Truncate(TABLE));
            }
            if (row == null) {
                String[] inserted = {Long.toString(id), "1", "new " + random.nextInt()};
                rows.put(id, inserted);
                return Optional.of(new RowChange.Insert(TABLE, key(id), Row.of(COLUMNS, inserted)));
            }
            Optional<Row> before = fullIdentity ? Optional.of(Row.of(COLUMNS, row)) : Optional.empty();
            if (random.nextInt(4) == 0) {
                rows.remove(id);
                return Optional.of(new RowChange.Delete(TABLE, key(id), before));
            }
            long newId = random.nextInt(3) == 0 ? random.nextInt(KEYS) : id;
            if (newId != id && rows.containsKey(newId)) {
                return Optional.empty();
            }
            boolean keepsLarge = random.nextInt(4) > 0;
            String[] updated = {
                Long.toString(newId),
                Integer.toString(random.nextInt()),
                keepsLarge ? row[2] : "changed " + random.nextInt()
            };
            rows.remove(id);
            rows.put(newId, updated);
            String[] sent = updated.clone();
            if (keepsLarge && random.nextInt(3) == 0) {
                sent[2] = Row.UNAVAILABLE;
            }
            Row after = new Row(COLUMNS, sent);
            return Optional.of(new RowChange.Update(
                    TABLE,
                    key(id),
                    key(newId),
                    before,
                    before.map(after::filledFrom).orElse(after)));
        }

        /** False when the copies cannot be joined, and say so. */
        boolean endsEqual() {
            Map<Long, String[]> target = new TreeMap<>();
            copies.forEach(target::putAll);
            try {
                for (int i = (int) oldest; i < transactions.size(); i++) {
                    for (RowChange change : transactions.get(i)) {
                        ranges.remaining(change, new Lsn(i + 1L)).ifPresent(left -> apply(left, target));
                    }
                }
            } catch (CopyAnewException e) {
                return false;
            }
            Map<Long, String[]> source = states.get(states.size() - 1);
            assertThat(target.keySet()).isEqualTo(source.keySet());
            source.forEach((id, row) -> assertThat(target.get(id)).containsExactly(row));
            return true;
        }

        private static void apply(RowChange change, Map<Long, String[]> target) {
            if (change instanceof RowChange.Insert insert) {
                assertThat(insert.after().isComplete()).isTrue();
                assertThat(target.put(id(insert.after()), values(insert.after(), null)))
                        .as("a row that an insert finds")
                        .isNull();
            } else if (change instanceof RowChange.Update update) {
                String[] old = target.remove(id(update.oldKey().orElseThrow()));
                assertThat(old).as("the row that an update finds").isNotNull();
                assertThat(target.put(id(update.after()), values(update.after(), old)))
                        .isNull();
            } else if (change instanceof RowChange.Delete delete) {
                assertThat(target.remove(id(delete.key().orElseThrow())))
                        .as("the row that a delete finds")
                        .isNotNull();
            } else {
                target.clear();
            }
        }

        private static long id(Row row) {
            return Long.parseLong(Objects.requireNonNull(row.value(0)));
        }

        private static String[] values(Row row, String[] old) {
            String[] values = new String[COLUMNS.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = row.isAvailable(i) ? row.value(i) : old[i];
            }
            return values;
        }
    }
}
