package org.pg2citus.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

class NetChangeTest {

    private static final TableId TABLE = new TableId("public", "t");
    private static final TableId OTHER = new TableId("public", "o");
    private static final TableId KEYLESS = new TableId("public", "log");
    private static final List<String> COLUMNS = List.of("id", "v", "w");
    private static final List<String> MORE_COLUMNS = List.of("id", "v", "w", "x");

    private final NetChange net = new NetChange();

    @Test
    void insertThenUpdate_isOneInsertOfTheLastRow() {
        add(insert("1", "a", "p"), update("1", "b", Row.UNAVAILABLE));
        assertThat(drained().inserts()).containsExactly(row("1", "b", "p"));
    }

    @Test
    void insertThenDelete_isNothing() {
        add(insert("1", "a", "p"), delete("1"));
        assertThat(net.isEmpty()).isTrue();
        assertThat(net.rows()).isZero();
        assertThat(net.drain()).isEmpty();
    }

    @Test
    void updates_areOneUpdateThatKeepsWhatNoneOfThemSent() {
        add(update("1", "a", Row.UNAVAILABLE), update("1", "b", Row.UNAVAILABLE));
        assertThat(drained().updates())
                .containsExactly(new KeyedUpdate(key("1"), Optional.empty(), row("1", "b", Row.UNAVAILABLE), false));
    }

    @Test
    void update_keepsWhatAnEarlierOneSent() {
        add(update("1", "a", "p"), update("1", "b", Row.UNAVAILABLE));
        assertThat(drained().updates())
                .containsExactly(new KeyedUpdate(key("1"), Optional.empty(), row("1", "b", "p"), false));
    }

    @Test
    void upsert_ofAKeyThatWasNotTouched_clearsItFirst() {
        add(upsert("1", "a", "p"));
        TableDelta delta = drained();
        assertThat(delta.cleared()).containsExactly(key("1"));
        assertThat(delta.inserts()).containsExactly(row("1", "a", "p"));
        assertThat(delta.rows()).isEqualTo(2);
    }

    @Test
    void upsert_overARowOfTheTarget_deletesThatOne() {
        add(update("1", "a", Row.UNAVAILABLE), upsert("1", "b", "q"));
        TableDelta delta = drained();
        assertThat(delta.cleared()).isEmpty();
        assertThat(delta.updates()).isEmpty();
        assertThat(delta.deletes()).containsExactly(new KeyedDelete(key("1"), Optional.empty()));
        assertThat(delta.inserts()).containsExactly(row("1", "b", "q"));
    }

    @Test
    void upsert_overARowThatCameFromAnotherKey_deletesItWhereTheTargetHasIt() {
        add(changeKey("1", "2"), upsert("2", "b", "q"));
        TableDelta delta = drained();
        assertThat(delta.cleared()).isEmpty();
        assertThat(delta.deletes()).containsExactly(new KeyedDelete(key("1"), Optional.empty()));
        assertThat(delta.inserts()).containsExactly(row("2", "b", "q"));
    }

    @Test
    void upsert_overAnotherUpsertOrAfterATruncate_clearsNothingMore() {
        add(upsert("1", "a", "p"), upsert("1", "b", "q"));
        TableDelta twice = drained();
        assertThat(twice.cleared()).containsExactly(key("1"));
        assertThat(twice.inserts()).containsExactly(row("1", "b", "q"));
        add(new RowChange.Truncate(TABLE), upsert("1", "c", "r"));
        TableDelta emptied = drained();
        assertThat(emptied.cleared()).isEmpty();
        assertThat(emptied.inserts()).containsExactly(row("1", "c", "r"));
    }

    @Test
    void oldRow_isTheOneBeforeTheBatch() {
        Optional<Row> first = Optional.of(row("1", "a", "p"));
        Optional<Row> second = Optional.of(row("1", "b", "p"));
        add(
                new RowChange.Update(TABLE, id("1"), id("1"), first, row("1", "b", "p")),
                new RowChange.Update(TABLE, id("1"), id("1"), second, row("1", "c", "p")));
        assertThat(drained().updates()).containsExactly(new KeyedUpdate(key("1"), first, row("1", "c", "p"), false));

        add(
                new RowChange.Update(TABLE, id("1"), id("1"), first, row("1", "b", "p")),
                new RowChange.Delete(TABLE, id("1"), second));
        assertThat(drained().deletes()).containsExactly(new KeyedDelete(key("1"), first));
    }

