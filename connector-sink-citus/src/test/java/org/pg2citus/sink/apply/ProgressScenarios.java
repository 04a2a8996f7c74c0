package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.progress.StateSchema;

/** The progress is there with its batch or not at all, and only the newest writer of a pipeline can write it. */
abstract class ProgressScenarios extends ApplyScenarios {

    private String table;
    private String pipeline;

    @BeforeEach
    void createTable() throws Exception {
        table = table(TableKind.DISTRIBUTED, "tenant int, id int");
        pipeline = TestTarget.unique("mine");
    }

    private TargetWriter open(String topic) {
        return TargetWriter.open(target.settings(), pipeline, topic, 0);
    }

    private Changes row(int id) {
        return Changes.of(table, "", "tenant,id").insert("1", "" + id);
    }

    private void apply(TargetWriter to, int position) {
        to.apply(
                List.of(row(position).delta()),
                to.progress().after(new Lsn(position), position + 1000, 1, 1).seenUpTo(new Lsn(position + 5)));
    }

    @Test
    void firstWriter_startsAtZero() {
        try (TargetWriter first = open("topic")) {
            assertThat(first.progress())
                    .isEqualTo(new Progress(Lsn.ZERO, OptionalLong.empty(), Optional.empty(), Optional.empty(), 0, 0));
        }
    }

    @Test
    void nextWriter_goesOnFromWhatIsDurable() {
        try (TargetWriter first = open("topic")) {
            apply(first, 10);
            apply(first, 20);
        }
        try (TargetWriter next = open("topic")) {
            assertThat(next.progress())
                    .isEqualTo(new Progress(
                            new Lsn(20), OptionalLong.of(1020), Optional.of(new Lsn(25)), Optional.empty(), 2, 2));
        }
    }

    @Test
    void otherTopic_hasNoOffsetYet() {
        try (TargetWriter first = open("topic")) {
            apply(first, 10);
        }
        try (TargetWriter next = open("other")) {
            assertThat(next.progress().appliedLsn()).isEqualTo(new Lsn(10));
            assertThat(next.progress().nextOffset()).isEmpty();
        }
        // It is not taken up again: the old topic's records may be gone by then.
        try (TargetWriter again = open("topic")) {
            assertThat(again.progress().nextOffset()).isEmpty();
        }
    }

    @Test
    void olderWriter_isFenced() throws Exception {
        try (TargetWriter older = open("topic");
                TargetWriter newer = open("topic")) {
            assertThatThrownBy(() -> apply(older, 10))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP007");
            apply(newer, 10);
            assertThat(newer.metrics().retries())
                    .as("the older one left the newer alone")
                    .isZero();
            assertThat(rows(table)).hasSize(1);
        }
    }

    @Test
    void olderWriterInTheMiddleOfATransaction_isFenced() throws Exception {
        try (TargetWriter older = open("topic")) {
            older.begin();
            older.write(List.of(row(1).delta()));
            try (TargetWriter newer = open("topic")) {
                // What the older one holds, it must not hold against the newer.
                newer.apply(
                        List.of(Changes.of(table, "", "tenant,id")
                                .truncate()
                                .insert("2", "2")
                                .delta()),
                        newer.progress().after(new Lsn(30), 30, 1, 1));
                Progress next = older.progress().after(new Lsn(10), 10, 1, 1);
                assertThatThrownBy(() -> older.commit(next))
                        .isInstanceOf(HaltException.class)
                        .hasMessageStartingWith("AP007");
                assertThat(rows(table)).containsExactly(List.of("2", "2"));
                assertThat(newer.refresh().appliedLsn()).isEqualTo(new Lsn(30));
            }
        }
    }

    @Test
    void lostConnection_isReplaced_andTheBatchAppliedOnce() throws Exception {
        try (TargetWriter mine = open("topic")) {
            apply(mine, 10);
            endSessions();
            apply(mine, 20);
            assertThat(rows(table)).hasSize(2);
            assertThat(mine.metrics().retries()).isEqualTo(1);
            assertThat(mine.metrics().reconnects()).isEqualTo(1);
            assertThat(mine.metrics().unknownOutcomes()).isZero();
        }
    }

