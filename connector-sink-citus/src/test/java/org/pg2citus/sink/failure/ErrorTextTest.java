package org.pg2citus.sink.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

class ErrorTextTest {

    private static PSQLException error(String state, String message, String detail, String where) {
        return new PSQLException(
                new ServerErrorMessage("SERROR\0C%s\0M%s\0D%s\0W%s\0".formatted(state, message, detail, where)));
    }

    @Test
    void detail_isLeftOut() {
        PSQLException error = error(
                "23505",
                "duplicate key value violates unique constraint \"users_email_key\"",
                "Key (email)=(secret@example.org) already exists.",
                "COPY users, line 7");
        assertThat(ErrorText.of(error))
                .isEqualTo("[23505] duplicate key value violates unique constraint \"users_email_key\""
                        + " (COPY users, line 7)");
        assertThat((Throwable) ErrorText.cause(error)).isSameAs(error);
    }

    @Test
    void valueInAMessage_isLeftOut_andTheColumnTold() {
        PSQLException error = error(
                "22P02",
                "invalid input syntax for type integer: \"secret\"",
                "",
                "COPY users, line 7, column age: \"secret\"");
        assertThat(ErrorText.of(error))
                .isEqualTo("[22P02] invalid input syntax for type integer: \"...\" (COPY users, line 7, column age)");
        assertThat((Throwable) ErrorText.cause(error)).isNull();
    }

    @Test
    void errorOfTheDriver_isToldAsItIs() {
        assertThat(ErrorText.of(new SQLException("This connection has been closed.", "08003")))
                .isEqualTo("[08003] This connection has been closed.");
    }

    @Test
    void keyOfAViolatedConstraint_isToldByItsColumns_andByItsValuesOnlyIfAsked() {
        PSQLException error = error("23505", "duplicate key", "Key (tenant, email)=(1, a@b) already exists.", "");
        assertThat(ErrorText.key(error, false)).isEqualTo(" (key columns tenant, email)");
        assertThat(ErrorText.key(error, true)).isEqualTo(" (Key (tenant, email)=(1, a@b) already exists.)");
    }

    @Test
    void detailThatNamesNoColumns_isLeftOut() {
        assertThat(ErrorText.key(
                        error("23505", "duplicate key", "Key (lower(email))=(a@b) already exists.", ""), false))
                .isEmpty();
        assertThat(ErrorText.key(error("23514", "check", "Failing row contains (1, secret).", ""), true))
                .isEmpty();
        assertThat(ErrorText.key(new SQLException("closed", "08003"), true)).isEmpty();
    }
}