    @Test
    void deleteThenInsert_isBoth() {
        add(delete("1"), insert("1", "a", "p"), update("1", "b", "q"));
        TableDelta delta = drained();
        assertThat(delta.deletes()).containsExactly(new KeyedDelete(key("1"), Optional.empty()));
        assertThat(delta.inserts()).containsExactly(row("1", "b", "q"));
        assertThat(delta.updates()).isEmpty();
    }

    @Test
    void deleteInsertDelete_isOneDelete() {
        add(delete("1"), insert("1", "a", "p"), delete("1"));
        TableDelta delta = drained();
        assertThat(delta.deletes()).containsExactly(new KeyedDelete(key("1"), Optional.empty()));
        assertThat(delta.rows()).isOne();
    }

    @Test
    void changedKey_isOneUpdateOfTheOriginalKey() {
        add(changeKey("1", "2"), changeKey("2", "3"), update("3", "b", Row.UNAVAILABLE));
        assertThat(drained().updates())
                .containsExactly(new KeyedUpdate(key("1"), Optional.empty(), row("3", "b", Row.UNAVAILABLE), true));
    }

    @Test
    void keyThatComesBack_isNotChanged() {
        add(changeKey("1", "2"), changeKey("2", "1"));
        assertThat(drained().updates())
                .containsExactly(new KeyedUpdate(key("1"), Optional.empty(), unsent("1"), false));
    }

    @Test
    void keysThatSwap_areTwoUpdates() {
        add(changeKey("1", "tmp"), changeKey("2", "1"), changeKey("tmp", "2"));
        assertThat(drained().updates())
                .containsExactlyInAnyOrder(
                        new KeyedUpdate(key("1"), Optional.empty(), unsent("2"), true),
                        new KeyedUpdate(key("2"), Optional.empty(), unsent("1"), true));
    }

    @Test
    void keyThatIsLeftAndTakenByANewRow_isUpdateAndInsert() {
        add(changeKey("1", "2"), insert("1", "n", "n"));
        TableDelta delta = drained();
        assertThat(delta.updates()).containsExactly(new KeyedUpdate(key("1"), Optional.empty(), unsent("2"), true));
        assertThat(delta.inserts()).containsExactly(row("1", "n", "n"));
    }

    @Test
    void keyThatIsFreedByADelete_canBeTakenByAnUpdate() {
        add(delete("2"), changeKey("1", "2"));
        TableDelta delta = drained();
        assertThat(delta.deletes()).containsExactly(new KeyedDelete(key("2"), Optional.empty()));
        assertThat(delta.updates()).containsExactly(new KeyedUpdate(key("1"), Optional.empty(), unsent("2"), true));
    }

    @Test
    void rowThatChangedItsKey_isDeletedByItsOriginalKey() {
        add(changeKey("1", "2"), delete("2"));
        assertThat(drained().deletes()).containsExactly(new KeyedDelete(key("1"), Optional.empty()));
    }

    @Test
    void newRowThatChangedItsKey_isInsertedWithTheLast() {
        add(
                insert("1", "a", "p"),
                new RowChange.Update(TABLE, id("1"), id("2"), Optional.empty(), row("2", "b", Row.UNAVAILABLE)));
        assertThat(drained().inserts()).containsExactly(row("2", "b", "p"));
    }

    @Test
    void uniqueValuesThatSwap_areBothKept() {
        add(update("1", "b", "p"), update("2", "a", "q"));
        assertThat(drained().updates())
                .containsExactly(
                        new KeyedUpdate(key("1"), Optional.empty(), row("1", "b", "p"), false),
                        new KeyedUpdate(key("2"), Optional.empty(), row("2", "a", "q"), false));
    }

    @Test
    void truncate_dropsWhatCameBefore() {
        add(insert("1", "a", "p"), delete("2"), update("3", "c", "r"), new RowChange.Truncate(TABLE));
        assertThat(net.rows()).isZero();
        assertThat(net.isEmpty()).isFalse();
        add(insert("3", "d", "s"));
        TableDelta delta = drained();
        assertThat(delta)
                .isEqualTo(new TableDelta(TABLE, true, List.of(row("3", "d", "s")), List.of(), List.of(), List.of()));
    }

    @Test
    void truncateAlone_isADelta() {
        add(new RowChange.Truncate(TABLE));
        assertThat(drained()).isEqualTo(new TableDelta(TABLE, true, List.of(), List.of(), List.of(), List.of()));
    }