    private void endSessions() throws Exception {
        target.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pg2citus sink %s'"
                        .formatted(pipeline));
    }

    @Test
    void holdAtLsn_comesBackWithEveryWrite() throws Exception {
        try (TargetWriter mine = open("topic")) {
            apply(mine, 10);
            assertThat(mine.progress().holdAtLsn()).isEmpty();
            target.execute(
                    "UPDATE pg2citus.progress SET hold_at_lsn = '0/64' WHERE pipeline = '%s'".formatted(pipeline));
            apply(mine, 20);
            assertThat(mine.progress().holdAtLsn()).contains(new Lsn(100));
            target.execute("UPDATE pg2citus.progress SET hold_at_lsn = NULL WHERE pipeline = '%s'".formatted(pipeline));
            assertThat(mine.refresh().holdAtLsn()).isEmpty();
        }
    }

    @Test
    void emptyBatch_writesTheProgress() {
        try (TargetWriter mine = open("topic")) {
            mine.apply(List.of(), mine.progress().after(new Lsn(10), 11, 0, 1));
            assertThat(mine.refresh().appliedLsn()).isEqualTo(new Lsn(10));
        }
    }

    @Test
    void failedBatch_leavesTheProgress() throws Exception {
        try (TargetWriter mine = open("topic")) {
            apply(mine, 10);
            assertThatThrownBy(() -> mine.apply(
                            List.of(
                                    row(2).delta(),
                                    Changes.of("nowhere", "id", "id")
                                            .insert("1")
                                            .delta()),
                            mine.progress().after(new Lsn(20), 20, 1, 1)))
                    .isInstanceOf(HaltException.class);
            assertThat(mine.refresh().appliedLsn()).isEqualTo(new Lsn(10));
            assertThat(rows(table)).hasSize(1);
        }
    }

    @Test
    void copiedTables_areRead() throws Exception {
        target.execute(
                "INSERT INTO pg2citus.copied_table (pipeline, table_schema, table_name, copy_lsn) VALUES ('%s', 'public', '%s', '0/A0')"
                        .formatted(pipeline, table));
        try (TargetWriter mine = open("topic")) {
            assertThat(mine.copyLedger().whole()).isEqualTo(Map.of(new TableId("public", table), new Lsn(160)));
            target.execute(
                    "UPDATE pg2citus.copied_table SET copy_lsn = '0/B0' WHERE pipeline = '%s'".formatted(pipeline));
            mine.reloadCopyLedger();
            assertThat(mine.copyLedger().whole()).containsValue(new Lsn(176));
        }
    }

    @Test
    void progressChangedByOthers_halts() throws Exception {
        try (TargetWriter mine = open("topic")) {
            apply(mine, 10);
            target.execute(
                    "UPDATE pg2citus.progress SET applied_lsn = '1/0' WHERE pipeline = '%s'".formatted(pipeline));
            endSessions();
            assertThatThrownBy(() -> apply(mine, 20))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP013");
            assertThat(rows(table)).hasSize(1);
        }
    }

    @Test
    void stateOfAnEarlierVersion_isCompletedAndKept() throws Exception {
        try (TestTarget fresh = TestTarget.open(target.on())) {
            StateSchema.create(fresh.connection());
            fresh.execute(
                    "ALTER TABLE pg2citus.progress DROP COLUMN next_offsets",
                    "DROP TABLE pg2citus.snapshot_table, pg2citus.sent_columns",
                    "INSERT INTO pg2citus.progress (pipeline, epoch, applied_lsn, topic, topic_partition, next_offset)"
                            + " VALUES ('p', 0, '0/10', 'topic', 0, 7)");
            try (TargetWriter mine = TargetWriter.open(fresh.settings(), "p", "topic", 0)) {
                assertThat(mine.progress().appliedLsn()).isEqualTo(new Lsn(16));
                assertThat(mine.progress().nextOffset()).hasValue(7);
                assertThat(mine.progress().nextOffsets()).isEmpty();
                mine.apply(List.of(), mine.progress().after(new Lsn(20), Map.of("a.b", 5L), 0, 0));
            }
            try (TargetWriter again = TargetWriter.open(fresh.settings(), "p", "topic", 0)) {
                assertThat(again.progress().nextOffsets()).isEqualTo(Map.of("a.b", 5L));
                assertThat(again.readSnapshotLsns()).isEmpty();
            }
            try (TargetWriter other = TargetWriter.open(fresh.settings(), "p", "other", 0)) {
                assertThat(other.progress().nextOffsets()).isEmpty();
            }
        }
    }

    @Test
    void stateTables_takePartInTwoPhaseCommits() throws Exception {
        // Created again, by somebody else, at the same time as others: all the same.
        try (Connection other = DriverManager.getConnection(target.url())) {
            StateSchema.create(other);
            assertThat(other.getAutoCommit()).isTrue();
        }
        if (target.on() == TestTarget.On.CITUS) {
            assertThat(target.rows("SELECT logicalrelid::text, partmethod, colocationid FROM pg_dist_partition"
                            + " WHERE logicalrelid::text LIKE 'pg2citus.%' ORDER BY 1"))
                    .containsExactly(
                            List.of("pg2citus.copied_chunk", "n", "0"),
                            List.of("pg2citus.copied_table", "n", "0"),
                            List.of("pg2citus.progress", "n", "0"),
                            List.of("pg2citus.sent_columns", "n", "0"),
                            List.of("pg2citus.snapshot_table", "n", "0"));
        }
    }

    @Test
    void schemaMadeByAnotherRole_canBeUsedWithoutTheRightToCreate() throws Exception {
        String role = TestTarget.unique("applier");
        target.execute(
                "CREATE ROLE %s LOGIN".formatted(role),
                "GRANT USAGE ON SCHEMA pg2citus TO " + role,
                "GRANT SELECT, INSERT, UPDATE ON pg2citus.progress, pg2citus.copied_table, pg2citus.copied_chunk,"
                        + " pg2citus.sent_columns TO "
                        + role,
                "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO %s".formatted(table, role));
        try (TargetWriter mine = TargetWriter.open(target.settings(role, true), pipeline, "topic", 0)) {
            apply(mine, 10);
            mine.apply(
                    List.of(Changes.of(table, "", "tenant,id")
                            .deleteKeyless("1", "10")
                            .delta()),
                    mine.progress().after(new Lsn(20), 20, 1, 1));
            mine.apply(
                    List.of(Changes.of(table, "", "tenant,id").truncate().delta()),
                    mine.progress().after(new Lsn(30), 30, 1, 1));
            assertThat(rows(table)).isEmpty();
        } finally {
            target.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void roleWithoutRights_haltsNamingWhatIsRefused() throws Exception {
        String role = TestTarget.unique("nobody");
        target.execute("CREATE ROLE %s LOGIN".formatted(role));
        try {
            assertThatThrownBy(() -> TargetWriter.open(target.settings(role, true), pipeline, "topic", 0))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP014")
                    .hasMessageContaining("[42501] permission denied for schema pg2citus");
        } finally {
            target.execute("DROP ROLE " + role);
        }
    }

    @Test
    void stateSchema_createdByManyAtOnce_isThere() throws Exception {
        try (TestTarget fresh = TestTarget.open(on())) {
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 4; i++) {
                threads.add(new Thread(() -> {
                    try (Connection connection = DriverManager.getConnection(fresh.url());
                            Statement statement = connection.createStatement()) {
                        StateSchema.create(connection);
                        statement.execute("SELECT * FROM pg2citus.progress");
                    } catch (Exception e) {
                        failures.add(e);
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
        }
    }
}
