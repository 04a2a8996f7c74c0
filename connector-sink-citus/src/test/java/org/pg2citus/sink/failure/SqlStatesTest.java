package org.pg2citus.sink.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlStatesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "08001", "08003", "08006", "08P01", "40001", "40P01", "40003", "55P03", "57014", "57P01", "57P02",
                "57P03", "53300", "53100", "53200", "25P03"
            })
    void stateThatMayPass_isRetried(String state) {
        assertThat(SqlStates.classify(new SQLException("x", state))).isEqualTo(Failure.RETRY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "23505", "23503", "23502", "23514", "23P01", "22001", "22P02", "22003", "42P01", "42703", "42501",
                "42601", "0A000", "28P01", "3D000", "25006", "40002", "57P04", "53400", "XX001", "ZZZZZ", ""
            })
    void stateThatDoesNotPass_andUnknownState_halts(String state) {
        assertThat(SqlStates.classify(new SQLException("x", state))).isEqualTo(Failure.HALT);
    }

    @Test
    void noState_halts() {
        assertThat(SqlStates.classify(new SQLException("x"))).isEqualTo(Failure.HALT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    could not commit transaction for shard 102032 on at least one active node                      | RETRY
                    failure on connection marked as essential: worker1:5432                                         | RETRY
                    connection to the remote node postgres@w:5432 failed with the following error: timeout          | RETRY
                    could not establish any connections to the node w:5432 after 3000 ms                            | RETRY
                    postmaster was shut down, exiting                                                               | RETRY
                    canceling statement due to lock timeout                                                         | RETRY
                    cannot execute DML on table "r" because there was a parallel DML access to distributed table "d" | RETRY
                    duplicate key value violates unique constraint "er_pkey_103023"                                 | HALT
                    null value in column "a" of relation "t_102008" violates not-null constraint                    | HALT
                    new row for relation "t_102008" violates check constraint "t_check"                             | HALT
                    insert or update on table "t_102008" violates foreign key constraint "f_102008"                 | HALT
                    something that nobody has seen before                                                           | HALT
                    """)
    void internalError_isJudgedByItsText(String message, Failure expected) {
        assertThat(SqlStates.classify(new SQLException(message, "XX000"))).isEqualTo(expected);
    }

    @Test
    void planThatDdlMadeOld_isRetried_otherUnsupportedFeaturesAreNot() {
        assertThat(SqlStates.classify(new SQLException("ERROR: cached plan must not change result type", "0A000")))
                .isEqualTo(Failure.RETRY);
        assertThat(SqlStates.classify(
                        new SQLException("ERROR: modifying the partition value of rows is not allowed", "0A000")))
                .isEqualTo(Failure.HALT);
    }

    @Test
    void failedBatch_isJudgedByWhatTheServerReported() {
        BatchUpdateException batch = new BatchUpdateException("Batch entry 3 was aborted", "99999", new int[0]);
        batch.setNextException(new SQLException("deadlock detected", "40P01"));
        assertThat(SqlStates.classify(batch)).isEqualTo(Failure.RETRY);
        BatchUpdateException collision = new BatchUpdateException("Batch entry 3 was aborted", "99999", new int[0]);
        collision.setNextException(new SQLException("duplicate key value", "23505"));
        assertThat(SqlStates.isCollision(collision)).isTrue();
    }

    @Test
    void collisions_areKnownWithAndWithoutTheirState() {
        assertThat(SqlStates.isCollision(new SQLException("x", "23505"))).isTrue();
        assertThat(SqlStates.isCollision(new SQLException("x", "23P01"))).isTrue();
        assertThat(SqlStates.isCollision(
                        new SQLException("duplicate key value violates unique constraint \"p\"", "XX000")))
                .isTrue();
        assertThat(SqlStates.isCollision(new SQLException("x", "23503"))).isFalse();
        assertThat(SqlStates.isCollision(new SQLException("x", "XX000"))).isFalse();
    }

    @Test
    void foreignKeyViolations_areKnownWithAndWithoutTheirState() {
        assertThat(SqlStates.isForeignKeyViolation(new SQLException("x", "23503")))
                .isTrue();
        assertThat(SqlStates.isForeignKeyViolation(
                        new SQLException("insert on table \"t\" violates foreign key constraint \"f\"", "XX000")))
                .isTrue();
        assertThat(SqlStates.isForeignKeyViolation(new SQLException("x", "23505")))
                .isFalse();
    }
}