    @Test
    void truncateOfAnotherTable_dropsNothing() {
        add(insert("1", "a", "p"), new RowChange.Truncate(OTHER));
        assertThat(net.drain()).extracting(TableDelta::rows).containsExactly(1L, 0L);
    }

    @Test
    void tables_comeInTheOrderInWhichTheyWereTouched() {
        net.add(new RowChange.Insert(OTHER, id("1"), row("1", "a", "p")));
        add(insert("1", "a", "p"));
        net.add(new RowChange.Insert(OTHER, id("2"), row("2", "a", "p")));
        assertThat(net.drain()).extracting(TableDelta::table).containsExactly(OTHER, TABLE);
    }

    @Test
    void historiesThatCannotBe_halt() {
        halts("TX021", insert("1", "a", "p"), insert("1", "a", "p"));
        halts("TX021", update("1", "a", "p"), insert("1", "a", "p"));
        halts("TX021", insert("1", "a", "p"), changeKey("2", "1"));
        halts("TX022", delete("1"), delete("1"));
        halts("TX022", delete("1"), update("1", "a", "p"));
        halts("TX022", changeKey("1", "2"), update("1", "a", "p"));
        halts("TX022", changeKey("1", "2"), delete("1"));
        halts("TX022", insert("1", "a", "p"), delete("1"), delete("1"));
        halts("TX022", new RowChange.Truncate(TABLE), update("1", "a", "p"));
        halts("TX022", new RowChange.Truncate(TABLE), delete("1"));
        halts("TX022", insert("1", "a", "p"), new RowChange.Truncate(TABLE), delete("1"));
        halts("TX022", new RowChange.Truncate(KEYLESS), keylessDelete("a"));
        halts("TX022", new RowChange.Truncate(KEYLESS), keylessInsert("a"), keylessDelete("b"));
    }

    @Test
    void columnAddedInBetween_isJoinedByName() {
        Row wider = Row.of(MORE_COLUMNS, "1", "b", Row.UNAVAILABLE, "x");
        add(insert("1", "a", "p"), new RowChange.Update(TABLE, id("1"), id("1"), Optional.empty(), wider));
        add(insert("2", "a", "p"));
        assertThat(drained().inserts()).containsExactly(Row.of(MORE_COLUMNS, "1", "b", "p", "x"), row("2", "a", "p"));
    }

    @Test
    void columnDroppedInBetween_keepsItsLastValue() {
        Row wide = Row.of(MORE_COLUMNS, "1", "a", "p", "x");
        add(new RowChange.Insert(TABLE, id("1"), wide), update("1", "b", Row.UNAVAILABLE));
        assertThat(drained().inserts()).containsExactly(Row.of(MORE_COLUMNS, "1", "b", "p", "x"));
    }

    @Test
    void redefinedKey_mustBeDrainedBefore() {
        add(insert("1", "a", "p"));
        Row tenantKey = Row.of(List.of("id", "w"), "1", "p");
        RowChange change = new RowChange.Delete(TABLE, Optional.of(tenantKey), Optional.empty());
        mustDrainBefore(change);
        mustDrainBefore(new RowChange.Delete(TABLE, Optional.empty(), Optional.of(row("1", "a", "p"))));
        assertThat(net.mustDrainBefore(new RowChange.Truncate(TABLE))).isFalse();
        net.drain();
        assertThat(net.mustDrainBefore(change)).isFalse();
        add(change);
        assertThat(drained().deletes()).containsExactly(new KeyedDelete(tenantKey, Optional.empty()));
    }

    @Test
    void keyOfAKeylessTable_mustBeDrainedBefore() {
        add(keylessInsert("a"));
        mustDrainBefore(new RowChange.Insert(KEYLESS, id("1"), row("1", "a", "p")));
    }

    @Test
    void columnsOfAKeylessTable_mustBeDrainedBefore() {
        add(keylessInsert("a"));
        Row wider = Row.of(List.of("line", "more"), "a", "b");
        mustDrainBefore(new RowChange.Insert(KEYLESS, Optional.empty(), wider));
        mustDrainBefore(new RowChange.Delete(KEYLESS, Optional.empty(), Optional.of(wider)));
    }

    @Test
    void oldRowThatIsNotTheOneHeld_mustBeDrainedBefore() {
        // A DEFERRABLE key: the new row was there before the old one went.
        add(insert("1", "new", "p"));
        mustDrainBefore(new RowChange.Delete(TABLE, id("1"), Optional.of(row("1", "old", "p"))));
        mustDrainBefore(
                new RowChange.Update(TABLE, id("1"), id("2"), Optional.of(row("1", "old", "p")), row("2", "old", "p")));
        assertThat(net.mustDrainBefore(new RowChange.Delete(TABLE, id("1"), Optional.of(row("1", "new", null)))))
                .as("nulls say nothing")
                .isFalse();
    }

