package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.progress.Progress;

/** A source transaction that is too large for one batch is written in parts, and seen as a whole. */
abstract class StreamingScenarios extends ApplyScenarios {

    private String table() throws Exception {
        return table(TableKind.DISTRIBUTED, "tenant int, id int, a text, PRIMARY KEY (tenant, id), UNIQUE (tenant, a)");
    }

    private Changes changes(String table) {
        return Changes.of(table, "tenant,id", "tenant,id,a");
    }

    private Progress next(int lsn) {
        return writer.progress().after(new Lsn(lsn), lsn, 1, 1);
    }

    @Test
    void parts_areSeenTogetherAtTheCommit() throws Exception {
        String t = table();
        writer.begin();
        writer.write(
                List.of(changes(t).insert("1", "1", "a").insert("1", "2", "b").delta()));
        writer.write(
                List.of(changes(t).update("1", "1", "b").update("1", "2", "a").delta()));
        writer.write(List.of(changes(t).delete("1", "2").delta()));
        assertThat(rows(t)).isEmpty();
        writer.commit(next(10));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "b"));
        assertThat(writer.refresh().appliedLsn()).isEqualTo(new Lsn(10));
    }

    @Test
    void rolledBack_leavesNothing() throws Exception {
        String t = table();
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        writer.rollback();
        writer.apply(List.of(changes(t).insert("1", "2", "b").delta()), next(10));
        assertThat(rows(t)).containsExactly(List.of("1", "2", "b"));
    }

    @Test
    void refusedPart_haltsAndLeavesNothing() throws Exception {
        String t = table();
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        assertThatThrownBy(
                        () -> writer.write(List.of(changes(t).delete("1", "9").delta())))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP004");
        assertThat(rows(t)).isEmpty();
        assertThatThrownBy(() -> writer.commit(next(10))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void connectionLost_asksForAnotherBegin() throws Exception {
        String t = table();
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        endSession();
        assertThatThrownBy(() ->
                        writer.write(List.of(changes(t).insert("1", "2", "b").delta())))
                .isInstanceOf(RetryLaterException.class);
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        endSession();
        Progress next = next(10);
        assertThatThrownBy(() -> writer.commit(next)).isInstanceOf(RetryLaterException.class);
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        writer.commit(next(10));
        assertThat(rows(t)).hasSize(1);
        assertThat(writer.refresh()).isEqualTo(next);
    }

    private void endSession() throws Exception {
        target.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                + " WHERE application_name LIKE 'pg2citus sink pipeline%' AND datname = current_database()");
    }

    @Test
    void applyWhileStreaming_isRefused() {
        writer.begin();
        assertThatThrownBy(() -> writer.apply(List.of(), next(10))).isInstanceOf(IllegalStateException.class);
        writer.rollback();
    }

    @Test
    void partsOfBothFormsOfATable_areApplied_andTheNextTransactionStops() throws Exception {
        String t = table();
        Changes newer = Changes.of(t, "tenant,id", "tenant,id").insert("1", "2");
        writer.begin();
        writer.write(List.of(changes(t).insert("1", "1", "a").delta()));
        // Its column was dropped within the transaction.
        writer.write(List.of(newer.delta()));
        writer.commit(next(10));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "a"), Arrays.asList("1", "2", null));

        Changes later = Changes.of(t, "tenant,id", "tenant,id").insert("1", "3");
        assertThatThrownBy(() -> writer.apply(List.of(later.delta()), next(11)))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP020");
    }
}