    @Test
    void keylessRows_areAMultiset() {
        add(
                keylessInsert("a"),
                keylessInsert("a"),
                keylessInsert("b"),
                keylessDelete("a"),
                keylessDelete("c"),
                keylessDelete("c"),
                keylessInsert("c"));
        TableDelta delta = drained();
        assertThat(delta.inserts()).containsExactlyInAnyOrder(line("a"), line("b"));
        assertThat(delta.keylessDeletes()).containsExactly(line("c"));
    }

    @Test
    void keylessUpdate_isADeleteAndAnInsert() {
        Row before = row("1", "a", "long");
        net.add(new RowChange.Update(
                TABLE, Optional.empty(), Optional.empty(), Optional.of(before), row("1", "b", Row.UNAVAILABLE)));
        TableDelta delta = drained();
        assertThat(delta.keylessDeletes()).containsExactly(before);
        assertThat(delta.inserts()).containsExactly(row("1", "b", "long"));
    }

    @Test
    void keylessInsertsOfEqualRows_areAllKept() {
        add(keylessInsert("a"), keylessInsert("a"));
        assertThat(net.rows()).isEqualTo(2);
        assertThat(drained().inserts()).containsExactly(line("a"), line("a"));
    }

    @Test
    void memory_growsWithTheRowsThatAreTouchedAndNotWithTheChanges() {
        add(update("1", "a", "p"));
        long bytes = net.sizeBytes();
        for (int i = 0; i < 1000; i++) {
            add(update("1", "b", Row.UNAVAILABLE));
        }
        assertThat(net.sizeBytes()).isEqualTo(bytes).isPositive();
        add(keylessInsert("a"), keylessDelete("b"));
        long more = net.sizeBytes();
        for (int i = 0; i < 1000; i++) {
            add(keylessInsert("c"), keylessDelete("c"));
        }
        assertThat(net.sizeBytes()).isEqualTo(more);
    }

    private void add(RowChange... changes) {
        for (RowChange change : changes) {
            assertThat(net.mustDrainBefore(change)).isFalse();
            net.add(change);
        }
    }

    private TableDelta drained() {
        List<TableDelta> deltas = net.drain();
        assertThat(deltas).hasSize(1);
        return deltas.get(0);
    }

    private void mustDrainBefore(RowChange change) {
        assertThat(net.mustDrainBefore(change)).isTrue();
        assertThatThrownBy(() -> net.add(change))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("TX020: table " + change.table());
    }

    private static void halts(String code, RowChange... changes) {
        NetChange net = new NetChange();
        for (int i = 0; i < changes.length - 1; i++) {
            net.add(changes[i]);
        }
        RowChange last = changes[changes.length - 1];
        assertThatThrownBy(() -> net.add(last))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith(code + ": table " + last.table());
    }

    private static RowChange insert(String id, String v, String w) {
        return new RowChange.Insert(TABLE, id(id), row(id, v, w));
    }

    private static RowChange update(String id, String v, String w) {
        return new RowChange.Update(TABLE, id(id), id(id), Optional.empty(), row(id, v, w));
    }

    private static RowChange upsert(String id, String v, String w) {
        return new RowChange.Upsert(TABLE, key(id), row(id, v, w));
    }

    private static RowChange changeKey(String oldId, String newId) {
        return new RowChange.Update(TABLE, id(oldId), id(newId), Optional.empty(), unsent(newId));
    }

    private static RowChange delete(String id) {
        return new RowChange.Delete(TABLE, id(id), Optional.empty());
    }

    private static RowChange keylessInsert(String line) {
        return new RowChange.Insert(KEYLESS, Optional.empty(), line(line));
    }

    private static RowChange keylessDelete(String line) {
        return new RowChange.Delete(KEYLESS, Optional.empty(), Optional.of(line(line)));
    }

    private static Row line(String line) {
        return Row.of(List.of("line"), line);
    }

    private static Row row(String id, String v, String w) {
        return Row.of(COLUMNS, id, v, w);
    }

    private static Row unsent(String id) {
        return row(id, "v", Row.UNAVAILABLE);
    }

    private static Row key(String id) {
        return Row.of(List.of("id"), id);
    }

    private static Optional<Row> id(String id) {
        return Optional.of(key(id));
    }
}
